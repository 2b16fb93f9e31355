/** A setting that cannot be used. Thrown inside the reading of settings and caught by it: it becomes exit code 78. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError'
}
