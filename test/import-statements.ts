/**
 * Reads the import statements of a source file, for architecture.test.ts. TypeScript 7 has no API to ask, and the
 * formatter keeps statements at the beginning of a line, so that expressions of a few lines do.
 */

export interface ImportStatement {
  readonly specifier: string
  /** `import type` or `export type … from`: nothing is left of it when the program runs. */
  readonly typeOnly: boolean
}

const fromStatement =
  /^[ \t]*(?:import|export)\s+(type\s+(?!from\b))?(?:[\w$*\s,]|\{[^}]*\})*?\bfrom\s*(['"])(.+?)\2/gm
const bareStatement = /^[ \t]*import\s*(['"])(.+?)\1/gm
const call = /\bimport\s*\(\s*(['"])(.+?)\1/g

/** Every import of `source`, static and dynamic, re-exports included. A call that names no literal is not seen. */
export function importStatements(source: string): ImportStatement[] {
  return [
    ...source.matchAll(fromStatement).map((m) => ({ specifier: m[3] ?? '', typeOnly: m[1] !== undefined })),
    ...source.matchAll(bareStatement).map((m) => ({ specifier: m[2] ?? '', typeOnly: false })),
    ...withoutComments(source)
      .matchAll(call)
      .map((m) => ({ specifier: m[2] ?? '', typeOnly: false })),
  ]
}

const commentOrString =
  /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/g

function withoutComments(source: string): string {
  return source.replaceAll(commentOrString, (match) => (match.startsWith('/') ? '' : match))
}

/** The source without its comments and the content of its strings: what is left are its words. */
export function codeOnly(source: string): string {
  return source.replaceAll(commentOrString, (match) => (match.startsWith('/') ? '' : "''"))
}
