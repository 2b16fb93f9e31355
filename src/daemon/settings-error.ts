/** A setting that cannot be used: it becomes exit code 78, where settings are read or where a client opens the home. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError'
}
