import { describe, expect, test } from 'vitest'
import { Broadcasts } from '../../src/server/broadcasts.ts'
import { ClientOutbox } from '../../src/server/client-outbox.ts'

const slabBytes = 10

function broadcastsWith(slabPoolMax = 4): Broadcasts {
  return new Broadcasts({ slabBytes, slabPoolMax })
}

/** All that waits, as it would be written. */
function drain(outbox: ClientOutbox): string[] {
  const written: string[] = []
  for (let taken = outbox.take(); taken !== undefined; taken = outbox.take())
    written.push(taken.bytes.toString())
  return written
}

describe('what one client is sent', () => {
  test('a client hears what was said to all since it came, slab by slab', () => {
    const broadcasts = broadcastsWith()
    const early = new ClientOutbox(broadcasts, 100)
    broadcasts.append('first')
    const late = new ClientOutbox(broadcasts, 100)
    for (const frame of ['abc', 'defgh', 'ij']) broadcasts.append(frame)
    expect(early.bytes).toBe(15)
    expect(late.bytes).toBe(10)
    expect(drain(early)).toEqual(['firstabc', 'defghij'])
    expect(drain(late)).toEqual(['abc', 'defghij'])
    expect(early.bytes).toBe(0)
  })

  test('what it alone is sent comes where the program said it', () => {
    const broadcasts = broadcastsWith()
    const [one, other] = [new ClientOutbox(broadcasts, 100), new ClientOutbox(broadcasts, 100)]
    one.push(Buffer.from('[1]'))
    broadcasts.append('a')
    one.push(Buffer.from('[2]'))
    one.push(Buffer.from('[3]'))
    broadcasts.append('bcdefghij')
    one.push(Buffer.from('[4]'))
    broadcasts.append('klm')
    expect(one.bytes).toBe(25)
    expect(drain(one)).toEqual(['[1]', 'a', '[2][3]', 'bcdefghij', '[4]', 'klm'])
    expect(one.bytes).toBe(0)
    expect(drain(other).join('')).toBe('abcdefghijklm')
  })

  test('its own frames are written together up to a bound, and one at least', () => {
    const outbox = new ClientOutbox(broadcastsWith(), 4)
    for (const frame of ['aaaaaa', 'bb', 'cc', 'dd']) outbox.push(Buffer.from(frame))
    expect(drain(outbox)).toEqual(['aaaaaa', 'bbcc', 'dd'])
  })

  test('nothing waits for it once it was cleared, and it hears what comes after', () => {
    const broadcasts = broadcastsWith()
    const outbox = new ClientOutbox(broadcasts, 100)
    for (let n = 0; n < 5; n++) broadcasts.append('01234567')
    outbox.push(Buffer.from('own'))
    outbox.clear()
    expect(outbox.bytes).toBe(0)
    broadcasts.append('new')
    expect(drain(outbox)).toEqual(['new'])
  })
})

describe('buffers', () => {
  test('a slab that all have passed is written again', () => {
    const broadcasts = broadcastsWith()
    const [one, other] = [new ClientOutbox(broadcasts, 100), new ClientOutbox(broadcasts, 100)]
    broadcasts.append('0123456789')
    const first = one.take()
    const say = (): void => {
      broadcasts.append('abcdefghij')
      drain(one)
    }
    for (let n = 0; n < 5; n++) say()
    expect(first?.bytes.toString()).toBe('0123456789')
    expect(drain(other)).toEqual(['0123456789', ...Array.from({ length: 5 }, () => 'abcdefghij')])
    for (let n = 0; n < 5; n++) say()
    expect(first?.bytes.toString()).toBe('abcdefghij')
  })

  test('bytes that a socket has not taken stay until it has drained', () => {
    const broadcasts = broadcastsWith()
    const outbox = new ClientOutbox(broadcasts, 100)
    broadcasts.append('0123456789')
    const held = outbox.take()
    if (held === undefined) throw new Error('nothing was taken')
    outbox.hold(held)
    for (let n = 0; n < 5; n++) {
      broadcasts.append('abcdefghij')
      drain(outbox)
    }
    expect(held.bytes.toString()).toBe('0123456789')
    outbox.drained()
    for (let n = 0; n < 5; n++) {
      broadcasts.append('abcdefghij')
      drain(outbox)
    }
    expect(held.bytes.toString()).toBe('abcdefghij')
  })

  test('of two writes that a socket did not take at once only the last is kept', () => {
    const broadcasts = broadcastsWith()
    const outbox = new ClientOutbox(broadcasts, 100)
    const [first, second] = ['0123456789', 'KLMNOPQRST'].map((frame) => {
      broadcasts.append(frame)
      const taken = outbox.take()
      if (taken === undefined) throw new Error('nothing was taken')
      outbox.hold(taken)
      return taken
    })
    for (let n = 0; n < 9; n++) {
      broadcasts.append('abcdefghij')
      drain(outbox)
    }
    expect([first, second].map((taken) => taken?.bytes.toString())).toEqual(['abcdefghij', 'KLMNOPQRST'])
  })

  test('what waits for a client that leaves is never overwritten', () => {
    const broadcasts = broadcastsWith()
    const [leaving, staying] = [new ClientOutbox(broadcasts, 100), new ClientOutbox(broadcasts, 100)]
    broadcasts.append('0123456789')
    leaving.push(Buffer.from('own'))
    leaving.push(Buffer.from('more'))
    broadcasts.append('KLMNOP')
    const left = leaving.leave()
    for (let n = 0; n < 9; n++) {
      broadcasts.append('abcdefghij')
      drain(staying)
    }
    expect(left.map(String)).toEqual(['0123456789', 'ownmore', 'KLMNOP'])
  })

  test('what a client that leaves has not heard keeps no slab from being written again', () => {
    const broadcasts = broadcastsWith()
    const [leaving, staying] = [new ClientOutbox(broadcasts, 100), new ClientOutbox(broadcasts, 100)]
    broadcasts.append('0123456789')
    drain(leaving)
    leaving.leave()
    const passed = staying.take()
    for (let n = 0; n < 5; n++) {
      broadcasts.append('abcdefghij')
      drain(staying)
    }
    expect(passed?.bytes.toString()).toBe('abcdefghij')
  })

  test('a socket that has drained lets go once, and of nothing that another holds', () => {
    const broadcasts = broadcastsWith()
    const [quick, slow] = [new ClientOutbox(broadcasts, 100), new ClientOutbox(broadcasts, 100)]
    const hold = (outbox: ClientOutbox): Buffer => {
      const taken = outbox.take()
      if (taken === undefined) throw new Error('nothing was taken')
      outbox.hold(taken)
      return taken.bytes
    }
    broadcasts.append('0123456789')
    hold(quick)
    quick.drained()
    broadcasts.append('KLMNOPQRST')
    hold(quick)
    const held = hold(slow)
    for (let n = 0; n < 9; n++) {
      broadcasts.append('abcdefghij')
      drain(quick)
      drain(slow)
    }
    expect(held.toString()).toBe('0123456789')
  })
})
