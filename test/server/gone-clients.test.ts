/** What is left of a client of an IpcServer that has gone: nothing, and nothing of it counts. */
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { isCollected } from '../collected.ts'
import { accepting, frameOf, ScriptedLink } from './scripted-links.ts'

type Accepting = ReturnType<typeof accepting>

/** Ends a link in one way, after it was sent something that it took and something that it did not. */
function gone({ accept, clients, ids }: Accepting, how: 'by itself' | 'by the server'): WeakRef<object> {
  const link = accept(new ScriptedLink())
  const frame = Buffer.from(frameOf('a'))
  clients.send(ids.at(-1) ?? '', frame)
  link.stick()
  clients.send(ids.at(-1) ?? '', frame)
  link.goOn()
  if (how === 'by the server') void clients.drain()
  link.handlers?.closed()
  return new WeakRef(link)
}

describe('a client that has gone', () => {
  test.each(['by itself', 'by the server'] as const)('%s is collected, and its machine', async (how) => {
    const at = accepting()
    const refs = [gone(at, how), ...at.actors]
    expect(refs).toHaveLength(2)
    expect(at.told).toEqual(['connected', 'disconnected'])
    for (const ref of refs) await expect.poll(() => isCollected(ref)).toBe(true)
    expect(at.clients.send('nobody', Buffer.from('a'))).toBe(false)
  })

  test('leaves no timer of the end of its link', () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const { accept, clients } = accepting()
    const link = accept(new ScriptedLink())
    void clients.drain()
    expect([link.end.mock.calls.length, vi.getTimerCount()]).toEqual([1, 1])
    link.handlers?.closed()
    expect(vi.getTimerCount()).toBe(0)
  })

  // bound: unfinishedBytesMax
  test('takes its unfinished frame out of what all together may hold', () => {
    const { accept } = accepting({ unfinishedBytesMax: 100 })
    const [left, other] = [accept(new ScriptedLink()), accept(new ScriptedLink())]
    const unfinished = (bytes: number): Buffer => Buffer.from(`{"a":"${'x'.repeat(bytes - 6)}`)
    left.handlers?.data(unfinished(50))
    left.handlers?.closed()
    other.handlers?.data(unfinished(60))
    expect(other.destroy).not.toHaveBeenCalled()
    other.handlers?.data(unfinished(50))
    expect(other.destroy).toHaveBeenCalledOnce()
  })
})
