/** What visitors have found so far. All but `requests` is to stay at nothing. */
export interface Tally {
  requests: number
  /** Updates that were answered with 200, and are not there. */
  lost: number
  /** Sessions that were ended, and lead somewhere. */
  undone: number
  /** Answers to visitors who were somebody, and were taken for nobody. */
  nobody: number
  /** How many requests were answered with each status that is not 200. */
  readonly refused: Record<string, number>
}

/** A server that requests can be sent to. */
export interface Target {
  readonly url: string
  /** Requests that it has not answered yet. */
  underWay: number
}

interface Answer {
  readonly status: number
  readonly cookie: string | undefined
  readonly user: string | null
  readonly count: number
}

/** How many requests of one visitor are under way at the same moment. */
const AT_ONCE = 3

/**
 * A visitor who logs in, counts in the session, gets new ids, logs out and ends sessions from elsewhere, and who is sent
 * to another server each time.
 */
export class RollingVisitor {
  readonly #servers: readonly Target[]
  readonly #result: Tally
  readonly #user = crypto.randomUUID()
  /** Cookies of sessions that were ended. */
  readonly #ended: string[] = []
  #cookie = ''
  /** What was answered with 200 so far. */
  #count = 0

  constructor(servers: readonly Target[], result: Tally) {
    this.#servers = servers
    this.#result = result
  }

  async visit(isOver: () => boolean): Promise<void> {
    await this.#logIn()
    while (!isOver()) {
      await this.#act(Math.random())
    }
  }

  /** Looks once more at everything, when nothing is under way. */
  async check(): Promise<void> {
    await this.#look()
    for (const cookie of this.#ended) await this.#lookAtEnded(cookie)
  }

  async #act(chance: number): Promise<void> {
    if (chance < 0.6) return this.#add()
    if (chance < 0.75) return this.#look()
    if (chance < 0.87) return this.#turn()
    if (chance < 0.95) return this.#end('/out')
    return this.#endFromElsewhere()
  }

  async #logIn(): Promise<void> {
    this.#count = 0
    this.#cookie = (await this.#ask(`/in?user=${this.#user}`, '')).cookie ?? ''
  }

  async #add(): Promise<void> {
    const answers = await Promise.all(Array.from({ length: AT_ONCE }, () => this.#ask('/add', this.#cookie)))
    const done = answers.filter(({ status }) => status === 200)
    // Whoever reads as nobody counts in a session of their own.
    const asNobody = done.filter(({ user }) => user !== this.#user).length
    this.#result.nobody += asNobody
    this.#count += done.length - asNobody
  }

  async #look(): Promise<void> {
    const { status, user, count } = await this.#ask('/who', this.#cookie)
    if (status !== 200) return
    if (user !== this.#user) this.#result.nobody++
    else this.#result.lost += Math.abs(this.#count - count)
  }

  async #turn(): Promise<void> {
    const { status, cookie, user } = await this.#ask('/turn', this.#cookie)
    if (user === null && status === 200) this.#result.nobody++
    if (status !== 200 || cookie === undefined) return
    this.#ended.push(this.#cookie)
    this.#cookie = cookie
  }

  async #end(path: '/out' | '/revoke'): Promise<void> {
    const cookie = this.#cookie
    const { status } = await this.#ask(path, cookie)
    if (status !== 200) return
    this.#ended.push(cookie)
    await this.#lookAtEnded(cookie)
    await this.#logIn()
  }

  /** Two sessions of the user, of which one ends both. */
  async #endFromElsewhere(): Promise<void> {
    const other = (await this.#ask(`/in?user=${this.#user}`, '')).cookie ?? ''
    const cookie = this.#cookie
    const { status } = await this.#ask('/revoke', other)
    if (status !== 200) return
    for (const each of [cookie, other]) {
      this.#ended.push(each)
      await this.#lookAtEnded(each)
    }
    await this.#logIn()
  }

  async #lookAtEnded(cookie: string): Promise<void> {
    const { status, user } = await this.#ask('/who', cookie)
    if (status === 200 && user !== null) this.#result.undone++
  }

  async #ask(path: string, cookie: string): Promise<Answer> {
    const server = this.#servers[Math.floor(Math.random() * this.#servers.length)]
    if (server === undefined) throw new Error('there is no server')
    server.underWay++
    try {
      const response = await fetch(`${server.url}${path}`, { headers: { cookie } })
      this.#result.requests++
      const { status } = response
      if (status !== 200) this.#result.refused[status] = (this.#result.refused[status] ?? 0) + 1
      const [set] = response.headers.getSetCookie()
      const { user = null, count = 0 } = status === 200 ? ((await response.json()) as Answer) : {}
      if (status !== 200) await response.text()
      return { status, cookie: set?.split(';')[0], user, count }
    } finally {
      server.underWay--
    }
  }
}
