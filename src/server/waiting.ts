/**
 * Messages to single clients that wait in an IpcServer, counted over all clients. Broadcasts are not counted: all clients
 * share their bytes, and none may be further behind than its own bound, so that they cost that bound once.
 */
export class Waiting<Client> {
  readonly #bytesOf = new Map<Client, number>()
  #bytes = 0

  /** Over all clients. */
  get bytes(): number {
    return this.#bytes
  }

  of(client: Client): number {
    return this.#bytesOf.get(client) ?? 0
  }

  set(client: Client, bytes: number): void {
    this.#bytes += bytes - this.of(client)
    if (bytes === 0) this.#bytesOf.delete(client)
    else this.#bytesOf.set(client, bytes)
  }

  /** Whom the most waits for; undefined where nothing waits for anybody. */
  most(): Client | undefined {
    let most: Client | undefined
    let mostBytes = 0
    for (const [client, bytes] of this.#bytesOf) {
      if (bytes <= mostBytes) continue
      most = client
      mostBytes = bytes
    }
    return most
  }
}
