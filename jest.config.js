export default {
  testEnvironment: "node",
  roots: ["<rootDir>/test"],
  extensionsToTreatAsEsm: [".ts"],
  transform: { "^.+\\.ts$": ["ts-jest", { useESM: true, tsconfig: "<rootDir>/tsconfig.json" }] },
  reporters: ["default", "<rootDir>/test/support/tally-reporter.js"],
  testTimeout: 30_000,
};
