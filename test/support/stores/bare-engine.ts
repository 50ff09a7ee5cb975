import type {
  Created,
  Engine,
  EngineTools,
  Loaded,
  Rotated,
  Rotation,
  SessionRecord,
  Touched,
  Updated,
  Version,
} from '../../../src/lib/index.js'

interface Slot {
  readonly text: string
  readonly version: number
  readonly expires: number
  readonly isSuperseded: boolean
}

const MISSING = { kind: 'missing' } as const

/** An `Engine` that somebody wrote by hand: what it must have and nothing else. */
export class BareEngine implements Engine {
  readonly name = 'bare'
  readonly capabilities = { revocable: true, shared: true }
  readonly #slots: Map<string, Slot>
  readonly #clock: () => number

  constructor(slots: Map<string, Slot>, { clock }: EngineTools) {
    this.#slots = slots
    this.#clock = clock
  }

  async load(id: string): Promise<Loaded> {
    const slot = this.#alive(id)
    if (slot === undefined) return MISSING
    if (slot.isSuperseded) return { kind: 'superseded' }
    const { version, expires, text } = slot
    return { kind: 'found', record: { ...JSON.parse(text), expires }, version }
  }

  async create(id: string, record: SessionRecord): Promise<Created> {
    if (this.#slots.has(id)) return { kind: 'taken' }
    this.#slots.set(id, slotOf(record, 1))
    return { kind: 'created', id, version: 1 }
  }

  async update(id: string, record: SessionRecord, version: Version): Promise<Updated> {
    const slot = this.#session(id)
    if (slot === undefined) return MISSING
    if (slot.version !== version) return { kind: 'conflict' }
    this.#slots.set(id, slotOf(record, slot.version + 1))
    return { kind: 'updated', id, version: slot.version + 1 }
  }

  async touch(id: string, expires: number): Promise<Touched> {
    const slot = this.#session(id)
    if (slot === undefined) return MISSING
    this.#slots.set(id, { ...slot, expires })
    return { kind: 'touched', id }
  }

  async rotate({ id, to, record, version }: Rotation): Promise<Rotated> {
    const slot = this.#session(id)
    if (slot === undefined) return MISSING
    if (slot.version !== version) return { kind: 'conflict' }
    if (this.#slots.has(to)) return { kind: 'taken' }
    this.#slots.set(id, { ...slot, isSuperseded: true, expires: this.#clock() + 60_000 })
    this.#slots.set(to, slotOf(record, slot.version + 1))
    return { kind: 'updated', id: to, version: slot.version + 1 }
  }

  async delete(id: string): Promise<'deleted' | 'missing' | 'superseded'> {
    const slot = this.#alive(id)
    if (slot?.isSuperseded) return 'superseded'
    this.#slots.delete(id)
    return slot ? 'deleted' : 'missing'
  }

  async clearExpired(limit: number): Promise<number> {
    const expired = [...this.#slots.keys()].filter((id) => !this.#alive(id)).slice(0, limit)
    for (const id of expired) this.#slots.delete(id)
    return expired.length
  }

  async close(): Promise<void> {}

  #alive(id: string): Slot | undefined {
    const slot = this.#slots.get(id)
    return slot && slot.expires > this.#clock() ? slot : undefined
  }

  #session(id: string): Slot | undefined {
    const slot = this.#alive(id)
    return slot?.isSuperseded ? undefined : slot
  }
}

function slotOf({ expires, ...rest }: SessionRecord, version: number): Slot {
  return { text: JSON.stringify(rest), version, expires, isSuperseded: false }
}
