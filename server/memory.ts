// From settings like `tokens:8000` to a memory.
import { BufferMemory, BufferWindowMemory, TokenBufferMemory, type Memory } from "./chain/memory.ts";
import { SummaryBufferMemory, type SummaryMemoryOptions } from "./chain/summary-memory.ts";
import type { MemorySettings } from "./config.ts";

/** The model in the options writes the summaries, where there are any. */
export function createMemory(settings: MemorySettings, options: SummaryMemoryOptions): Memory {
  switch (settings.kind) {
    case "buffer":
      return new BufferMemory(options);
    case "window":
      return new BufferWindowMemory({ ...options, messages: settings.messages });
    case "tokens":
      return new TokenBufferMemory({ ...options, maxTokenLimit: settings.tokens });
    case "summary":
      return new SummaryBufferMemory({ ...options, maxTokenLimit: settings.tokens });
  }
}
