import { once } from 'node:events'
import { createServer, type Server, type Socket, connect as socketTo } from 'node:net'

/** What happens to the replies of the server; what the client says always arrives, except in `silent`. */
export type Weather =
  | { readonly kind: 'fair' }
  /** Every reply is late, by milliseconds. */
  | { readonly kind: 'slow'; readonly by: number }
  /** Nothing arrives, in either direction, and nobody is told. */
  | { readonly kind: 'silent' }
  /**
   * A reply ends after so many bytes, and the connection with it: the next one, or the one behind so many that still
   * arrive whole. With 0 bytes the work is done and nobody hears.
   */
  | { readonly kind: 'cut'; readonly after: number; readonly behind?: number }
  /** Every connection ends at once. */
  | { readonly kind: 'closed' }

/** A way to a server on 127.0.0.1 on which things go wrong when a test says so. */
export class RoughRoad {
  readonly port: number
  weather: Weather = { kind: 'fair' }
  /** The port of the server that new connections lead to. */
  target: number
  /** What becomes of each reply of the server on its way. */
  reword: (reply: Buffer) => Buffer = (reply) => reply
  /** Connections that clients have made, ever. */
  accepted = 0
  /** What went over it: bytes there and back, and how often the server's turn came after the client had heard it. */
  readonly traffic = { sent: 0, received: 0, questions: 0 }
  readonly #server: Server
  readonly #clients = new Set<Socket>()
  readonly #forsaken = new WeakSet<Socket>()

  private constructor(server: Server, port: number, target: number) {
    this.#server = server
    this.port = port
    this.target = target
  }

  static async start(target: number): Promise<RoughRoad> {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    if (typeof address !== 'object' || address === null) throw new TypeError('the road has no port')
    const road = new RoughRoad(server, address.port, target)
    server.on('connection', (client) => road.#carry(client))
    return road
  }

  /** Connections that clients have not let go of. */
  get open(): number {
    return this.#clients.size
  }

  /**
   * Whatever is connected now carries nothing any more, in either direction, and nobody is told; new connections are
   * as the weather is. So it is when the server's machine is replaced by another, or a firewall forgets.
   */
  forsake(): void {
    for (const client of this.#clients) this.#forsaken.add(client)
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #carry(client: Socket): void {
    this.accepted++
    if (this.weather.kind === 'closed') {
      client.destroy()
      return
    }
    this.#clients.add(client)
    const server = socketTo(this.target, '127.0.0.1')
    client
      .on('error', () => {})
      .on('close', () => {
        this.#clients.delete(client)
        server.destroy()
      })
    server.on('error', () => {}).on('close', () => client.destroy())
    let isAnswered = true
    client.on('data', (sent) => {
      this.traffic.sent += sent.length
      if (isAnswered) this.traffic.questions++
      isAnswered = false
      if (this.#forsaken.has(client)) return
      if (this.weather.kind === 'closed') client.destroy()
      else if (this.weather.kind !== 'silent') server.write(sent)
    })
    server.on('data', (reply) => {
      this.traffic.received += reply.length
      isAnswered = true
      this.#deliver(this.reword(reply), client)
    })
  }

  #deliver(reply: Buffer, client: Socket): void {
    const { weather } = this
    if (this.#forsaken.has(client)) return
    if (weather.kind === 'fair') client.write(reply)
    else if (weather.kind === 'slow') setTimeout(() => client.writable && client.write(reply), weather.by)
    else if (weather.kind === 'cut' && weather.behind) {
      this.weather = { ...weather, behind: weather.behind - 1 }
      client.write(reply)
    } else if (weather.kind === 'cut') {
      // One reply only: what the client does next is what there is to see.
      this.weather = { kind: 'fair' }
      client.end(reply.subarray(0, weather.after))
    } else if (weather.kind === 'closed') client.destroy()
  }
}
