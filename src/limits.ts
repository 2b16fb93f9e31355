/**
 * Every bound of the daemon: its value, its unit (the last word of its name), why it is so, and what happens at it.
 * A leaf: it imports nothing. Bounds that a user may change are read from the config and passed on as a `Limits`.
 */

const KiB = 1024
const MiB = 1024 * KiB

export const limits = {
  // --- frames in ---------------------------------------------------------------------------------------------------
  /** One inbound frame. A base64 screenshot fits many times over. Past it: `frame_too_large`, the link is closed. */
  frameInBytesMax: 32 * MiB,
  /** One frame that our own client takes from a server: an inbound frame comes back inside an event's envelope. */
  frameFromServerBytesMax: 34 * MiB,
  /** Nesting of one frame. Real configurations nest about 10 deep. Past it: `invalid_frame`, the link lives. */
  frameDepthMax: 100,
  /** From a frame's first byte to its last. A local socket moves 32 MiB in well under a second. Past it: closed. */
  frameDeadlineMs: 30_000,
  /** How often unfinished frames are checked against their deadline. */
  frameSweepMs: 1_000,
  /** Bytes of unfinished frames over all links: one frame, and some. Past it: the link with the most of them is closed. */
  unfinishedBytesMax: 34 * MiB,
  /** Refused frames of one link that are logged one by one within `refusalLogWindowMs`; further ones are counted. */
  refusalLogBurst: 10,
  refusalLogWindowMs: 10_000,
  /** Peer's text in a log line or an error message. Past it: cut, with an ellipsis. */
  loggedTextCharsMax: 200,

  // --- links -------------------------------------------------------------------------------------------------------
  /** Live links of one daemon. Past it: a new link is closed before its Ack, and logged. */
  connectionsMax: 8_192,
  /** The most of them that a config may ask for: open files run out before. Past it: exit 78. */
  connectionsMaxMax: 65_536,
  /** The flush of the Ack. Past it: closed. */
  ackTimeoutMs: 10_000,
  /** One socket write of events: the best size measured, and what node-ipc 12 clients can digest. */
  writeBytes: 64 * KiB,
  /** Lag of a link at which its connection becomes `congested`, and at which it is `flowing` again. */
  lagHighBytes: 1 * MiB,
  lagLowBytes: 256 * KiB,
  /** Direct answers that wait for one link. At it: the daemon stops reading that link until half is written. */
  outboxBytesMax: 1 * MiB,
  /** Direct answers over all links, looked at when one has the second. Past it: the link with the most is closed. */
  answersBytesMax: 24 * MiB,
  answersShareBytes: 128 * KiB,
  /** What a link may still take to read its last bytes when the daemon drains. Past it: destroyed. */
  linkDrainMs: 1_000,

  /**
   * What waits for one client of an IpcServer; and for all of them, broadcasts apart, whose bytes they share. Past the
   * first that client, past the second the one with the most is closed, and logged. A single frame may be larger.
   */
  serverOutboxBytesMax: 16 * MiB,
  serverOutboxesBytesMax: 32 * MiB,

  // --- journal and delivery ----------------------------------------------------------------------------------------
  /** The hot tail, over all lanes. In memory mode it is the journal. Past it: the oldest slab goes (retention). */
  tailBytesMax: 32 * MiB,
  /** The same where the journal is on disk: readers that are further behind read that. A config's `tailBytesMax` goes over it. */
  tailOnDiskBytesMax: 16 * MiB,
  /** The part of the tail that lanes other than the journal's own may hold. Past it: their readers read the journal. */
  laneTailBytesMax: 4 * MiB,
  /** One slab of encoded frames. */
  slabBytes: 64 * KiB,
  /** Free slabs kept for reuse. Past it: left to the garbage collector. */
  slabPoolMax: 64,
  /** Lanes that exist at once. Past it: Subscribe is answered `limit_exceeded`. */
  lanesMax: 1_024,
  /** Slabs written in one turn to links that are behind, over all links: live readers must not wait for them. */
  catchUpSlabsPerTurn: 8,
  /** Bytes that runners may append in one turn before their streams are paused until the turn's flush. */
  turnAppendBytesMax: 256 * KiB,
  /** Lag of a task's client at which its output is not read, and is again. One stuck for so long holds nothing up. */
  paceHighBytes: 2 * MiB,
  paceLowBytes: 512 * KiB,
  paceStallMs: 2_000,

  // --- sessions ----------------------------------------------------------------------------------------------------
  /** A client's own id of a request. Past it: `invalid_frame`. */
  requestIdCharsMax: 64,
  /** Answers kept per session: more than our client has in flight. Past either: the oldest is forgotten. */
  repliesKeptPerSession: 2_048,
  repliesKeptBytesPerSession: 1 * MiB,
  /** The same over all sessions. Past it: a session keeps its newest answer alone. */
  repliesKeptBytesMax: 16 * MiB,
  /** How long a session without a link can be resumed. Past it, or past the number: forgotten, oldest first. */
  sessionGraceMs: 60_000,
  sessionsDetachedMax: 1_024,
  /** Filters of one Subscribe. Past it: `invalid_command`. */
  subscribeTasksMax: 1_000,
  subscribeGlobsMax: 64,
  globCharsMax: 64,
  /** Names in a Hello. Past it: `invalid_frame`. */
  clientNameCharsMax: 100,
  /** Tasks that a session of a `scope=own` listener may own. Past it: the oldest settled one is no longer its own. */
  ownTasksPerSession: 10_000,

  // --- tasks -------------------------------------------------------------------------------------------------------
  /** Tasks that run at once in all, with those inside others, which take no slot. Past it: `queue_full`. */
  tasksLiveMax: 512,
  /** Settled tasks kept in memory. Past either: the oldest is forgotten (`unknown_task`). */
  tasksKeptMax: 10_000,
  tasksKeptBytesMax: 8 * MiB,
  /** Tasks of one PruneTasks: 5 ms. More ids: `invalid_command`; where more match, its answer says so. */
  pruneTasksMax: 250,
  /** A task's text in lists; GetTask and the journal hold no more than its first message. */
  listedTextCharsMax: 1_000,
  /** Messages waiting for a task that is still starting. Past it: `limit_exceeded`. */
  queuedMessagesMax: 64,
  queuedMessagesBytesMax: 1 * MiB,
  /** One message of a command's output; then a new one begins, so that full-text updates stay linear. */
  outputMessageBytes: 8 * KiB,
  /** Updates of one message come at most this often; the last one always. */
  messageUpdateMs: 50,
  /** What may wait for a command's stdin. Past it: `limit_exceeded`. */
  stdinBytesMax: 1 * MiB,
  /** From TERM to KILL when a task is cancelled. */
  cancelGraceMs: 5_000,
  /** From the exit of a command to the closing of its output by descendants that hold it. Past it: they are ended. */
  outputCloseGraceMs: 1_000,
  /** How often and how long descendants are looked for after KILL. */
  reapPollMs: 20,
  reapDeadlineMs: 5_000,
  /** Arguments and environment of a command. Past it: `invalid_command`, before the kernel says E2BIG. */
  commandArgsMax: 10_000,
  commandBytesMax: 1 * MiB,
  /** One argument or one NAME=value, with its NUL: Linux' MAX_ARG_STRLEN. Past it: `invalid_command`. */
  commandArgBytesMax: 128 * KiB,

  // --- queue, asks, leases -----------------------------------------------------------------------------------------
  /** Tasks that run at once. Past it: they are queued. A config may say otherwise; 0 stands for twice the cores. */
  runningTasks: 0,
  /** Tasks that wait for a slot, and the bytes of their requests. Past either: `queue_full`. */
  queuedTasksMax: 1_000,
  queuedTasksBytesMax: 16 * MiB,
  /** From -10 to 10. Past it: `invalid_command`. */
  priorityMax: 10,
  /** Open asks of one task, and the text of one. Past either: the runner is told so, the task goes on. */
  asksPerTaskMax: 64,
  askTextCharsMax: 64 * KiB,
  askOptionsMax: 64,
  /** One line of a command's ask channel: an ask at its bounds. Past it: the command is told so, the line is skipped. */
  askLineBytesMax: 512 * KiB,
  /** Ended asks that are remembered, to tell a late answer who won. Past it: `unknown_ask` without more. */
  asksRememberedMax: 1_024,
  /** From asking to `expired`, at most. Past it: cut to it. */
  askDeadlineMsMax: 30 * 24 * 3_600_000,
  /** A lease's time to live. Past it: `invalid_command`. */
  leaseTtlMsMax: 24 * 3_600_000,
  /** How long a lease waits for its session's client to come back. */
  leaseGraceMs: 10_000,
  /** Leases of one session. Past it: `limit_exceeded`. */
  leasesPerSessionMax: 256,
  /** Comings and goings of native clients are told at most this often. */
  presenceMs: 100,

  // --- agents ------------------------------------------------------------------------------------------------------
  /** One message of an agent; nesting of one. Past either: it is no message of the protocol. */
  agentLineBytesMax: 16 * MiB,
  agentLineDepthMax: 64,
  /** What an agent may write that is no message of the protocol. Past it: the task fails with its first words. */
  agentGarbageBytesMax: 1 * MiB,
  /** The end of an agent's stderr that is kept for the error. */
  agentStderrBytesMax: 4 * KiB,
  /** Answers that an agent does not read. Past it: it is not read either, until they are gone. */
  agentUnreadBytesMax: 1 * MiB,
  /** Requests of an agent that wait for their answers. Past it: refused to it. */
  agentRequestsMax: 256,
  /** From the start to the answer to initialize; each further step of the start. Past either: the task fails. */
  agentInitializeMs: 60_000,
  agentStepMs: 60_000,
  /** A login, in which a person may take part. Past it: the task fails. */
  agentLoginMs: 600_000,
  /** From session/cancel to the end of the turn; from the closing of its input to the agent's end. Past either: TERM. */
  agentCancelMs: 3_000,
  agentExitMs: 1_000,
  /** One message of what an agent says or thinks; then a new one begins, so that full-text updates stay linear. */
  agentMessageChars: 32 * KiB,
  /** What is told of one tool call: its input and output. Past it: cut. */
  agentToolCharsMax: 64 * KiB,
  /** Tool calls of one run that are known. Past it: the one not heard of for longest is forgotten. */
  agentToolCallsKnown: 256,
  /** An update that is kept as it is. Past it: its kind and size alone are. */
  agentUpdateBytesMax: 64 * KiB,
  /** Commands, modes, models that an agent offers. Past it: the first ones. */
  agentOffersMax: 1_000,
  /** A file that an agent reads or writes through the daemon. Past it: refused to it. */
  agentFileBytesMax: 8 * MiB,
  /** Terminals of one run, and the output of each that is kept for the agent. Past the first: refused; the second: cut. */
  agentTerminalsMax: 32,
  agentTerminalBytesMax: 1 * MiB,
  /** The transcript for an agent that no longer knows its session. Past it: its end. */
  agentTranscriptCharsMax: 256 * KiB,
  mcpServersMax: 64,

  // --- store -------------------------------------------------------------------------------------------------------
  /** Retention: past any of these, what is oldest of settled tasks goes, in small chunks. */
  retentionAgeMs: 30 * 24 * 3_600_000,
  retentionBytesMax: 1024 * MiB,
  retentionTasksMax: 10_000,
  /** Time that one chunk of retention may take on the event loop. */
  retentionChunkMs: 4,
  /** How often retention looks. */
  retentionEveryMs: 1_000,
  /** The write-ahead log: a checkpoint is made by the worker each time it grew by the first; past the second, at once. */
  walCheckpointBytes: 4 * MiB,
  walBytesMax: 64 * MiB,
  /** How long the log may hold what was erased; how long a commit waits for the worker where the log is past its bytes. */
  walErasedMs: 10_000,
  walWaitMs: 200,
  /** One stored piece of a task's events. One event may be larger. */
  segmentBytesMax: 64 * KiB,
  /** Starts of daemons that a journal knows. Who comes back from an older one is told of a gap. */
  startsKeptMax: 10_000,
  /** How often a store that could not commit is tried again. */
  storeRetryMs: 500,
  /** One read of stored events for a reader that is below the hot tail. */
  storeReadBytes: 64 * KiB,
  /** Answers and sessions are kept this long across restarts. */
  answersKeptMs: 3_600_000,

  // --- recordings --------------------------------------------------------------------------------------------------
  /** A recording's first line: a task's listed text and little more. Past it: it is not a recording. */
  recordingHeaderBytesMax: 64 * KiB,
  /** Any other line, of which one is held: with an event's envelope it stays a frame that our client takes. */
  recordingLineBytesMax: 33 * MiB,
  /** Values in one line: an event's are few and may be long. Past either: the recording is broken. */
  recordingValuesMax: 100_000,
  /** One read of a recording, and one batch of its events. */
  recordingReadBytes: 64 * KiB,
  /** How many times as fast as it was recorded; 0 is as fast as it is read. Past it: `invalid_command`. */
  replaySpeedMax: 1_000,
  /** Messages of a replay whose updates are known as theirs. Past it: the one not heard of for longest is forgotten. */
  replayMessagesKnown: 4_096,
  /** One timer of a replay: a longer wait takes several, since Node's timers end at 24 days. */
  replayTimerMsMax: 3_600_000,

  // --- daemon ------------------------------------------------------------------------------------------------------
  /** From SIGTERM or Shutdown to the cancelling of running tasks. */
  drainDeadlineMs: 10_000,
  drainDeadlineMsMax: 3_600_000,
  /** `sun_path` less its NUL. Past it: exit 78. */
  socketPathBytesMax: process.platform === 'darwin' ? 103 : 107,
  /** How often a listener looks whether its socket file is still its own. */
  socketWatchMs: 1_000,
  /** How long a probe waits for the owner of a socket file. */
  socketProbeMs: 1_000,
  /** daemon.log of an autostarted daemon. At it: it becomes daemon.log.1, in place of the earlier one. */
  daemonLogBytesMax: 8 * MiB,
  /** Log lines that wait for a stderr that takes nothing, and how often it is tried again. Past it: dropped, counted. */
  logHeldBytesMax: 1 * MiB,
  logRetryMs: 100,
  /** How long `run` and `start` wait for the daemon that they started, `run` for one that went away. Past it: exit 69. */
  autostartDeadlineMs: 15_000,
  daemonReturnMs: 5_000,
  /** The config file. Past it: exit 78. */
  configBytesMax: 1 * MiB,
  profilesMax: 256,

  /** Resident growth past which garbage is collected; again a step on, or a step of heap and a rest of so many times. */
  memoryHighBytes: 32 * MiB,
  memoryStepBytes: 4 * MiB,
  memoryRestFactor: 100,
  memoryLookMs: 50,

  // --- inspector ---------------------------------------------------------------------------------------------------
  /**
   * What inspectTo() reports: machines of one program and one's chart, moves of one report, names, a context as JSON.
   * inspectTo() cuts or leaves out what is past it; from others it is `invalid_command`.
   */
  inspectedMachinesMax: 64,
  inspectedChartCharsMax: 256 * KiB,
  inspectedMovesMax: 1_000,
  inspectedNameCharsMax: 200,
  inspectedContextCharsMax: 4 * KiB,

  // --- our own client ----------------------------------------------------------------------------------------------
  /** Back-off between attempts: doubled from the first to the last, each with full jitter. */
  reconnectFirstMs: 50,
  reconnectLastMs: 5_000,
  /** Connecting and waiting for the Ack. Past it: the attempt has failed. */
  clientAckTimeoutMs: 10_000,
  /** A command's Reply. Past it: the promise rejects with `timeout`. */
  replyTimeoutMs: 30_000,
  /** Events that wait for a `for await` loop. Past it: the client stops reading its socket until half are taken. */
  clientEventsWaiting: 1_024,
  /** From a failure to the next attempt of an IpcClient, which tries for ever: as node-ipc's clients do. */
  ipcClientRetryMs: 500,
  /** Bytes of an IpcClient that its server does not take. Past it: a command is not sent, and logged. */
  ipcClientHeldBytesMax: 32 * MiB,
  /** Commands in flight of one client. Past it: `limit_exceeded`. */
  clientRequestsMax: 1_024,
} as const

type Widen<T> = { readonly [K in keyof T]: number }

/** The bounds as values, so that a test or a config can give others. */
export type Limits = Widen<typeof limits>
