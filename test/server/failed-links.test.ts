/** Links of an IpcServer that fail, or that do not take what is written: what is let go with them, and when. */
import { describe, expect, test } from 'vitest'
import { accepting, frameOf, ScriptedLink, slabBytes } from './scripted-links.ts'

describe('a link that throws', () => {
  test('takes its client with it: it is told as gone, destroyed, and not waited for', async () => {
    const { clients, told, log, accept } = accepting()
    const link = new ScriptedLink()
    link.resume.mockImplementation(() => {
      throw new Error('this test throws')
    })
    accept(link)
    expect(told).toEqual(['connected', 'disconnected'])
    expect(link.destroy).toHaveBeenCalledOnce()
    expect(log).toHaveBeenCalledWith(expect.stringContaining('this test throws'))
    await clients.drain()
  })
})

test('a link that comes while the server closes is refused', async () => {
  const { clients, told, accept } = accepting()
  await clients.drain()
  const link = accept(new ScriptedLink())
  expect(link.destroy).toHaveBeenCalledOnce()
  expect(told).toEqual([])
})

describe('a link that does not take what is written', () => {
  test('keeps its bytes as they are after its client has gone, and gives them back when it has taken them', () => {
    const { accept, say } = accepting()
    const [link] = [accept(new ScriptedLink()), accept(new ScriptedLink())]
    link.stick()
    say('a', 1)
    const [held] = link.written
    link.handlers?.ended()
    say('b', 5)
    expect(held?.toString()).toBe(frameOf('a'))
    link.goOn()
    say('c', 5)
    expect(held?.toString()).toBe(frameOf('c'))
  })

  test('keeps nothing of what waited for its client once that is closed', () => {
    const { told, accept, say } = accepting({ serverOutboxBytesMax: 2 * slabBytes })
    const [mute, reader] = [accept(new ScriptedLink()), accept(new ScriptedLink())]
    mute.stick()
    say('a', 1)
    say('b', 2)
    const waited = reader.written.slice(1)
    say('c', 5)
    expect(told).toEqual(['connected', 'connected', 'disconnected'])
    expect(waited.map(String)).toContain(frameOf('c'))
  })

  test('is ended by a server that closes as soon as it has taken the rest', async () => {
    const { clients, told, accept, say } = accepting()
    const link = accept(new ScriptedLink())
    link.stick()
    say('a', 1)
    say('b', 2)
    const closed = clients.drain()
    expect(told).toEqual(['connected', 'disconnected'])
    expect(link.end).not.toHaveBeenCalled()
    link.goOn()
    expect(Buffer.concat(link.written).toString()).toBe(`${frameOf('a')}${frameOf('b').repeat(2)}`)
    expect(link.end).toHaveBeenCalledOnce()
    await closed
  })

  test('is closed once for what the program says to it as it connects', () => {
    const link = new ScriptedLink()
    const at = accepting(
      { serverOutboxesBytesMax: 10 },
      {
        connected(clientId) {
          link.stick()
          for (let time = 0; time < 2; time++) at.clients.send(clientId, Buffer.from(frameOf('a')))
        },
      },
    )
    at.log.mockImplementation((line) => {
      const times = at.log.mock.calls.filter(([earlier]) => earlier === line).length
      if (times > 1) throw new Error(`logged twice: ${String(line)}`)
    })
    at.accept(link)
    const shed = at.log.mock.calls.filter(([line]) => String(line).includes('does not take what is sent'))
    expect(shed).toHaveLength(1)
    expect(link.destroy).toHaveBeenCalledOnce()
    expect(at.told).toEqual(['disconnected'])
  })
})
