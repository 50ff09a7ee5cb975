/**
 * An engine as somebody else would write it, on public types, and its proof with node:test. Texts, since they are
 * compiled where the package is installed. With CARELESS in its environment the engine looks at no version.
 */
export const engineOfOthers = `
import type { Engine, EngineTools, Loaded, SessionRecord, Touched, Updated } from 'tessera'

interface Entry { text: string; version: number; expires: number; superseded: boolean }

const MISSING = { kind: 'missing' } as const

export class MapEngine implements Engine {
  readonly name = 'map'
  readonly capabilities = { revocable: true, shared: true, enumerable: true }

  constructor(readonly entries: Map<string, Entry>, readonly tools: EngineTools) {}

  async load(id: string): Promise<Loaded> {
    const entry = this.#alive(id)
    if (entry === undefined) return MISSING
    if (entry.superseded) return { kind: 'superseded' }
    const { version, expires, text } = entry
    return { kind: 'found', record: { ...JSON.parse(text), expires }, version }
  }

  async create(record: SessionRecord): Promise<string> {
    return this.#insert(record, 1)
  }

  async update(id: string, record: SessionRecord, version: number): Promise<Updated> {
    return this.#write(id, version, () => {
      this.entries.set(id, entryOf(record, version + 1))
      return id
    })
  }

  async touch(id: string, expires: number): Promise<Touched> {
    const entry = this.#alive(id)
    if (entry === undefined || entry.superseded) return MISSING
    entry.expires = expires
    return { kind: 'touched', id }
  }

  async rotate(id: string, record: SessionRecord, version: number): Promise<Updated> {
    return this.#write(id, version, (entry) => {
      entry.superseded = true
      entry.expires = this.tools.clock() + 60_000
      return this.#insert(record, version + 1)
    })
  }

  async delete(id: string): Promise<'deleted' | 'missing' | 'superseded'> {
    const entry = this.#alive(id)
    if (entry?.superseded) return 'superseded'
    this.entries.delete(id)
    return entry ? 'deleted' : 'missing'
  }

  async clearExpired(limit: number): Promise<number> {
    const over = [...this.entries.keys()].filter((id) => !this.#alive(id)).slice(0, limit)
    for (const id of over) this.entries.delete(id)
    return over.length
  }

  async close(): Promise<void> {}

  #alive(id: string): Entry | undefined {
    const entry = this.entries.get(id)
    return entry && entry.expires > this.tools.clock() ? entry : undefined
  }

  #insert(record: SessionRecord, version: number): string {
    let id = this.tools.generateId()
    while (this.entries.has(id)) id = this.tools.generateId()
    this.entries.set(id, entryOf(record, version))
    return id
  }

  #write(id: string, version: number, write: (entry: Entry) => string): Updated {
    const entry = this.#alive(id)
    if (entry === undefined || entry.superseded) return MISSING
    if (entry.version !== version && !process.env.CARELESS) return { kind: 'conflict' }
    return { kind: 'updated', id: write(entry), version: version + 1 }
  }
}

function entryOf({ expires, ...rest }: SessionRecord, version: number): Entry {
  return { text: JSON.stringify(rest), version, expires, superseded: false }
}
`

/** As README shows it. */
export const proofOfOthers = `
import { test } from 'node:test'
import { conformanceCases, runCase } from 'tessera/conformance'
import { MapEngine } from './my-engine.js'

for (const one of conformanceCases) {
  test(one.title, async (t) => {
    const entries = new Map()
    const doesNotApply = await runCase(one, () => ({ open: (tools) => new MapEngine(entries, tools) }))
    if (doesNotApply) t.skip(doesNotApply)
  })
}
`
