/** The command line: what of something long it shows, and how far back it looks. */

export const cliLimits = {
  /** Lines of one changed file's patch that `run` shows. Past it: the number of the others. */
  patchLinesMax: 40,
  /** Why an agent's tool failed, as `run` shows it. Past it: cut. */
  toolFailureCharsMax: 200,
  /** How long the file lives that leads a browser to the page: by then the browser has read it. Past it: removed. */
  redirectLivesMs: 5_000,
  /** How long `stop --force` waits for the daemon's end. Past it: exit 1, with what else may be done. */
  forcedStopMs: 10_000,
  /** How often `top` may draw. Past either: exit 2. */
  topEveryMsMin: 100,
  topEveryMsMax: 3_600_000,
  /** The journal's last events among which `answer` looks for an ask that has ended. Past it: there is no such ask. */
  endedAskEventsLooked: 10_000,
} as const
