import { AssertionError } from 'node:assert'
import type { SessionRecord } from '../codecs/record.js'
import { CookieTooLarge, EngineMisconfigured, EngineUnavailable, RecordRefused } from '../engines/errors.js'
import { type Bench, type EmptyStore, openBench } from './bench.js'

/** One promise of the engine contract. */
export interface Case<Options = never> {
  /** What it is about, in a word or two; the cases of one topic stand together. */
  readonly topic: string
  /** The promise, as a sentence. Letters with a number name the rule behind it. */
  readonly title: string
  /** What an engine, or its store, must have for the promise to mean something. */
  readonly needs?: readonly Need[]
  /** Throws if the engine does not keep the promise. */
  readonly run: (bench: Bench<Options>) => Promise<void>
}

/** What a case needs of an engine or of a store; without it the case is skipped. */
export type Need = keyof typeof needs

interface Condition {
  readonly isMet: (bench: Bench) => boolean
  readonly otherwise: string
}

const needs = {
  revocable: { isMet: isRevocable, otherwise: 'the engine cannot end a session' },
  inCookie: { isMet: (bench) => !isRevocable(bench), otherwise: 'the engine keeps the session itself' },
  shared: {
    isMet: ({ engine }) => engine.capabilities.shared,
    otherwise: 'the engine is of one process only',
  },
  tombstones: {
    isMet: isOursAlone,
    otherwise: 'an application that knows no tombstones uses the same sessions',
  },
  hashedIds: {
    isMet: isOursAlone,
    otherwise: 'ids stand where another application looks for them, as they are',
  },
  codec: { isMet: isOursAlone, otherwise: 'records are written as another application reads them' },
  keyPrefix: { isMet: isOursAlone, otherwise: 'another application knows of no prefix' },
  index: { isMet: ({ engine }) => engine.index !== undefined, otherwise: 'the engine has no `index`' },
  revocations: {
    isMet: ({ engine }) => engine.revocations !== undefined,
    otherwise: 'the engine has no `revocations`',
  },
  lease: { isMet: ({ engine }) => engine.lease !== undefined, otherwise: 'the engine has no `lease`' },
  inspect: { isMet: ({ engine }) => engine.inspect !== undefined, otherwise: 'the engine has no `inspect`' },
  anchorOf: {
    isMet: ({ engine }) => engine.anchorOf !== undefined,
    otherwise: 'the engine has no `anchorOf`',
  },
  store: { isMet: (bench) => bench.store !== undefined, otherwise: 'the engine is not one of `storeEngine`' },
  damage: { isMet: (bench) => bench.damage !== undefined, otherwise: 'the store has no `damage`' },
  dump: { isMet: (bench) => bench.dump !== undefined, otherwise: 'the store has no `dump`' },
  takeDown: { isMet: (bench) => bench.takeDown !== undefined, otherwise: 'the store has no `takeDown`' },
} satisfies Record<string, Condition>

/** Why the case says nothing about the engine on the bench; `undefined` if it does say something. */
export function whyNot<Options>(
  { needs: wanted = [] }: Case<Options>,
  bench: Bench<Options>,
): string | undefined {
  const unmet = wanted.find((need) => !needs[need].isMet(bench))
  return unmet && needs[unmet].otherwise
}

/**
 * Opens an engine on an empty store, tries the case on it, and throws the store away.
 *
 * Answers why the case does not apply to this engine; `undefined` if it does, and the promise is kept.
 *
 * @throws AssertionError, mostly, if the promise is broken; what `open` throws; and an `Error` with the cause where the
 * engine threw what no engine may throw.
 */
export async function runCase<Options = never>(
  one: Case<Options>,
  emptyStore: () => EmptyStore<Options> | Promise<EmptyStore<Options>>,
): Promise<string | undefined> {
  const bench = await openBench(await emptyStore())
  const reason = whyNot(one, bench)
  try {
    if (reason === undefined) await one.run(bench)
  } catch (error) {
    // What a broken engine says when it is closed must not hide what it broke.
    await bench.close().catch(() => {})
    throw explained(error)
  }
  await bench.close()
  return reason
}

/** What an engine may throw, and what a case throws itself. */
const KNOWN = [AssertionError, EngineUnavailable, EngineMisconfigured, RecordRefused, CookieTooLarge]

function explained(error: unknown): unknown {
  if (KNOWN.some((known) => error instanceof known)) return error
  const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  const message =
    `the engine threw ${what}\nA store that cannot answer throws EngineUnavailable, one that refuses a record ` +
    'RecordRefused. Nothing else may be thrown: to Tessera it is no outage, but a fault in the program.'
  return new Error(message, { cause: error })
}

/** The cases of one topic. */
export function about<Options = never>(
  topic: string,
  cases: readonly Omit<Case<Options>, 'topic'>[],
): readonly Case<Options>[] {
  return cases.map((one) => ({ topic, ...one }))
}

/** A record that lives for `seconds` from the bench's now. */
export function record(
  { now }: Pick<Bench, 'now'>,
  data: SessionRecord['data'] = {},
  seconds = 60,
): SessionRecord {
  return { data, createdAt: now, expires: now + seconds * 1000 }
}

/** Whether the engine keeps the session: only then are ids stable, versions counted, and ended sessions gone. */
export function isRevocable({ engine }: Pick<Bench, 'engine'>): boolean {
  return engine.capabilities.revocable
}

/** Whether no other application uses the same sessions. */
export function isOursAlone({ engine }: Pick<Bench, 'engine'>): boolean {
  return engine.capabilities.sharedWith === undefined
}

/**
 * Makes the calls at the same moment, and answers in their order. Each `round` another one is the first to be made: a
 * store that looks now and writes later is caught in one order only.
 */
export async function atOnce<Answer>(
  round: number,
  calls: readonly (() => Promise<Answer>)[],
): Promise<readonly Answer[]> {
  const first = round % calls.length
  const answers = await Promise.all([...calls.slice(first), ...calls.slice(0, first)].map((call) => call()))
  return [...answers.slice(-first), ...answers.slice(0, -first)]
}

/** Lets so much time pass that what one process wrote is seen by every other. */
export function settle(bench: Bench): void {
  bench.now += bench.engine.capabilities.staleFor ?? 0
}
