// Prints the run's result as its very last line.
export default class TallyReporter {
  onRunComplete(_contexts, { numPassedTests, numFailedTests, numPendingTests, numRuntimeErrorTestSuites }) {
    const failed = numFailedTests + numRuntimeErrorTestSuites;
    const skipped = numPendingTests > 0 ? `, ${numPendingTests} skipped` : "";
    process.on("exit", () => console.log(`${numPassedTests} passed, ${failed} failed${skipped}`));
  }
}
