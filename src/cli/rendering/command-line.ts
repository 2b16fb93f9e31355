/** A command as a person would type it in a shell: quoted where needed, so that it can be copied. */

const plain = /^[\w%+,./:=@^-]+$/

export function commandLine(command: readonly string[]): string {
  return command.map((word) => (plain.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(' ')
}
