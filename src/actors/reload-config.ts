/** ReloadConfig: the profiles of the config file as they are now, for tasks that start from now on. */
import { accepted, refused } from '../wire/rejection.ts'
import type { Outcome } from '../wire/rejection.ts'
import type { Request } from './request.ts'

/** Answers the names of the profiles. A file with a mistake changes nothing: `invalid_command` says which. */
export function reloadConfig({ broker, connection }: Request): Outcome<{ profiles: string[] }> {
  if (connection.policy.scope === 'own') {
    return refused('unauthorized', 'On this listener profiles cannot be read again: use the main socket.')
  }
  const { rereadProfiles } = broker.parts
  if (rereadProfiles === undefined) return refused('unsupported', 'This daemon has no config file to read.')
  const read = rereadProfiles()
  if (!read.ok) return read
  broker.profiles = read.value
  return accepted({ profiles: [...read.value.byName.keys()] })
}
