import { describe, expect, test } from 'vitest'
import { outcomeWords } from '../../../src/cli/rendering/ask-words.ts'
import { eventWords } from '../../../src/cli/rendering/event-words.ts'
import type { TaskEvent } from '../../../src/wire/events.ts'
import { Paint } from '../../../src/cli/rendering/paint.ts'
import { WatchLines } from '../../../src/cli/rendering/watch-lines.ts'
import { eventMessage, sampleEvents } from '../../wire/sample-messages.ts'

const id = '018f0000-0000-7000-8000-00000000aaaa'
const editor = { clientId: 'a3f7b9c2d1e4', client: 'editor' }
const other = { clientId: 'b3f7b9c2d1e4' }

function leaseWords(change: Extract<TaskEvent, { eventName: 'leaseChanged' }>['payload'][1]): unknown {
  return eventWords({ eventName: 'leaseChanged', payload: [id, change] })?.text
}

describe('the words of events', () => {
  test.each(sampleEvents)('$eventName is never shown by its name on the wire', (event) => {
    expect(eventWords(event)?.text ?? '').not.toContain(event.eventName)
  })

  test('what a person waits for has words', () => {
    const told = sampleEvents.filter((event) => eventWords(event) !== undefined)
    expect(told.map((event) => event.eventName)).toEqual(
      expect.arrayContaining(['taskQueued', 'askOpened', 'askResolved', 'leaseChanged', 'clientsChanged']),
    )
  })

  test.each([
    [{ why: 'claimed', holder: editor } as const, 'held by editor (a3f7b9c2d1e4)'],
    [{ why: 'renewed', holder: other } as const, 'still held by b3f7b9c2d1e4'],
    [
      { why: 'stolen', holder: editor, from: other } as const,
      'taken over from b3f7b9c2d1e4 by editor (a3f7b9c2d1e4)',
    ],
    [{ why: 'released', from: editor } as const, 'released by editor (a3f7b9c2d1e4)'],
    [{ why: 'expired', from: editor } as const, 'the lease of editor (a3f7b9c2d1e4) has expired'],
    [{ why: 'left', from: editor } as const, 'no longer held: editor (a3f7b9c2d1e4) has gone'],
    [{ why: 'closed', from: editor } as const, 'no longer held: it is closed'],
  ])('a lease that is %j', (change, words) => {
    expect(leaseWords(change)).toBe(words)
  })

  test('who comes and who goes stand in one line', () => {
    const client = { clientId: 'c1', name: 'ci\njob', version: '1', role: 'client' }
    const words = (joined: (typeof client)[], left: (typeof client)[]) =>
      eventWords({ eventName: 'clientsChanged', payload: [{ joined, left }] })?.text
    expect(words([client], [client, client])).toBe('connected: ci job (c1); gone: ci job (c1), ci job (c1)')
    expect(words([], [client])).toBe('gone: ci job (c1)')
  })

  test('a place in the queue, and a child', () => {
    const queued: TaskEvent = { eventName: 'taskQueued', payload: [id, { place: 4, priority: 0 }] }
    expect(eventWords(queued)?.text).toBe('waits in the queue, place 4')
    expect(eventWords({ eventName: 'taskSpawned', payload: [id, id] })?.text).toBe('spawned 0000aaaa')
  })
})

describe('a question', () => {
  const lines = () => new WatchLines(new Paint(false, {}), 8)
  const text = (shown: readonly string[]) => shown.map((line) => line.replace(/^.{8} 0000aaaa /, ''))
  const asked: TaskEvent = {
    eventName: 'message',
    payload: [
      {
        taskId: id,
        action: 'created',
        message: { ts: 1, type: 'ask', ask: 'followup', text: '{"question":"Which?","suggest":[]}' },
      },
    ],
  }
  const event = (data: TaskEvent) => ({ ...eventMessage(data), task: id })

  test('is shown once, as the ask that it is', () => {
    const watch = lines()
    expect(watch.of(event(asked))).toEqual([])
    const ask = { id: 'ask-0000bbbb', task: id, kind: 'question', text: 'Which?', askedAt: 0 } as const
    const opened: TaskEvent = { eventName: 'askOpened', payload: [id, ask] }
    expect(text(watch.of(event(opened)))).toEqual(['asks 0000bbbb: Which?'])
    expect(watch.of(event({ eventName: 'taskInteractive', payload: [id] }))).toEqual([])
  })

  test('that is no ask, as a recording has it, comes before what follows it', () => {
    const watch = lines()
    watch.of(event(asked))
    expect(text(watch.of(event({ eventName: 'taskAborted', payload: [id] })))).toEqual([
      'asks: Which?',
      'aborted',
    ])
  })
})

test('what is told of clients has a dash where others have their task', () => {
  const one = { clientId: 'c1', name: 'editor', version: '1', role: 'client' } as const
  const { task: _, ...news } = eventMessage({
    eventName: 'clientsChanged',
    payload: [{ joined: [one], left: [] }],
  })
  const [line = ''] = new WatchLines(new Paint(false, {}), 8).of(news)
  expect(line.slice(8)).toBe(' -        connected: editor (c1)')
})

test('how an ask ended says who answered what, or why nobody did', () => {
  const ended = { id: 'a1' }
  const options = [{ id: 'y', label: 'Yes, do' }]
  const ask = { id: 'a1', task: id, kind: 'approval', text: '?', options, askedAt: 0 } as const
  const answered = { ...ended, outcome: 'answered' } as const
  expect(outcomeWords({ ...answered, option: 'y', by: 'c1' }, ask)).toBe('answered by c1: Yes, do')
  expect(outcomeWords({ ...answered, option: 'y', automatic: true, client: 'x' })).toBe(
    'answered automatically: y',
  )
  expect(outcomeWords({ ...answered, values: { a: 1, b: true } })).toBe('answered: a=1 b=true')
  expect(outcomeWords({ ...answered, text: 'go\non', client: 'x' })).toBe('answered by x: go on')
  expect(outcomeWords({ ...ended, outcome: 'expired' })).toBe('nobody answered in time')
  expect(outcomeWords({ ...ended, outcome: 'withdrawn' })).toBe('no longer asked')
  expect(outcomeWords({ ...ended, outcome: 'interrupted' })).toContain('when its task is resumed')
})
