import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { SessionRecord } from '../../src/index.js'
import { type Action, anEnding, type Ending, someActions } from './actions.js'
import { Request, type Saved, type World } from './model.js'
import { follow, type Happened, type Script, type Stage, toldIn } from './stage.js'

/** What the model knows besides the sessions: the cookies of three browsers. */
export interface Model {
  readonly world: World
  readonly jars: (string | undefined)[]
  /** Milliseconds before a moment at which nothing may be written, where the store counts down in real time. */
  readonly patience: number
}

export type Command = fc.AsyncCommand<Model, Stage, false>

/** A handler of a browser's request. */
interface Part {
  readonly actions: readonly Action[]
  readonly ending: Ending
}

const told = JSON.stringify

/** The model does what was done, and both must agree on the answer. Answers the id that the browser has now. */
function compare(request: Request, script: Script, happened: Happened): string | undefined {
  const expected = follow(request, script, happened)
  assert.deepEqual({ status: happened.answer.status, told: toldIn(happened) }, expected)
  if (expected.told === 'nothing') return script.id
  return expected.told === 'removal' ? undefined : expected.told.id
}

/** The same, and both must agree on what is stored. */
async function compareAll(
  model: Model,
  stage: Stage,
  request: Request,
  script: Script,
  happened: Happened,
): Promise<string | undefined> {
  const after = compare(request, script, happened)
  for (const id of new Set([script.id, ...happened.saved, after])) await compareStored(model, stage, id)
  return after
}

/** What the store holds under the id is what the model says: alive with this data and this end, moved, or dead. */
export async function compareStored({ world }: Model, stage: Stage, id: string | undefined): Promise<void> {
  if (id === undefined) return
  const loaded = await stage.site.stored(id)
  const found = world.find(id)
  const held = loaded.kind === 'found' ? withoutRenewal(loaded.record) : loaded.kind
  assert.deepEqual(held, found === undefined ? 'missing' : found === 'superseded' ? found : recordOf(found))
}

/** When an id was given is no promise to anybody. */
function withoutRenewal({ renewedAt: _, ...record }: SessionRecord): object {
  return record
}

function recordOf({ data, createdAt, expires, expiry }: Saved): object {
  const record = { data: Object.fromEntries(data), createdAt, expires }
  if (expiry === undefined) return record
  return { ...record, expiry: 'moment' in expiry ? new Date(expiry.moment).toISOString() : expiry.seconds }
}

/** A browser sends a request. */
class Visit implements Command {
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

  check(): boolean {
    return true
  }

  async run(model: Model, stage: Stage): Promise<void> {
    const { world, jars } = model
    const id = jars[this.browser]
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
      if (then >= world.now && mayBe(model, then)) moveClock(model, stage, then)
      goOn.give()
      await slowHappened
    }
    const after = await compareAll(model, stage, slowRequest, slow, await slowHappened)
    if (toldIn(await slowHappened) !== 'nothing') jars[this.browser] = after
  }

  toString(): string {
    return `browser ${this.browser}: ${told(this.slow)}, overtaken by ${told(this.quick)} and ${told(this.later)}`
  }

  #then({ world }: Model, id: string | undefined): number {
    const found = id === undefined || !this.later.toEnd ? undefined : world.find(id)
    return (typeof found === 'object' ? found.expires : world.now) + this.later.ms
  }
}

/** Requests of one session at the same moment: each does what no order can change, and one of them may end it. */
class AtOnce implements Command {
  readonly browser: number
  readonly writers: number
  readonly ends: 'flush' | 'cycleKey' | undefined

  constructor(browser: number, writers: number, ends: 'flush' | 'cycleKey' | undefined) {
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
      if (++arrived === this.writers + 1) everybody.give()
      return everybody.given
    }
    const played = this.#actions().map(async (actions, place) => {
      const script: Script = { id, actions, ending: 'ok', pause }
      const request = new Request(model.world, id)
      const happened = await stage.play(script)
      // Who was refused came after the one that ended the session, whoever was not came before.
      const refused = happened.answer.status === 400 ? 2 : 0
      return { script, request, happened, turn: place === this.writers ? 1 : refused }
    })
    for (const { script, request, happened } of (await Promise.all(played)).sort((a, b) => a.turn - b.turn)) {
      const after = compare(request, script, happened)
      if (toldIn(happened) !== 'nothing') model.jars[this.browser] = after
    }
    for (const known of [id, model.jars[this.browser]]) await compareStored(model, stage, known)
  }

  #actions(): readonly (readonly Action[])[] {
    const writers = Array.from({ length: this.writers }, (_, who): Action[] => [
      { do: 'set', key: `own ${who}`, value: who },
      { do: 'transform', key: 'shared' },
    ])
    return [...writers, this.ends === undefined ? [] : [{ do: this.ends }]]
  }

  toString(): string {
    return `browser ${this.browser}: ${this.writers} at once${this.ends === undefined ? '' : `, and ${this.ends}`}`
  }
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
    for (const id of model.world.held.keys()) await compareStored(model, stage, id)
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
    for (const id of model.world.held.keys()) await compareStored(model, stage, id)
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
function mayBe({ world, patience }: Readonly<Model>, now: number): boolean {
  return [...world.held.values()].every(
    (held) =>
      held === 'ended' ||
      !('saved' in held) ||
      held.saved.expires <= now ||
      held.saved.expires - now >= patience,
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
const aWhile = fc.constantFrom(0, 0, 1, 1000, 29_999, 30_000, 60_000, 100_000)

const meanwhile = fc.oneof(
  aWhile.map((ms): While => ({ ms, toEnd: false })),
  offset.map((ms): While => ({ ms, toEnd: true })),
)

/** Sequences of what may happen to sessions. */
export function histories(length: number): fc.Arbitrary<Iterable<Command>> {
  return fc.commands<Model, Stage, false>(
    [
      fc.tuple(browser, part, fc.constant(true)).map((parts) => new Visit(...parts)),
      fc.tuple(browser, part, fc.boolean()).map((parts) => new Visit(...parts)),
      fc.tuple(fc.oneof(fc.nat(99), junk), part).map((parts) => new Stranger(...parts)),
      fc.tuple(browser, part, part, meanwhile).map((parts) => new Overtaken(...parts)),
      fc
        .tuple(
          browser,
          fc.integer({ min: 1, max: 4 }),
          fc.constantFrom(undefined, 'flush' as const, 'cycleKey' as const),
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
