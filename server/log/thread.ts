// Calls to a worker thread: one message there, one message back, in order.
import { Worker, type MessagePort } from "node:worker_threads";
import { StorageError } from "./store.ts";

type Call = { id: number; method: string; args: unknown[] };
type Answer = {
  id: number;
  value?: unknown;
  failure?: { message: string; code?: string | number | undefined };
};

/** Methods that a thread offers. Arguments and results must survive being copied. */
export type Methods = Record<string, (...args: never[]) => unknown>;

export type Thread<M extends Methods> = {
  call<K extends keyof M & string>(method: K, ...args: Parameters<M[K]>): Promise<Awaited<ReturnType<M[K]>>>;
  close(): Promise<void>;
};

type ThreadOptions = {
  data: unknown;
  /** The thread has died by itself: no call will be answered any more. */
  onDeath: (error: Error) => void;
};

/** Starts a thread. Its calls reject with StorageError when a method throws, and when the thread itself dies. */
export function openThread<M extends Methods>(file: URL, { data, onDeath }: ThreadOptions): Thread<M> {
  // node:sqlite is called experimental by Node 22, which is a matter for us
  const execArgv = ["--disable-warning=ExperimentalWarning"];
  const worker = new Worker(file, { workerData: data, execArgv });
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  let count = 0;
  let death: Error | undefined;
  let isClosing = false;

  worker.on("message", ({ id, value, failure }: Answer) => {
    const call = waiting.get(id);
    waiting.delete(id);
    if (failure) call?.reject(new StorageError(failure.message, { cause: failure.code }));
    else call?.resolve(value);
  });
  worker.on("error", die);
  worker.on("exit", () => die(new Error("the thread of the store has ended")));

  function die(cause: Error): void {
    if (death) return;
    death = new StorageError(cause.message, { cause });
    for (const call of waiting.values()) call.reject(death);
    waiting.clear();
    if (!isClosing) onDeath(death);
  }

  return {
    call: (method, ...args) => {
      if (death) return Promise.reject(death);
      const call = Promise.withResolvers<unknown>();
      waiting.set(++count, call);
      worker.postMessage({ id: count, method, args } satisfies Call);
      return call.promise as Promise<never>;
    },
    close: async () => {
      isClosing = true;
      await worker.terminate();
    },
  };
}

/** The thread's side: answers calls with these methods, one after the other. */
export function serveThread(port: MessagePort, methods: Methods): void {
  port.on("message", ({ id, method, args }: Call) => {
    try {
      const value = methods[method]?.(...(args as never[]));
      port.postMessage({ id, value } satisfies Answer);
    } catch (error) {
      const { message, code, errcode } = error as Error & { code?: string; errcode?: number };
      port.postMessage({ id, failure: { message, code: errcode ?? code } } satisfies Answer);
    }
  });
}
