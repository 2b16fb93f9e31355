/**
 * A command that ends only when a message tells it to, whatever signals it gets: `ok` with 0, `bad` with 1. It says
 * first that it is deaf. Where its daemon dies its input ends, and it with it.
 */
export const deafCommand: readonly string[] = [
  ...['sh', '-c'],
  `trap '' TERM; echo ready; while read -r line; do case $line in ok) exit 0;; bad) exit 1;; esac; done`,
]
