// Packages that only some need are not installed with Parlor.

/** A package that is needed now is not installed. The message says how to install it. */
export class MissingPackageError extends Error {
  override name = "MissingPackageError";
  constructor(packageName: string, options?: ErrorOptions) {
    super(`The package ${packageName} is not installed: npm install ${packageName}`, options);
  }
}
