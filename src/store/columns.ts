/** Columns of a row as what they are. A value of another type is damage: it becomes the type's empty value. */

export type Row = Readonly<Record<string, unknown>>

export function integerOf(row: Row | undefined, column: string): number {
  const value = row?.[column]
  return typeof value === 'number' ? value : 0
}

export function textOf(row: Row | undefined, column: string): string {
  const value = row?.[column]
  return typeof value === 'string' ? value : ''
}

/** The column's own memory, not a copy. */
export function bytesOf(row: Row | undefined, column: string): Buffer {
  const value = row?.[column]
  return value instanceof Uint8Array
    ? Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    : Buffer.alloc(0)
}
