import fc from 'fast-check'
import { type Action, anEnding, type Ending, someActions } from './actions.js'
import { compare, compareAll, compareStored, type Model } from './agreement.js'
import { Request, type Rules, type World } from './model.js'
import { type Script, type Stage, toldIn } from './stage.js'

export type Command = fc.AsyncCommand<Model, Stage, false>

/** A handler of a browser's request. */
interface Part {
  readonly actions: readonly Action[]
  readonly ending: Ending
}

const told = JSON.stringify

/** A browser sends a request. */
class RequestSession implements Command {
  readonly browser: number
  readonly part: Part
  readonly ask: boolean

  constructor(browser: number, part: Part, ask: boolean) {
    this.browser = browser
    this.part = ask ? part : { ...part, actions: [] }
    this.ask = ask
  }

  check(): boolean {
    return true
  }

  async run(model: Model, stage: Stage): Promise<void> {
    const script = { ...this.part, id: model.jars[this.browser], ask: this.ask }
    const request = new Request(model.world, script.id)
    const happened = await stage.play(script)
    model.jars[this.browser] = await compareAll(model, stage, request, script, happened)
  }

  toString(): string {
    return `browser ${this.browser}${this.ask ? '' : ' without asking'}: ${told(this.part)}`
  }
}

/** Somebody sends an id of long ago, or what never was one. */
class Stranger implements Command {
  readonly which: number | string
  readonly part: Part

  constructor(which: number | string, part: Part) {
    this.which = which
    this.part = part
  }

  check({ world }: Model): boolean {
    return typeof this.which === 'string' || world.held.size > 0
  }

  async run(model: Model, stage: Stage): Promise<void> {
    const ids = [...model.world.held.keys()]
    const id = typeof this.which === 'string' ? this.which : ids[this.which % ids.length]
    const script = { ...this.part, id }
    const request = new Request(model.world, id)
    await compareAll(model, stage, request, script, await stage.play(script))
  }

  toString(): string {
    return `with ${typeof this.which === 'string' ? told(this.which) : `id no. ${this.which}`}: ${told(this.part)}`
  }
}

/** So many milliseconds, or to the end of the session at hand with so many more or less. */
interface While {
  readonly ms: number
  readonly toEnd: boolean
}

/** While a request is under way, another one of its browser comes and goes, and time passes. */
class Overtaken implements Command {
  readonly browser: number
  readonly slow: Part
  readonly quick: Part
  readonly later: While

  constructor(browser: number, slow: Part, quick: Part, later: While) {
    this.browser = browser
    this.slow = slow
    this.quick = quick
    this.later = later
  }

  /**
   * Where the session expires meanwhile, the list of its user may still name it: then `revokeAll` ends it, and `revokeOthers`
   * in the same request is refused. The model does not keep what lists still name.
   */
  check(): boolean {
    const verbs = this.slow.actions.map(({ do: verb }) => verb)
    return !(verbs.includes('revokeAll') && verbs.lastIndexOf('revokeOthers') > verbs.indexOf('revokeAll'))
  }

  async run(model: Model, stage: Stage): Promise<void> {
    const { world, jars } = model
    const id = jars[this.browser]
    const last = this.#lastMoment(world, id)
    const opened = signal()
    const goOn = signal()
    const pause = (): Promise<unknown> => {
      opened.give()
      return goOn.given
    }
    const slow = { ...this.slow, id, pause }
    const slowRequest = new Request(world, id)
    const slowHappened = stage.play(slow)
    try {
      await opened.given
      const quick = { ...this.quick, id }
      const quickRequest = new Request(world, id)
      jars[this.browser] = await compareAll(model, stage, quickRequest, quick, await stage.play(quick))
    } finally {
      const then = this.#then(model, id)
      if (then >= world.now && then < last && mayBe(model, then)) moveClock(model, stage, then)
      goOn.give()
      await slowHappened
    }
    const after = await compareAll(model, stage, slowRequest, slow, await slowHappened)
    if (toldIn(await slowHappened) !== 'nothing') jars[this.browser] = after
  }

