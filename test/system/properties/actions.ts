import fc from 'fast-check'
import type { Session, Sessions } from '../../../src/lib/index.js'

/** What a handler does to its session, one thing after the other. */
export type Action =
  | { readonly do: 'set'; readonly key: string; readonly value: number | Counter }
  | { readonly do: 'delete' | 'transform' | 'change in place'; readonly key: string }
  /** Changes the object that the handler itself has set last under the key, wherever it is now. */
  | { readonly do: 'change own'; readonly key: string }
  | { readonly do: 'clear' | 'cycleKey' | 'flush' | 'save' | 'logout' }
  /** Leaves a flash message, or takes all. */
  | { readonly do: 'leave'; readonly message: number }
  | { readonly do: 'take' }
  | { readonly do: 'login'; readonly user: string }
  /** From this request, the other sessions of whoever is logged in, or all of a user; where there is a index. */
  | { readonly do: 'revokeOthers' }
  | { readonly do: 'revokeAll'; readonly user: string }
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

/**
 * What a handler learnt: the ids that its session had after each `save()`, how many sessions each revocation ended, and the
 * flash messages that it took each time.
 */
export interface Learnt {
  readonly saved: (string | undefined)[]
  readonly revoked: (number | undefined)[]
  readonly taken: (readonly unknown[])[]
}

/** Acts. What a save throws ends the handler. */
export async function act(
  session: Session,
  sessions: Sessions,
  actions: readonly Action[],
  now: () => number,
  { saved, revoked, taken }: Learnt,
): Promise<void> {
  const own = new Map<string, unknown>()
  for (const action of actions) {
    switch (action.do) {
      case 'set':
        own.set(action.key, structuredClone(action.value))
        session.set<string>(action.key, own.get(action.key))
        break
      case 'change own':
        changeInPlace(own.get(action.key))
        break
      case 'delete':
        session.delete(action.key)
        break
      case 'transform':
        session.transform<string>(action.key, increment)
        break
      case 'change in place':
        changeInPlace(session.get<string>(action.key))
        break
      case 'setExpiry':
        session.setExpiry(momentOf(action.to, now()))
        break
      case 'save':
        await session.save()
        saved.push(session.id)
        break
      case 'leave':
        session.flash('notice', action.message)
        break
      case 'take':
        taken.push(await session.flash('notice'))
        break
      case 'login':
        session.login(action.user)
        break
      case 'revokeOthers':
        if (sessions.engine.index && session.user !== undefined)
          revoked.push(await sessions.revokeOthers(session))
        break
      case 'revokeAll':
        if (sessions.engine.index) revoked.push(await sessions.revokeAll(action.user))
        break
      default:
        session[action.do]()
    }
  }
}

function changeInPlace(value: unknown): void {
  if (isCounter(value)) Object.assign(value, { n: value.n + 1 })
}

/** What `setExpiry` is given. */
export function momentOf(to: number | null | { readonly in: number }, now: number): number | Date | null {
  return typeof to === 'object' && to !== null ? new Date(now + to.in) : to
}

const key = fc.constantFrom('a', 'b', 'c', '__proto__')
/** Those who log in. */
export const USERS = ['ada', 'bob']
const user = fc.constantFrom(...USERS)
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

const oneKey = (verb: 'delete' | 'transform' | 'change in place' | 'change own') =>
  fc.record({ do: fc.constant(verb), key })
const whole = (verb: 'clear' | 'cycleKey' | 'flush' | 'save' | 'logout' | 'revokeOthers' | 'take') =>
  fc.record({ do: fc.constant(verb) })
const ofUser = (verb: 'login' | 'revokeAll') => fc.record({ do: fc.constant(verb), user })

const anAction: fc.Arbitrary<Action> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('set' as const), key, value }) },
  { weight: 2, arbitrary: oneKey('transform') },
  { weight: 2, arbitrary: oneKey('change in place') },
  { weight: 2, arbitrary: oneKey('change own') },
  oneKey('delete'),
  { weight: 2, arbitrary: whole('save') },
  { weight: 2, arbitrary: whole('cycleKey') },
  whole('flush'),
  whole('clear'),
  { weight: 2, arbitrary: fc.record({ do: fc.constant('leave' as const), message: fc.nat(3) }) },
  { weight: 2, arbitrary: whole('take') },
  { weight: 3, arbitrary: ofUser('login') },
  whole('logout'),
  whole('revokeOthers'),
  ofUser('revokeAll'),
  { weight: 2, arbitrary: fc.record({ do: fc.constant('setExpiry' as const), to: expiry }) },
)

/** A handler that goes on with what it has set and saved. Left to chance this would seldom happen. */
const goesOn = fc
  .tuple(key, fc.nat(9))
  .map(([key, n]): readonly Action[] => [
    { do: 'set', key, value: { n } },
    { do: 'save' },
    { do: 'change own', key },
  ])

export const someActions = fc
  .array(fc.oneof({ weight: 27, arbitrary: anAction.map((action) => [action]) }, goesOn), { maxLength: 4 })
  .map((actions) => actions.flat())

export const anEnding: fc.Arbitrary<Ending> = fc.oneof(
  { weight: 6, arbitrary: fc.constant('ok' as const) },
  fc.constantFrom('status 500', 'throw 500', 'throw 409'),
)
