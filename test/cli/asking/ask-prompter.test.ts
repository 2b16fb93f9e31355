import { describe, expect, test, vi } from 'vitest'
import { AskPrompter } from '../../../src/cli/asking/ask-prompter.ts'
import type { Terminal } from '../../../src/cli/asking/terminal.ts'
import type { AskResponse } from '../../../src/client/callboard-client.ts'
import { CallboardError } from '../../../src/client/callboard-error.ts'
import type { Ask } from '../../../src/wire/events.ts'

/** A terminal at which the test types. */
class TypedTerminal implements Terminal {
  shown = ''
  #listener: ((line: string) => void) | undefined

  get isRead(): boolean {
    return this.#listener !== undefined
  }

  show(text: string): void {
    this.shown += text
  }

  read(listener: (line: string) => void, begun: () => void): void {
    this.#listener ??= listener
    begun()
  }

  rest(): void {
    this.#listener = undefined
  }

  type(line: string): void {
    this.#listener?.(line)
  }

  /** What was shown since the last time. */
  take(): string {
    const { shown } = this
    this.shown = ''
    return shown
  }
}

function approval(id: string, text = 'Run it?'): Ask {
  const options = [
    { id: 'yes', label: 'Run it' },
    { id: 'no', label: 'no' },
  ]
  return { id, task: 'task-00000001', kind: 'approval', text, options, askedAt: 0 }
}

const exits = [
  { id: 'decline', label: 'Decline', meaning: 'deny' as const },
  { id: 'cancel', label: 'Cancel', meaning: 'deny' as const },
]

function setting(respond = (_askId: string, _response: AskResponse) => Promise.resolve()) {
  const terminal = new TypedTerminal()
  const responded = vi.fn<typeof respond>(respond)
  const prompter = new AskPrompter({
    terminal,
    respond: responded,
    later: (ask) => `\`callboard answer ${ask.id} …\``,
  })
  return { terminal, responded, prompter }
}

describe('a prompter', () => {
  test('shows a question with its options, and gives the daemon what is typed', async () => {
    const { terminal, responded, prompter } = setting()
    expect(terminal.isRead).toBe(false)
    prompter.opened(approval('a1'))
    expect(terminal.take()).toBe('\n00000001 asks: Run it?\n  1  Run it (yes)\n  2  no\n> ')
    terminal.type('1')
    await vi.waitFor(() => expect(terminal.isRead).toBe(false))
    expect(responded.mock.calls).toEqual([['a1', { option: 'yes' }]])
    prompter.take({
      eventName: 'askResolved',
      payload: ['t', { id: 'a1', outcome: 'answered', option: 'yes' }],
    })
    expect(terminal.take()).toBe('')
  })

  test('asks again after what is no answer, and leaves open what is not answered', () => {
    const { terminal, responded, prompter } = setting()
    prompter.opened(approval('a1'))
    terminal.take()
    terminal.type('perhaps')
    expect(terminal.take()).toBe('"perhaps" is none of its options: yes (Run it), no.\n> ')
    terminal.type(' ')
    expect(terminal.take()).toBe('Left open: `callboard answer a1 …` answers it.\n')
    expect(responded).not.toHaveBeenCalled()
    expect(terminal.isRead).toBe(false)
  })

  test('asks one at a time, oldest first, each once', async () => {
    const { terminal, prompter } = setting()
    prompter.opened(approval('a1', 'First?'))
    prompter.opened(approval('a2', 'Second?'))
    prompter.opened(approval('a1', 'First?'))
    expect(terminal.take()).not.toContain('Second?')
    terminal.type('no')
    await vi.waitFor(() => expect(terminal.take()).toContain('Second?'))
    terminal.type('no')
    await vi.waitFor(() => expect(terminal.isRead).toBe(false))
  })

  test('a line that was begun for an ask that somebody else answered is no answer to the next one', async () => {
    const { terminal, responded, prompter } = setting()
    prompter.opened(approval('a1', 'First?'))
    prompter.opened(approval('a2', 'Delete all?'))
    terminal.take()
    const outcome = { id: 'a1', outcome: 'answered', option: 'yes', client: 'editor' } as const
    prompter.take({ eventName: 'askResolved', payload: ['t', outcome] })
    const shown = terminal.take()
    expect(shown).toContain('answered by editor: Run it')
    expect(shown).not.toContain('Delete all?')
    terminal.type('yes')
    expect(responded).not.toHaveBeenCalled()
    expect(terminal.take()).toContain('Delete all?')
    terminal.type('no')
    await vi.waitFor(() => expect(responded.mock.calls).toEqual([['a2', { option: 'no' }]]))
  })

  test('so is one that comes alone, and what comes after it', () => {
    const { terminal, responded, prompter } = setting()
    prompter.opened(approval('a1'))
    prompter.resolved({ id: 'a1', outcome: 'withdrawn' })
    expect(terminal.isRead).toBe(false)
    prompter.opened(approval('a2', 'Delete all?'))
    terminal.type('yes')
    expect(responded).not.toHaveBeenCalled()
  })

  test('says who was quicker, and goes on', async () => {
    const { terminal, prompter } = setting(() =>
      Promise.reject(new CallboardError('unknown_ask', 'editor (c1) answered it first.')),
    )
    prompter.opened(approval('a1'))
    terminal.take()
    terminal.type('yes')
    await vi.waitFor(() => expect(terminal.take()).toBe('editor (c1) answered it first.\n'))
  })

  test('takes a form in one line', async () => {
    const { terminal, responded, prompter } = setting()
    const fields = [
      { name: 'title', type: 'text' as const, required: true },
      { name: 'count', type: 'number' as const },
    ]
    prompter.opened({ id: 'a1', task: 't1', kind: 'form', text: 'What?', fields, askedAt: 0 })
    expect(terminal.take()).toBe('\nt1 asks: What?\ntitle=<text> [count=<number>]\n> ')
    terminal.type(`title="two words" count=3`)
    await vi.waitFor(() =>
      expect(responded.mock.calls).toEqual([['a1', { values: { title: 'two words', count: 3 } }]]),
    )
  })

  test('takes one of the options of a form in place of its fields, and shows them', async () => {
    const { terminal, responded, prompter } = setting()
    const fields = [{ name: 'title', type: 'text' as const, required: true }]
    prompter.opened({ id: 'a1', task: 't1', kind: 'form', text: 'What?', fields, options: exits, askedAt: 0 })
    expect(terminal.take()).toBe('\nt1 asks: What?\ntitle=<text>, or decline, cancel\n> ')
    terminal.type('decline')
    await vi.waitFor(() => expect(responded.mock.calls).toEqual([['a1', { option: 'decline' }]]))
  })

  test('takes any text for a question whose options only end it', async () => {
    const { terminal, responded, prompter } = setting()
    prompter.opened({ id: 'a1', task: 't1', kind: 'question', text: 'How many?', options: exits, askedAt: 0 })
    expect(terminal.take()).toBe('\nt1 asks: How many?\nany text, or decline, cancel\n> ')
    terminal.type('1')
    await vi.waitFor(() => expect(responded.mock.calls).toEqual([['a1', { text: '1' }]]))
  })

  test('asks no more once it is disposed of', () => {
    const { terminal, prompter } = setting()
    prompter.opened(approval('a1'))
    prompter[Symbol.dispose]()
    expect(terminal.isRead).toBe(false)
  })
})