  toString(): string {
    return `browser ${this.browser}: ${told(this.slow)}, overtaken by ${told(this.quick)} and ${told(this.later)}`
  }

  /**
   * A user's list may end with the last session in it. Afterwards nobody knows whether the session that asks for the end of
   * the others has ended itself, and there is none to end.
   */
  #lastMoment(world: World, id: string | undefined): number {
    const found = id === undefined ? undefined : world.find(id)
    const asks = this.slow.actions.some(({ do: verb }) => verb === 'revokeOthers')
    return asks && typeof found === 'object' ? found.expires : Number.POSITIVE_INFINITY
  }

  #then({ world }: Model, id: string | undefined): number {
    const found = id === undefined || !this.later.toEnd ? undefined : world.find(id)
    return (typeof found === 'object' ? found.expires : world.now) + this.later.ms
  }
}

/** What one of several requests at the same moment does, if it is not only there to read. */
type End = 'flush' | 'cycleKey' | 'login' | 'revokeAll'

/** Requests of one session at the same moment: each does what no order can change, and one of them may end it. */
class AtOnce implements Command {
  readonly browser: number
  readonly writers: number
  readonly ends: End | undefined

  constructor(browser: number, writers: number, ends: End | undefined) {
    this.browser = browser
    this.writers = writers
    this.ends = ends
  }

  check(): boolean {
    return true
  }

  async run(model: Model, stage: Stage): Promise<void> {
    const id = model.jars[this.browser]
    const everybody = signal()
    let arrived = 0
    const pause = (): Promise<unknown> => {
      if (++arrived === parts.length) everybody.give()
      return everybody.given
    }
    const parts = this.#actions(model.world.rules)
    const played = parts.map(async (actions, place) => {
      const script: Script = { id, actions, ending: 'ok', pause }
      const request = new Request(model.world, id)
      const happened = await stage.play(script)
      // Who was refused came after the one that ended the session, whoever was not came before.
      const refused = happened.answer.status === 400 ? 2 : 0
      return { script, request, happened, turn: place === this.writers ? 1 : refused }
    })
    const known = new Set([id])
    for (const { script, request, happened } of (await Promise.all(played)).sort((a, b) => a.turn - b.turn)) {
      const after = compare(request, script, happened)
      if (toldIn(happened) !== 'nothing') model.jars[this.browser] = after
      known.add(after)
    }
    await compareStored(model, stage, known)
  }

  #actions({ idleTimeout }: Rules): readonly (readonly Action[])[] {
    const writers = Array.from({ length: this.writers }, (_, who): Action[] => [
      { do: 'set', key: `own ${who}`, value: who },
      { do: 'transform', key: 'shared' },
    ])
    // With an idle timeout a reader's touch and a write give different ends, so that their order would count.
    if (this.ends === undefined) return idleTimeout === undefined ? [...writers, []] : writers
    return [...writers, endings[this.ends]]
  }

  toString(): string {
    return `browser ${this.browser}: ${this.writers} at once${this.ends === undefined ? '' : `, and ${this.ends}`}`
  }
}

const endings: Readonly<Record<End, readonly Action[]>> = {
  flush: [{ do: 'flush' }],
  cycleKey: [{ do: 'cycleKey' }],
  login: [{ do: 'login', user: 'ada' }],
  revokeAll: [
    { do: 'revokeAll', user: 'ada' },
    { do: 'set', key: 'revoked', value: 1 },
  ],
}

/** Time passes: so many milliseconds, or until shortly before, at or after the end of some session or mark. */
class Later implements Command {
  readonly by: number
  readonly toEndOf: number | undefined

  constructor(by: number, toEndOf: number | undefined) {
    this.by = by
    this.toEndOf = toEndOf
  }

