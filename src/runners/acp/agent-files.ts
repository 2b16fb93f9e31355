/**
 * Text files that an agent reads and writes through the daemon: inside its task's directory only, one at a time, so
 * that memory holds one file whatever the agent asks for.
 */
import { limits as defaults } from '../../limits.ts'
import { isUtf8 } from 'node:buffer'
import { constants } from 'node:fs'
import { mkdir, open, realpath } from 'node:fs/promises'
import { dirname } from 'node:path'
import { printable } from '../../wire/printable.ts'
import { AgentRefusal, invalidParams, notFound } from './failure.ts'
import { numberAt, textAt } from './fields.ts'
import { codeOfError } from './system-error.ts'
import { pathInside, PathRefused } from './task-paths.ts'
import type { FileHandle } from 'node:fs/promises'
import type { JsonObject } from '../../wire/json-object.ts'

export interface AgentFilesOptions {
  /** The task's directory. */
  readonly cwd: string
  readonly bytesMax: number
  /** A path was refused. */
  denied(path: string): void
}

const pieceBytes = 256 * 1024
const quietly = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)

export class AgentFiles {
  readonly #options: AgentFilesOptions
  #last: Promise<unknown> = Promise.resolve()

  constructor(options: AgentFilesOptions) {
    this.#options = options
  }

  /** Answers fs/read_text_file: `line` from 1, `limit` lines. */
  async read(params: JsonObject): Promise<{ content: string }> {
    return await this.#inTurn(params, async (path) => {
      await using file = await open(path, constants.O_RDONLY | quietly)
      await this.#check(file, path)
      const bytes = await this.#bytesOf(file)
      if (!isUtf8(bytes)) throw new AgentRefusal(invalidParams, 'The file is not text in UTF-8')
      return { content: linesOf(bytes.toString(), numberAt(params, 'line'), numberAt(params, 'limit')) }
    })
  }

  /** Answers fs/write_text_file. What is missing of its directories is made. */
  async write(params: JsonObject): Promise<JsonObject> {
    const content = Buffer.from(textAt(params, 'content') ?? '')
    if (content.length > this.#options.bytesMax) throw this.#tooLarge()
    return await this.#inTurn(params, async (path) => {
      await mkdir(dirname(path), { recursive: true })
      await using file = await open(path, constants.O_WRONLY | constants.O_CREAT | quietly, 0o666)
      await this.#check(file, path)
      await file.truncate(0)
      await file.writeFile(content)
      return {}
    })
  }

  async #inTurn<T>(params: JsonObject, act: (path: string) => Promise<T>): Promise<T> {
    const earlier = this.#last
    const { promise, resolve } = Promise.withResolvers<undefined>()
    this.#last = promise
    await earlier
    try {
      return await act(await this.#inside(textAt(params, 'path') ?? ''))
    } catch (error) {
      throw refusalOf(error)
    } finally {
      resolve(undefined)
    }
  }

  async #inside(path: string): Promise<string> {
    try {
      return await pathInside(await realpath(this.#options.cwd), path)
    } catch (error) {
      if (!(error instanceof PathRefused)) throw error
      this.#options.denied(printable(path, defaults.agentWordsCharsMax))
      throw new AgentRefusal(invalidParams, `This path is refused: ${error.message}`)
    }
  }

  /** What is open is a file, and still the one that was judged. */
  async #check(file: FileHandle, path: string): Promise<void> {
    const stats = await file.stat()
    if (!stats.isFile()) throw new AgentRefusal(invalidParams, 'This path is not a file')
    if ((await realpath(path)) !== path)
      throw new AgentRefusal(invalidParams, 'This path changes under our hands')
  }

  async #bytesOf(file: FileHandle): Promise<Buffer> {
    const { bytesMax } = this.#options
    const pieces: Buffer[] = []
    // Files of the kernel have no size: what is read counts.
    for (let bytes = 0; ;) {
      const piece = Buffer.allocUnsafe(Math.min(pieceBytes, bytesMax + 1 - bytes))
      const { bytesRead } = await file.read(piece, 0, piece.length, null)
      if (bytesRead === 0) return Buffer.concat(pieces)
      pieces.push(piece.subarray(0, bytesRead))
      bytes += bytesRead
      if (bytes > bytesMax) throw this.#tooLarge()
    }
  }

  #tooLarge(): AgentRefusal {
    return new AgentRefusal(
      invalidParams,
      `The file has more than ${this.#options.bytesMax} bytes, which is the limit`,
    )
  }
}

function linesOf(text: string, line: number | undefined, limit: number | undefined): string {
  if (line === undefined && limit === undefined) return text
  const lines = text.split('\n')
  const from = Math.max(1, Math.trunc(line ?? 1)) - 1
  return lines.slice(from, limit === undefined ? undefined : from + Math.max(0, Math.trunc(limit))).join('\n')
}

function refusalOf(error: unknown): Error {
  if (error instanceof AgentRefusal) return error
  const code = codeOfError(error)
  if (code === 'ENOENT') return new AgentRefusal(notFound, 'There is no such file')
  if (code === 'ELOOP' || code === 'ENXIO') return new AgentRefusal(invalidParams, 'This path is not a file')
  return new AgentRefusal(-32_603, `The file cannot be used${code === '' ? '' : `: the system says ${code}`}`)
}
