// The package as a stranger gets it: packed, and installed by npm in an empty folder.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, mkdtemp, readdir, realpath, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";

export const root = join(import.meta.dirname, "../..");

export type Ended = { code: number | NodeJS.Signals | null; output: string; errors: string };

type Task = {
  cwd: string;
  settings?: Readonly<Record<string, string>>;
  /** What it reads from standard input. */
  input?: string;
  /** It is killed after this, with all that it has started. Milliseconds. Default 60,000. */
  withinMs?: number;
};

/** Only what a stranger's shell has: nothing of npm, jest or the settings of the one who runs the tests. */
export const shell = (settings: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(
    Object.entries(process.env).filter(([name]) =>
      /^(home|tmpdir|.*proxy|node_extra_ca_certs|npm_config_(registry|cache|userconfig))$/i.test(name),
    ),
  ),
  PATH: `${dirname(process.execPath)}:${process.env["PATH"]}`,
  ...settings,
});

/** Runs a command to its end. */
export async function execute([file = "", ...args]: readonly string[], task: Task): Promise<Ended> {
  const { cwd, settings, input = "", withinMs = 60_000 } = task;
  const child = spawn(file, args, { cwd, env: shell(settings), detached: true });
  await once(child, "spawn");
  const timer = setTimeout(() => process.kill(-(child.pid as number), "SIGKILL"), withinMs);
  const said = { output: "", errors: "" };
  child.stdout.on("data", (data: Buffer) => (said.output += data.toString()));
  child.stderr.on("data", (data: Buffer) => (said.errors += data.toString()));
  child.stdin.on("error", () => {}).end(input); // it may not want to read
  const [code, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
  clearTimeout(timer);
  return { code: code ?? signal, ...said };
}

/** Without a network npm would try again for a minute and more. */
const patience = ["--fetch-retry-mintimeout=500", "--fetch-retry-maxtimeout=1000", "--fetch-timeout=20000"];

export type Installed = {
  /** The folder of somebody who has installed Parlor, and nothing else. */
  readonly folder: string;
  remove(): Promise<void>;
};

/** Undefined where npm cannot get the packages that ours needs: no network, and nothing kept from before. */
export async function installPackage(): Promise<Installed | undefined> {
  const temporary = await realpath(await mkdtemp(join(tmpdir(), "parlor-package-")));
  const remove = () => rm(temporary, { recursive: true, force: true });
  const folder = join(temporary, "folder");
  await mkdir(folder);
  try {
    const tarball = await pack(temporary);
    const flags = ["--prefix", folder, "--prefer-offline", "--no-audit", "--no-fund", ...patience];
    const { code, errors } = await execute(["npm", "install", tarball, ...flags], { cwd: folder });
    if (code === 0) return { folder, remove };
    if (
      !/code (ENOTFOUND|EAI_AGAIN|ECONN|ETIMEDOUT|ENETUNREACH|ENOTCACHED)/.test(errors) ||
      process.env["CI"]
    )
      throw new Error(errors);
  } catch (error) {
    await remove();
    throw error;
  }
  await remove();
  return undefined;
}

/** Of a copy: what is built must not disturb whoever works in the folder. */
async function pack(temporary: string): Promise<string> {
  const copy = join(temporary, "copy");
  const others = new Set(["node_modules", ".git", "dist", "data", "coverage"]);
  await cp(root, copy, { recursive: true, filter: (path) => !others.has(basename(path)) });
  await symlink(join(root, "node_modules"), join(copy, "node_modules"));
  const { code, output, errors } = await execute(["npm", "pack", "--pack-destination", temporary], {
    cwd: copy,
  });
  const tarball = (await readdir(temporary)).find((name) => name.endsWith(".tgz"));
  if (code !== 0 || !tarball) throw new Error(`${output}\n${errors}`);
  return join(temporary, tarball);
}
