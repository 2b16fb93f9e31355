/** An agent that speaks ACP: what it may write, hold and ask for, and how long each step may take it. */
import { KiB, MiB } from './units.ts'

export const agentLimits = {
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
  /**
   * From session/cancel to the end of the turn; from the closing of its input to the agent's end. Past either: TERM.
   */
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
  /** A name of an agent's, of a mode, a command, a server: past it cut, an id left out. In a configuration: refused. */
  agentNameCharsMax: 200,
  /** What an agent says in a line: a title, a label, a description, what failed. Past it: cut. */
  agentWordsCharsMax: 1_000,
  /** A path or an address that it names; a step of its plan, or the text of an image that is none. Past it: cut. */
  agentPathCharsMax: 4_096,
  agentStepCharsMax: 2_000,
  /** Steps of a plan, pieces of a tool's output, variables of a terminal; changes of files of one tool. Past it: the first ones. */
  agentListMax: 1_000,
  agentChangesMax: 100,
  /** Directories above a program in which its npm package may begin. Past it: its version is not known. */
  agentPackageLevelsMax: 5,
  /** Ways to log in that are named to a person. Past it: the first ones. */
  agentLoginsTold: 20,
  /** Commands, modes, models, ways to log in that an agent offers. Past it: the first ones. */
  agentOffersMax: 1_000,
  /** A file that an agent reads or writes through the daemon. Past it: refused to it. */
  agentFileBytesMax: 8 * MiB,
  /**
   * Terminals of one run, and the output of each that is kept for the agent. Past the first: refused; the second: cut.
   */
  agentTerminalsMax: 32,
  agentTerminalBytesMax: 1 * MiB,
  /** Events at the journal's end in which a transcript is looked for. Past it: what is older is not in it. */
  transcriptEventsLooked: 200_000,
  /** The transcript for an agent that no longer knows its session. Past it: its end. */
  agentTranscriptCharsMax: 256 * KiB,
  mcpServersMax: 64,
} as const
