/**
 * A store as somebody else would write it, on public types, and its proof with node:test. Texts, since they are compiled
 * where the package is installed. With CARELESS in its environment the store looks at no version.
 */
export const storeOfOthers = `
import { EngineUnavailable, type Move, type SessionStore, type StoredEntry, type Version } from 'tessera'

export class MapStore implements SessionStore {
  constructor(readonly entries: Map<string, StoredEntry>, readonly state: { isDown: boolean }) {}

  async read(key: string): Promise<StoredEntry | undefined> {
    this.#isUp()
    return this.entries.get(key)
  }

  async insert(key: string, entry: StoredEntry): Promise<boolean> {
    this.#isUp()
    if (this.entries.has(key)) return false
    this.entries.set(key, entry)
    return true
  }

  async replace(key: string, entry: StoredEntry, version: Version, now: number): Promise<boolean> {
    return this.#change(key, version, now, () => this.entries.set(key, entry))
  }

  async extend(key: string, expires: number, now: number): Promise<boolean> {
    return this.#change(key, undefined, now, (entry) => this.entries.set(key, { ...entry, expires }))
  }

  async move({ from, to, entry, tombstone }: Move, version: Version, now: number): Promise<boolean> {
    if (this.entries.has(to)) return false
    return this.#change(from, version, now, () => this.entries.set(to, entry).set(from, tombstone))
  }

  async remove(key: string): Promise<boolean> {
    this.#isUp()
    return this.entries.get(key)?.version !== undefined && this.entries.delete(key)
  }

  async removeExpired(limit: number, now: number): Promise<number> {
    this.#isUp()
    const expired = [...this.entries].filter(([, { expires }]) => expires <= now).slice(0, limit)
    for (const [key] of expired) this.entries.delete(key)
    return expired.length
  }

  async close(): Promise<void> {}

  #isUp(): void {
    if (this.state.isDown) throw new EngineUnavailable('the map is down')
  }

  /** One step: nobody else has a turn between the look and the change. */
  async #change(
    key: string,
    version: Version | undefined,
    now: number,
    change: (entry: StoredEntry) => unknown,
  ): Promise<boolean> {
    this.#isUp()
    const entry = this.entries.get(key)
    if (entry?.version === undefined || entry.expires <= now) return false
    if (version !== undefined && entry.version !== version && !process.env.CARELESS) return false
    change(entry)
    return true
  }
}
`

/** As README shows it, with all that a store can be asked for. */
export const proofOfOthers = `
import { test } from 'node:test'
import { storeEngine, type StoredEntry } from 'tessera'
import { conformanceCases, runCase } from 'tessera/conformance'
import { MapStore } from './my-store.js'

for (const one of conformanceCases) {
  test(one.title, async (t) => {
    const entries = new Map<string, StoredEntry>()
    const state = { isDown: false }
    const doesNotApply = await runCase(one, () => ({
      open: () =>
        storeEngine({ name: 'map', store: new MapStore(entries, state), capabilities: { shared: true } }),
      async damage(key, text) {
        const entry = entries.get(key)
        if (entry) entries.set(key, { ...entry, text })
      },
      dump: async () => JSON.stringify([...entries]),
      async takeDown() {
        state.isDown = true
      },
    }))
    if (doesNotApply) t.skip(doesNotApply)
  })
}
`