  check(model: Readonly<Model>): boolean {
    const then = this.#then(model)
    return then !== undefined && then >= model.world.now && mayBe(model, then)
  }

  async run(model: Model, stage: Stage): Promise<void> {
    const then = this.#then(model) ?? model.world.now
    moveClock(model, stage, then)
    await compareStored(model, stage, model.world.held.keys())
  }

  toString(): string {
    return this.toEndOf === undefined ? `${this.by} ms later` : `at end no. ${this.toEndOf} ${this.by} ms`
  }

  #then({ world }: Readonly<Model>): number | undefined {
    if (this.toEndOf === undefined) return world.now + this.by
    const ends = [...world.held.values()].flatMap((held) => {
      if (held === 'ended') return []
      return 'saved' in held ? [held.saved.expires] : [held.supersededUntil]
    })
    const end = ends[this.toEndOf % ends.length]
    return end === undefined ? undefined : end + this.by
  }
}

/** What has expired is cleared away, and nothing else. */
class Sweep implements Command {
  check(): boolean {
    return true
  }

  async run(model: Model, stage: Stage): Promise<void> {
    await stage.site.sessions.clearExpired()
    await compareStored(model, stage, model.world.held.keys())
  }

  toString(): string {
    return 'a sweep'
  }
}

function moveClock({ world }: Model, stage: Stage, now: number): void {
  world.now = now
  stage.site.bench.now = now
}

/** Whether no session is about to end at a moment that a store may have reached by its own clock already. */
function mayBe({ world, backoff }: Readonly<Model>, now: number): boolean {
  return [...world.held.values()].every(
    (held) =>
      held === 'ended' ||
      !('saved' in held) ||
      held.saved.expires <= now ||
      held.saved.expires - now >= backoff,
  )
}

function signal(): { readonly given: Promise<void>; readonly give: () => void } {
  let give = (): void => {}
  const given = new Promise<void>((resolve) => {
    give = resolve
  })
  return { given, give }
}

const browser = fc.nat(2)
const part = fc.record({ actions: someActions, ending: anEnding })
const junk = fc.constantFrom(
  '',
  'abc',
  'u'.repeat(32),
  'U'.repeat(32),
  '../../etc/passwd',
  '"quoted"',
  's1.e1.x.y',
)
const offset = fc.constantFrom(-1, 0, 1)
const aWhile = fc.constantFrom(0, 0, 1, 14_999, 15_000, 29_999, 30_000, 60_000, 100_000)

const meanwhile = fc.oneof(
  aWhile.map((ms): While => ({ ms, toEnd: false })),
  offset.map((ms): While => ({ ms, toEnd: true })),
)

/** A sequence of what may happen to sessions. */
export type History = Iterable<Command>

export function histories(length: number): fc.Arbitrary<History> {
  return fc.commands<Model, Stage, false>(
    [
      fc.tuple(browser, part, fc.constant(true)).map((parts) => new RequestSession(...parts)),
      fc.tuple(browser, part, fc.boolean()).map((parts) => new RequestSession(...parts)),
      fc.tuple(fc.oneof(fc.nat(99), junk), part).map((parts) => new Stranger(...parts)),
      fc.tuple(browser, part, part, meanwhile).map((parts) => new Overtaken(...parts)),
      fc
        .tuple(
          browser,
          fc.integer({ min: 1, max: 4 }),
          fc.constantFrom<End | undefined>(undefined, 'flush', 'cycleKey', 'login', 'revokeAll'),
        )
        .map((parts) => new AtOnce(...parts)),
      fc
        .oneof(fc.tuple(aWhile, fc.constant(undefined)), fc.tuple(offset, fc.nat(99)))
        .map(([by, toEndOf]) => new Later(by, toEndOf)),
      fc.constant(new Sweep()),
    ],
    { maxCommands: length, size: 'max' },
  )
}
