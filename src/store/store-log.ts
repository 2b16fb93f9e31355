/** The part of a logger that the store uses. */
export interface StoreLog {
  warn(fields: object, message: string): void
  info(fields: object, message: string): void
}
