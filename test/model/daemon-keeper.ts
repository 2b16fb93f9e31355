/** The daemon of many histories: killed and started again in the same home. */
import { DaemonPlace, startDaemonProcess } from '../daemon/daemon-process.ts'
import type { DaemonProcess } from '../daemon/daemon-process.ts'

export class DaemonKeeper implements AsyncDisposable {
  readonly place = new DaemonPlace()
  readonly #config: object
  #daemon: DaemonProcess | undefined

  private constructor(config: object) {
    this.#config = config
  }

  static async start(config: object): Promise<DaemonKeeper> {
    const keeper = new DaemonKeeper(config)
    await keeper.#start()
    return keeper
  }

  get socketPath(): string {
    return this.place.socketPath
  }

  /** `kill -9`. */
  async kill(): Promise<void> {
    const end = await this.#daemon?.kill('SIGKILL')
    if (end !== 'SIGKILL') throw new Error(`the daemon had ended by itself (${end}): ${this.#daemon?.log}`)
  }

  async startAgain(): Promise<void> {
    await this.#start()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#daemon?.[Symbol.asyncDispose]()
    this.place.remove()
  }

  async #start(): Promise<void> {
    this.#daemon = await startDaemonProcess({ place: this.place, config: this.#config })
  }
}
