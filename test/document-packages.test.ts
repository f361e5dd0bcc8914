// The packages that talk to document servers are installed only where somebody needs them.
import { expect, jest, test } from "@jest/globals";

const absent = (): never => {
  throw new Error("Cannot find module");
};
jest.unstable_mockModule("y-websocket", absent);
jest.unstable_mockModule("@hocuspocus/provider", absent);
const { openServers } = await import("../server/coauthor/servers.ts");

test("without servers no package is missing", async () => {
  expect((await openServers([])).size).toBe(0);
});

test.each([
  [{ name: "a", kind: "y-websocket", url: "wss://a.example/{name}" }, "y-websocket"],
  [{ name: "a", kind: "hocuspocus", url: "wss://a.example" }, "@hocuspocus/provider"],
] as const)(
  "%j is told to be missing, and how to install it, when the server starts",
  async (settings, name) => {
    await expect(openServers([settings])).rejects.toMatchObject({
      name: "MissingPackageError",
      message: `The package ${name} is not installed: npm install ${name}`,
    });
  },
);
