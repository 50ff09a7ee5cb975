import { jsonCodec } from '../../codecs/json-codec.js'
import type { Engine, EngineTools } from '../engine.js'
import { EngineMisconfigured } from '../errors.js'
import { isLeaseKey, isUserListKey, plainIds } from '../ids.js'
import type { SessionStore } from '../session-store.js'
import { StoreEngine, type StoreEngineParts } from '../store-engine.js'
import { unwatched } from '../watch-engine.js'
import { Carrier } from './carrier.js'
import { countedStore } from './counted-store.js'
import type { Format } from './format.js'
import { markIn } from './marks.js'
import type { Finding, Mover } from './mover.js'
import { type MoveStep, MovingStore } from './moving-store.js'
import { OldStore } from './old-store.js'
import { MoveProcesses, PROCESS_LIST } from './processes.js'
import { holdsSameEntries, isSamePlace, type StorePlace } from './same-place.js'

const MOVED_OUT =
  'sessions were moved out of this store, under this KEY_PREFIX, and where they were nothing can be put. To move them back give ' +
  'it another KEY_PREFIX, or another table or directory'

/** The settings that say where sessions are and where they go, as messages call them. */
export interface PlaceNames {
  readonly from: string
  readonly to: string
}

export interface MovingParts {
  /** Where sessions are, as it was opened. */
  readonly from: Engine
  /** Where they go. */
  readonly to: Engine
  readonly step: MoveStep
  readonly tools: EngineTools
}

/** Sessions on their way from one engine's store to that of another. */
export class Moving implements Mover {
  /** What requests use: the engine that sessions go to, which finds them in both stores. */
  readonly engine: Engine
  /** The name of the engine that they come from. */
  readonly fromName: string
  readonly step: MoveStep
  readonly processes: MoveProcesses
  readonly #from: OldStore
  readonly #to: SessionStore
  readonly #places: { readonly from: StorePlace; readonly to: StorePlace }
  readonly #clock: () => number
  /** Those who moved sessions out of the new store, when it was an old one. */
  readonly #arrivals: MoveProcesses
  readonly #carrier: Carrier
  readonly #listeners: (() => void)[] = []
  #late: { readonly after: number; readonly told: () => void } | undefined

