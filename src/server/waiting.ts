/** What waits for the clients of an IpcServer, counted over all of them. */
export class Waiting<Client> {
  readonly #bytesOf = new Map<Client, number>()
  #bytes = 0

  /** Over all clients. */
  get bytes(): number {
    return this.#bytes
  }

  set(client: Client, bytes: number): void {
    this.#bytes += bytes - (this.#bytesOf.get(client) ?? 0)
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
