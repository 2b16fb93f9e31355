/**
 * The program `callboard` as tests run it in processes of its own: bundled once for a whole run, since hundreds of them
 * start and each would spend most of its time on finding and stripping 300 files. What it does is the same.
 */
import { cpSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'vite'

const root = join(import.meta.dirname, '..')
/** As it is written: for a process that loads a module of ours before it, to give it other bounds. */
export const source = join(root, 'src/cli/main.ts')

/** The script to start; without a bundle, as outside of vitest, the source itself. */
export const program = process.env['CALLBOARD_TEST_PROGRAM'] ?? source

/** Where code that was compiled is kept, for `NODE_COMPILE_CACHE`. It goes with the run. */
export const compiled = join(tmpdir(), 'compiled')

/** Bundles the source into `directory`, which is made. Returns the path of the script. */
export async function bundleProgram(directory: string): Promise<string> {
  await build({
    configFile: false,
    root,
    logLevel: 'error',
    ssr: { noExternal: true },
    build: {
      ssr: source,
      outDir: directory,
      target: 'node24',
      rolldownOptions: { output: { chunkFileNames: '[name]-[hash].js' } },
    },
  })
  // What the program looks for above and beside itself.
  cpSync(join(root, 'package.json'), join(directory, 'package.json'))
  symlinkSync(join(root, 'dist/src/inspector/assets'), join(directory, 'assets'))
  return join(directory, 'main.js')
}
