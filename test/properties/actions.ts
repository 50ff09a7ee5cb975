import fc from 'fast-check'
import type { Session } from '../../src/index.js'

/** What a handler does to its session, one thing after the other. */
export type Action =
  | { readonly do: 'set'; readonly key: string; readonly value: number | Counter }
  | { readonly do: 'delete' | 'transform' | 'change in place'; readonly key: string }
  | { readonly do: 'clear' | 'cycleKey' | 'flush' | 'save' }
  /** Seconds, null, or the moment so many milliseconds from now. */
  | { readonly do: 'setExpiry'; readonly to: number | null | { readonly in: number } }

/** Something that can be changed in place. */
export interface Counter {
  readonly n: number
}

/** How the handler ends. */
export type Ending = 'ok' | 'status 500' | 'throw 500' | 'throw 409'

/** What `transform` is given. */
export const increment = (value: unknown): number => (typeof value === 'number' ? value + 1 : 1)

export const isCounter = (value: unknown): value is Counter => typeof value === 'object' && value !== null

/** Acts, and answers the ids that the session had after each `save()`. What a save throws ends the handler. */
export async function act(
  session: Session,
  actions: readonly Action[],
  now: () => number,
  saved: (string | undefined)[],
): Promise<void> {
  for (const action of actions) {
    switch (action.do) {
      case 'set':
        session.set<string>(action.key, structuredClone(action.value))
        break
      case 'delete':
        session.delete(action.key)
        break
      case 'transform':
        session.transform<string>(action.key, increment)
        break
      case 'change in place': {
        const value = session.get<string>(action.key)
        if (isCounter(value)) Object.assign(value, { n: value.n + 1 })
        break
      }
      case 'setExpiry':
        session.setExpiry(momentOf(action.to, now()))
        break
      case 'save':
        await session.save()
        saved.push(session.id)
        break
      default:
        session[action.do]()
    }
  }
}

/** What `setExpiry` is given. */
export function momentOf(to: number | null | { readonly in: number }, now: number): number | Date | null {
  return typeof to === 'object' && to !== null ? new Date(now + to.in) : to
}

const key = fc.constantFrom('a', 'b', 'c', '__proto__')
const value = fc.oneof(
  fc.nat(9),
  fc.nat(9).map((n): Counter => ({ n })),
)

/**
 * No life is shorter than half a minute: stores that count down by themselves do so in real time, which a test that
 * holds the clock must not run into.
 */
const expiry = fc.oneof(
  fc.constantFrom(30, 30.5, 300, 0, null, -10),
  fc.record({ in: fc.constantFrom(45_000, 45_001, 200_000, 0, -1) }),
)

const oneKey = (verb: 'delete' | 'transform' | 'change in place') => fc.record({ do: fc.constant(verb), key })
const whole = (verb: 'clear' | 'cycleKey' | 'flush' | 'save') => fc.record({ do: fc.constant(verb) })

const anAction: fc.Arbitrary<Action> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('set' as const), key, value }) },
  { weight: 2, arbitrary: oneKey('transform') },
  { weight: 2, arbitrary: oneKey('change in place') },
  oneKey('delete'),
  { weight: 2, arbitrary: whole('save') },
  { weight: 2, arbitrary: whole('cycleKey') },
  whole('flush'),
  whole('clear'),
  { weight: 2, arbitrary: fc.record({ do: fc.constant('setExpiry' as const), to: expiry }) },
)

export const someActions = fc.array(anAction, { maxLength: 4 })

export const anEnding: fc.Arbitrary<Ending> = fc.oneof(
  { weight: 6, arbitrary: fc.constant('ok' as const) },
  fc.constantFrom('status 500', 'throw 500', 'throw 409'),
)
