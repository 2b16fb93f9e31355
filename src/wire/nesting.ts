/**
 * How deep a frame nests, found before JSON.parse sees it: a deep value costs far more than its bytes in everything
 * that walks it afterwards. Linear time for any input, also for one that is not JSON.
 */

const quote = 0x22
const backslash = 0x5c

/** A string is looked through byte by byte so far; then a native search is cheaper. */
const bytewise = 48

/** True where objects and arrays nest deeper than `depthMax`. Stops at the first place that does. */
export function nestingExceeds(bytes: Buffer, depthMax: number): boolean {
  // Each level costs a byte.
  if (bytes.length <= depthMax) return false
  let depth = 0
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]
    if (byte === quote) {
      at = endOfString(bytes, at + 1)
    } else if (byte === 0x7b || byte === 0x5b) {
      if (++depth > depthMax) return true
    } else if (byte === 0x7d || byte === 0x5d) {
      depth--
    }
  }
  return false
}

/** The place of the quote that ends the string whose inside begins at `from`, or the end of `bytes`. */
function endOfString(bytes: Buffer, from: number): number {
  let at = from
  for (;;) {
    const searchFrom = Math.min(at + bytewise, bytes.length)
    for (; at < searchFrom; at++) {
      const byte = bytes[at]
      if (byte === quote) return at
      if (byte === backslash) at++
    }
    if (at >= bytes.length) return bytes.length
    const found = bytes.indexOf(quote, at)
    if (found === -1) return bytes.length
    if (!isEscaped(bytes, at, found)) return found
    at = found + 1
  }
}

/** Whether an odd run of backslashes, none of them before `from`, stands before `at`. Runs of two quotes never overlap. */
function isEscaped(bytes: Buffer, from: number, at: number): boolean {
  let first = at
  while (first > from && bytes[first - 1] === backslash) first--
  return (at - first) % 2 === 1
}
