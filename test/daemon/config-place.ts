/** A user's home with a place for a config file, made anew before each test, and what the settings are there. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, expect } from 'vitest'
import { loadSettings } from '../../src/daemon/config.ts'
import type { DaemonSettings, SettingsFlags } from '../../src/daemon/config.ts'

export interface ConfigPlace {
  readonly root: string
  /** For a test to change: it is as ever for the next one. */
  readonly env: Record<string, string>
  readonly configFile: string
  readonly write: (config: unknown) => void
  /** What was loaded; throws where it was refused. */
  readonly settings: (flags?: SettingsFlags) => DaemonSettings
  /** What it was refused with. */
  readonly refusal: (flags?: SettingsFlags) => string
}

/** To be called once by a test file. */
export function configPlace(): ConfigPlace {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'callboard-config-')))
  const configFile = join(root, 'config/callboard/config.json')
  const own = { HOME: root, XDG_CONFIG_HOME: join(root, 'config'), XDG_RUNTIME_DIR: join(root, 'run') }
  const env: Record<string, string> = {}
  const remove = (): void => rmSync(root, { recursive: true, force: true })
  beforeEach(() => {
    remove()
    mkdirSync(join(root, 'config/callboard'), { recursive: true, mode: 0o700 })
    for (const name of Object.keys(env)) delete env[name]
    Object.assign(env, own)
  })
  afterEach(remove)
  afterAll(remove)
  const load = (flags: SettingsFlags = {}) => loadSettings({ flags, env, cwd: join(root, 'project') })
  return {
    root,
    env,
    configFile,
    write: (config) =>
      writeFileSync(configFile, typeof config === 'string' ? config : JSON.stringify(config), {
        mode: 0o600,
      }),
    settings(flags) {
      const loaded = load(flags)
      if (!loaded.ok) throw new Error(loaded.message)
      return loaded.settings
    },
    refusal(flags) {
      const loaded = load(flags)
      if (loaded.ok) throw new Error('It was taken.')
      expect(loaded.exitCode).toBe(78)
      expect(loaded.message).not.toContain('\n')
      return loaded.message
    },
  }
}
