/** What a broker is made of: the daemon gives it, a test its own. */
import type { Delivery } from '../broker/delivery.ts'
import type { Journal } from '../broker/journal.ts'
import type { Lanes } from '../broker/lane.ts'
import type { Sessions } from '../broker/sessions.ts'
import type { Limits } from '../limits.ts'
import type { Logger } from '../log.ts'
import type { Store } from '../store/store.ts'
import type { Status } from '../wire/envelope.ts'
import type { Outcome } from '../wire/rejection.ts'
import type { ActorSetting } from './actor-setting.ts'
import type { InspectorPort } from './inspecting.ts'
import type { Profiles } from './profiles.ts'

/** The parts that a broker joins. `connections` and `tasks` are made with it: see `createBroker`. */
export interface BrokerParts {
  readonly journal: Journal
  readonly lanes: Lanes
  readonly delivery: Delivery
  readonly sessions: Sessions
  readonly store: Store
  readonly limits: Limits
  readonly log: Logger
  readonly now: () => number
  readonly newTaskId: () => string
  readonly newMessageId: () => string
  /** Equal for equal bodies of a request, and short. */
  readonly digest: (body: string) => string
  readonly profiles: Profiles
  /** A directory with its links followed; the one in which commands run where none is said. Never throws. */
  readonly realPath: (cwd: string | undefined) => string
  /** Reads the profiles again; absent where they stand in no file. */
  readonly rereadProfiles?: () => Outcome<Profiles>
  /** What GetStatus says of the daemon besides the broker's own. */
  readonly identity: Pick<Status, 'version' | 'pid' | 'startedAt' | 'listeners'> & { readonly ppid: number }
  /** A client asked the daemon to stop. */
  readonly shutdownRequested: (deadlineMs: number | undefined) => void
  /** Every task has settled and every link has been let go. */
  readonly stopped: () => void
  /** A large answer was made, and with it several times its size of garbage. */
  readonly answeredMuch: () => void
  readonly actors?: ActorSetting
  /** The page that shows the machines. */
  readonly inspector?: InspectorPort
}
