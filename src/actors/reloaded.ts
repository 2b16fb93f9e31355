/** A stored task as one that can live again: what it is to run comes from its record, or from this daemon's memory. */
import type { Session } from '../broker/session.ts'
import type { TaskRecord } from '../store/store.ts'
import type { StartNewTask } from '../wire/commands.ts'
import { parseCallboardConfiguration } from '../wire/commands.ts'
import type { Broker } from './broker-actor.ts'
import { LiveTask } from './live-task.ts'
import { mergeProfile } from './profiles.ts'

/** What a settled or closed task is to run again; undefined where it cannot. */
export function requestOf({ tasks }: Broker, record: TaskRecord): StartNewTask | undefined {
  return tasks.closed.find(record.id) ?? (record.resumable ? record.request : undefined)
}

/** `session`: the one that wants it now. */
export function reloaded(broker: Broker, record: TaskRecord, session: Session | undefined): LiveTask {
  const known = requestOf(broker, record)
  const request = known ?? record.request ?? { configuration: {}, text: record.text }
  const asked = parseCallboardConfiguration(request.configuration.callboard)
  const merged = asked.ok ? mergeProfile(broker.profiles, request.configuration, asked.value) : asked
  const { profile, cwd } = record
  const shown = { ...(profile === undefined ? {} : { profile }), ...(cwd === undefined ? {} : { cwd }) }
  return new LiveTask({
    id: record.id,
    request,
    // One that cannot run again is put away as it was listed.
    callboard: (known ?? record.request) !== undefined && merged.ok ? merged.value : shown,
    listedText: record.text,
    createdAt: record.createdAt,
    startedBy: record.startedBy,
    session,
    record,
    resumable: known !== undefined,
    now: broker.parts.now,
  })
}
