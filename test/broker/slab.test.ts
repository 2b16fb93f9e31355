import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SlabChain, SlabPool } from '../../src/broker/slab.ts'
import type { Slab, SlabAccount } from '../../src/broker/slab.ts'

const slabBytes = 32

function emptyChain(coversAfter = 0): { chain: SlabChain; account: SlabAccount; pool: SlabPool } {
  const account = { bytes: 0 }
  const pool = new SlabPool(slabBytes, 4)
  return { chain: new SlabChain(pool, account, coversAfter), account, pool }
}

function slabsOf(chain: SlabChain): Slab[] {
  const slabs: Slab[] = []
  for (let slab: Slab | undefined = chain.first; slab !== undefined; slab = slab.next) slabs.push(slab)
  return slabs
}

/** What a reader at this place would be given. */
function read(place: { slab: Slab; offset: number }): string {
  let text = ''
  let { offset } = place
  for (let slab: Slab | undefined = place.slab; slab !== undefined; slab = slab.next) {
    text += slab.bytes.toString('latin1', offset, slab.used)
    offset = 0
  }
  return text
}

interface Frame {
  readonly seq: number
  readonly text: string
}

type Step =
  | { readonly kind: 'append'; readonly skip: number; readonly length: number }
  | { readonly kind: 'undone'; readonly lengths: readonly number[] }
  | { readonly kind: 'dropFirst' }
  | { readonly kind: 'clear' }

const steps = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        kind: fc.constant('append' as const),
        skip: fc.nat(3),
        length: fc.integer({ min: 1, max: 80 }),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('undone' as const),
        lengths: fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 4 }),
      }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('dropFirst' as const) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('clear' as const) }) },
  ),
  { maxLength: 60 },
)

describe('a chain beside a plain array', () => {
  test('gives every reader what it asks for, and counts its bytes', () => {
    fc.assert(fc.property(steps, fc.nat(1_000), (history, salt) => compare(history, salt)))
  })

  function compare(history: readonly Step[], salt: number): void {
    const { chain, account } = emptyChain()
    let kept: Frame[] = []
    let seq = 0
    for (const [index, step] of history.entries()) {
      if (step.kind === 'append') {
        seq += 1 + step.skip
        const text = String.fromCharCode(97 + ((index + salt) % 26)).repeat(step.length)
        chain.append(text, seq, 't', 'n')
        kept.push({ seq, text })
      } else if (step.kind === 'undone') {
        const undo = chain.checkpoint()
        for (const [more, length] of step.lengths.entries())
          chain.append('!'.repeat(length), seq + more + 1, 't', 'n')
        undo()
      } else {
        if (step.kind === 'dropFirst') chain.dropFirst()
        else chain.clear()
        kept = kept.filter((frame) => frame.seq > chain.coversAfter)
      }
      expect(account.bytes).toBe(slabsOf(chain).reduce((sum, slab) => sum + slab.bytes.length, 0))
      expect(chain.last).toBe(slabsOf(chain).at(-1))
      const whole = kept.map(({ text }) => text).join('')
      expect(read({ slab: chain.first, offset: 0 })).toBe(whole)
      for (let after = chain.coversAfter; after <= seq + 1; after++) {
        const expected = kept.filter((frame) => frame.seq > after).map(({ text }) => text)
        expect(read(chain.seek(after))).toBe(expected.join(''))
        expect(chain.bytesAfter(after)).toBe(expected.join('').length)
      }
    }
  }
})

// bound: slabBytes
test('frames fill a slab to its last byte; one that is a byte longer begins the next', () => {
  for (const [second, slabs] of [
    [slabBytes - 20, [slabBytes]],
    [slabBytes - 19, [slabBytes, slabBytes]],
  ] as const) {
    const { chain } = emptyChain()
    chain.append('x'.repeat(20), 1, 't', 'n')
    chain.append('y'.repeat(second), 2, 't', 'n')
    expect(slabsOf(chain).map((slab) => slab.bytes.length)).toEqual(slabs)
  }
})

// bound: slabBytes
test('a frame larger than a slab gets a slab of its own, which is not kept for reuse', () => {
  const { chain, account, pool } = emptyChain()
  chain.append('x'.repeat(100), 1, 't', 'n')
  chain.append('y', 2, 't', 'n')
  expect(slabsOf(chain).map((slab) => slab.bytes.length)).toEqual([100, slabBytes])
  chain.dropFirst()
  expect(account.bytes).toBe(slabBytes)
  expect(pool.take(1).length).toBe(slabBytes)
})

test('a frame of characters beyond ASCII fills a slab to its last byte, and one byte more takes another', () => {
  for (const [more, slabs] of [
    ['', 1],
    ['x', 2],
  ] as const) {
    const { chain } = emptyChain()
    const first = 'y'.repeat(slabBytes - 4)
    chain.append(first, 1, 't', 'n')
    chain.append(`éé${more}`, 2, 't', 'n')
    expect(slabsOf(chain).map((slab) => slab.rest(0).toString())).toEqual(
      slabs === 1 ? [`${first}éé`] : [first, `éé${more}`],
    )
  }
})

test('the bytes of a frame of characters beyond ASCII are counted, not its characters', () => {
  const { chain } = emptyChain()
  chain.append('é€😀\ud800', 1, 't', 'n')
  expect(chain.last.rest(0).toString()).toBe('é€😀\ufffd')
  expect(chain.end).toBe(2 + 3 + 4 + 3)
})

test('a slab that a socket holds is not written again until it is let go', () => {
  const { chain, pool } = emptyChain()
  chain.append('a'.repeat(30), 1, 't', 'n')
  const slab = chain.first
  const held = slab.bytes
  slab.hold()
  slab.hold()
  chain.append('b'.repeat(30), 2, 't', 'n')
  chain.dropFirst()
  slab.release()
  expect(pool.take(1)).not.toBe(held)
  expect(held.toString('latin1', 0, 30)).toBe('a'.repeat(30))
  slab.release()
  expect(pool.take(1)).toBe(held)
})

// bound: slabPoolMax
test('the pool keeps no more free slabs than it may', () => {
  const pool = new SlabPool(slabBytes, 2)
  const buffers = [pool.take(1), pool.take(1), pool.take(1)]
  for (const buffer of buffers) pool.giveBack(buffer)
  expect([pool.take(1), pool.take(1)].every((one) => buffers.includes(one))).toBe(true)
  expect(buffers.includes(pool.take(1))).toBe(false)
})

test('who had read a dropped slab to its end goes on before the next frame of its chain', () => {
  const { chain } = emptyChain(5)
  chain.append('a'.repeat(30), 10, 't', 'n')
  const slab = chain.first
  chain.append('b'.repeat(30), 20, 't', 'n')
  expect(chain.coversAfter).toBe(5)
  chain.dropFirst()
  expect({ dropped: slab.dropped, resumeAfter: slab.resumeAfter, covers: chain.coversAfter }).toEqual({
    dropped: true,
    resumeAfter: 19,
    covers: 19,
  })
})

test('a reader that stood at the beginning while frames came takes none of them away when it goes on', () => {
  const { chain } = emptyChain()
  const place = chain.seek(0)
  place.slab.readers++
  for (const seq of [1, 2]) chain.append('a'.repeat(20), seq, 't', 'n')
  place.slab.readers--
  chain.append('a'.repeat(20), 3, 't', 'n')
  expect(chain.coversAfter).toBe(0)
  expect(read(chain.seek(0))).toBe('a'.repeat(60))
})
