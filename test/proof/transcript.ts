/** Plays a hand-written transcript to a daemon, byte by byte: see the transcripts' own first lines for how they read. */
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { expect } from 'vitest'
import { eventually } from '../daemon/task-events.ts'

const folder = join(import.meta.dirname, 'transcripts')
const placeholder = /«(\w+)»/g

/** What each name may stand for; a task's id is any other's. */
const shapes: Readonly<Record<string, string>> = {
  clientId: '[0-9a-f]{12}',
  sessionId: '[0-9a-f]{32}',
  epoch: '[0-9a-f]{16}\\.1',
  pid: '\\d+',
  ppid: '\\d+',
  time: '\\d{13}',
  words: '(?:[^"\\\\]|\\\\.){10,}',
}
const anyId = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}'
const freeEachTime = new Set(['time', 'words'])

/** Sends what the client says, and expects what the daemon says after it, and then nothing more. */
export async function playTranscript(name: string, socketPath: string): Promise<void> {
  const text = readFileSync(join(folder, `${name}.txt`), 'utf8')
  const lines = text.split('\n').filter((line) => /^[<>]/.test(line))
  const values = new Map<string, string>()
  const socket = connect(socketPath)
  let heard = ''
  socket.setEncoding('utf8').on('data', (bytes: string) => {
    heard += bytes
  })
  try {
    for (const line of lines) {
      const frame = line.slice(2).replace(/\\([fn])$/, (_, end: string) => (end === 'f' ? '\f' : '\n'))
      if (line.startsWith('>')) socket.write(filled(frame, values))
      else {
        const delimiter = frame.at(-1) ?? ''
        await eventually(() => expect(heard).toContain(delimiter))
        const end = heard.indexOf(delimiter) + 1
        expectFrame(heard.slice(0, end), frame, values)
        heard = heard.slice(end)
      }
    }
    expect(heard).toBe('')
  } finally {
    socket.destroy()
  }
}

function filled(frame: string, values: ReadonlyMap<string, string>): string {
  return frame.replaceAll(placeholder, (_, name: string) => values.get(name) ?? `unknown ${name}`)
}

/** The frame as written, and every name's value as before; what it stands for now is kept. */
function expectFrame(got: string, written: string, values: Map<string, string>): void {
  const names: string[] = []
  const pattern = written.split(placeholder).map((part, index) => {
    if (index % 2 === 0) return part.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`)
    names.push(part)
    return `(${shapes[part] ?? anyId})`
  })
  const match = new RegExp(`^${pattern.join('')}$`).exec(got)
  expect(match, `got ${got}\nfor ${written}`).not.toBeNull()
  for (const [index, name] of names.entries()) {
    const value = match?.[index + 1] ?? ''
    expect(values.get(name) ?? value, `«${name}» in ${got}`).toBe(value)
    if (!freeEachTime.has(name)) values.set(name, value)
  }
}