  /** @throws EngineMisconfigured if nothing can be moved between the two; the message says why. */
  constructor({ from, to, step, tools }: MovingParts) {
    const old = partsOf(from, 'out of')
    const parts = partsOf(to, 'into')
    checkPair(old, parts)
    const { clock, logger } = tools
    const format = formatOf(parts)
    const store = countedStore(parts.store)
    const oldStore = countedStore(old.store)
    this.#from = new OldStore({ store: oldStore, format: formatOf(old), to: format, clock })
    const onMoved = (key: string): void => {
      if (this.#from.isNamed(key)) return
      this.processes.hasHeld = true
      for (const listener of this.#listeners) listener()
    }
    const { keyPrefix } = formatOf(old)
    this.#places = { from: { store: oldStore, keyPrefix }, to: { store, keyPrefix: format.keyPrefix } }
    this.#clock = clock
    this.processes = new MoveProcesses({ store: oldStore, keyPrefix, clock, logger, isSource: true })
    this.#arrivals = new MoveProcesses({ store, keyPrefix: format.keyPrefix, clock, logger })
    this.#to = store
    this.#carrier = new Carrier({ from: this.#from, to: store, onMoved })
    const moving = new MovingStore({
      from: this.#from,
      to: store,
      carrier: this.#carrier,
      step,
      onClose: () => this.processes.leave(),
    })
    this.engine = new StoreEngine({
      ...parts,
      store: moving,
      timeLimit: Math.max(parts.timeLimit ?? 0, old.timeLimit ?? 0),
      capabilities: { ...to.capabilities, shared: from.capabilities.shared && to.capabilities.shared },
    })
    this.fromName = from.name
    this.step = step
  }

  /**
   * In one place that is spelled in two ways each mark of a move would meet itself.
   *
   * @throws EngineMisconfigured if the two stores are one.
   */
  async checkPlaces(names: PlaceNames, isRehearsal: boolean): Promise<void> {
    const { from, to } = this.#places
    const isSame = isRehearsal ? await holdsSameEntries(from, to) : await isSamePlace(from, to, this.#clock)
    if (!isSame) return
    const why = isRehearsal
      ? 'the same entries stand in both: they are one place, or one is a copy of the other'
      : 'what was written through the one was read through the other'
    throw new EngineMisconfigured(
      `${names.from} and ${names.to} are the same place (${why}). Sessions can be moved to another one only`,
    )
  }

  /**
   * Both stores may have begun a list of one user, where processes used the new one before they knew of a move. Only one of
   * the two can stand there afterwards, and a revocation would miss what was in the other. Looked at before a move begins,
   * in the first `pages` pages of the new store's keys.
   *
   * @throws EngineMisconfigured if there is a user with two lists.
   */
  async checkLists({ to }: PlaceNames, pages: number): Promise<void> {
    const { isPrepared, isSource } = await this.processes.state()
    if (isPrepared || isSource) return
    const hasTwo = (key: string): boolean | Promise<boolean> => isUserListKey(key) && this.#hasTwo(key)
    if (!(await isOneOf(this.#to.keys?.() ?? none(), pages, hasTwo))) return
    throw new EngineMisconfigured(
      `${to} has been used already: users are logged in there who are logged in in the old place too, and of their two ` +
        'lists of sessions only one can be kept. Give a new place that holds no sessions, or another KEY_PREFIX',
    )
  }

  async #hasTwo(key: string): Promise<boolean> {
    const there = await this.#carrier.latest(key)
    const isAlive = there?.version !== undefined && !markIn(there) && there.expires > this.#clock()
    return isAlive && (await this.#from.find(key)).kind === 'session'
  }

  /**
   * Whether nothing is in the old store, and nothing has moved out of it as far as that can be seen there. What a process
   * puts into any store by itself says nothing: leases, and tombstones at keys that it reserves or closes. `undefined`: not
   * found out within `pages` pages of keys.
   */
  async isEmpty(pages = Number.POSITIVE_INFINITY): Promise<boolean | undefined> {
    const isFound = await isOneOf(this.keys(), pages, (key) => this.#tells(key))
    return isFound === undefined ? undefined : !isFound
  }

  /** Whether what the old store has at `key` says that it holds sessions, or held some. */
  async #tells(key: string): Promise<boolean> {
    if (isLeaseKey(key, this.#places.to.keyPrefix)) return false
    const { kind } = await this.#from.find(key)
    return kind === 'moved' ? !this.#from.isNamed(key) : kind !== 'nothing' && kind !== 'tombstone'
  }

  /**
   * What was moved out of a store has left tombstones there, which nothing replaces.
   *
   * @throws EngineMisconfigured if the new store is one that sessions were moved out of.
   */
  async checkDirection(): Promise<void> {
    if ((await this.#arrivals.state()).isSource) throw new EngineMisconfigured(MOVED_OUT)
  }

  /** Whether the old store can list what it holds. Otherwise only what is asked for is moved. */
  get canList(): boolean {
    return this.#from.store.keys !== undefined
  }

  /**
   * The keys of what may have to be moved, as the new store has them, a page at a time: sessions, users' lists, leases. A
   * key can come twice.
   */
  async *keys(): AsyncGenerator<readonly string[], void> {
    const { store } = this.#from
    for await (const page of store.keys?.() ?? none()) {
      // The list of processes stays where it is.
      yield page.filter((key) => !key.endsWith(`:${PROCESS_LIST}`)).map((key) => this.#from.newKeyOf(key))
    }
  }

  /** Whether the old store still has what stands at `key`, alive, or on its way. */
  async find(key: string): Promise<Finding> {
    const left = await this.#from.find(key)
    const { after, told } = this.#late ?? {}
    if (after !== undefined && left.kind === 'session' && (this.#from.madeAt(key, left) ?? 0) > after)
      told?.()
    if (left.kind === 'session' || left.kind === 'leaving') return 'left'
    return left.kind === 'dead' && !left.isExpired ? 'unreadable' : 'gone'
  }

  /**
   * What has arrived and was not finished, because a process ended between two steps. Once the old store is empty, it takes
   * a look at the new one to find it: whoever knows nothing of the move cannot read it.
   */
  get arrivals(): Mover {
    return {
      keys: () => this.#to.keys?.() ?? none(),
      find: async (key) => {
        const there = await this.#carrier.latest(key)
        const kind = there && markIn(there)?.kind
        return kind === 'arriving' || kind === 'arrived' ? 'left' : 'gone'
      },
      bring: (key) => this.bring(key),
    }
  }

  /** Moves what stands at `key`, unless it has moved or expired. Whoever else moves it at the same moment does no harm. */
  async bring(key: string): Promise<void> {
    await this.#carrier.settled(key)
  }

  /**
   * Calls `told` when `find` meets what was put into the old store after that moment, milliseconds since 1970. `find` throws
   * what `told` throws.
   */
  onLate(after: number, told: () => void): void {
    this.#late = { after, told }
  }

  /** Calls `listener` each time this process has moved a session. */
  onMoved(listener: () => void): void {
    this.#listeners.push(listener)
  }
}

function partsOf(engine: Engine, way: 'out of' | 'into'): StoreEngineParts {
  const parts = StoreEngine.partsOf(unwatched(engine))
  if (parts !== undefined) return parts
  throw new EngineMisconfigured(
    `sessions cannot be moved ${way} ${engine.name}: it is no engine on a store (one that storeEngine has made)`,
  )
}

function formatOf({ keyPrefix = 'keyv', codec = jsonCodec }: StoreEngineParts): Format {
  return { keyPrefix, codec }
}

function checkPair(from: StoreEngineParts, to: StoreEngineParts): void {
  if (from.store === to.store)
    throw new EngineMisconfigured('moveFrom is the engine where sessions are kept already: give the old one')
  if ((from.ids ?? plainIds) === (to.ids ?? plainIds)) return
  throw new EngineMisconfigured(
    'in a Redis cluster the key of a session follows from its id in another way than in other stores, so sessions are moved ' +
      'from a cluster to a cluster only; docs/moving.md has a way through cookies',
  )
}

/** Whether `is` is true of a key; `undefined`: not found out within `pages` pages of keys. */
async function isOneOf(
  keys: AsyncIterable<readonly string[]>,
  pages: number,
  is: (key: string) => boolean | Promise<boolean>,
): Promise<boolean | undefined> {
  let looks = 0
  for await (const page of keys) {
    if ((await Promise.all(page.map(is))).includes(true)) return true
    if (++looks === pages) return undefined
  }
  return false
}

async function* none(): AsyncGenerator<readonly string[], void> {}
