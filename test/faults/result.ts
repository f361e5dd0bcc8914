// What a scenario found.

export type Result = {
  fault: string;
  /** How often the fault was made. */
  runs: number;
  violations: string[];
  /** Figures that go with it. */
  facts: string;
};
