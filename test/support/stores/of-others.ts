import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { EngineFactory } from '../../../src/lib/engines/engine.js'
import type { SessionStore, StoredEntry, Version } from '../../../src/lib/engines/session-store.js'
import { storeEngine } from '../../../src/lib/index.js'
import { codeIn } from '../documents.js'
import type { EngineUnderTest } from './store.js'

/** What stands in the database of a store of somebody else's. */
export type Entries = Map<string, StoredEntry>

interface MyStore {
  readonly default: EngineFactory
  myStore(entries?: Entries): SessionStore
}

/**
 * The store that docs/engines.md shows, with our own `storeEngine` in place of the package's. Loaded at once: AVA starts a test
 * file that waits for a module before its last test was declared.
 */
function storeOfDocuments(): MyStore {
  const code = codeIn('docs/engines.md', 'my-store.js')
  const directory = mkdtempSync(join(tmpdir(), 'tessera-'))
  try {
    const path = join(directory, 'my-store.mjs')
    writeFileSync(
      path,
      code.replace("'koa-tessera'", `'${import.meta.resolve('../../../src/lib/index.js')}'`),
    )
    return createRequire(import.meta.url)(path)
  } finally {
    rmSync(directory, { recursive: true })
  }
}

export const { myStore, default: myEngine } = storeOfDocuments()

/** The same, except that it compares whole texts and keeps no version. */
export function textStore(entries: Entries = new Map()): SessionStore {
  const store = myStore(entries)
  const versionOf = ({ text, version }: StoredEntry): Version | undefined =>
    version === undefined ? undefined : text
  return {
    ...store,
    versions: 'text',
    async read(key) {
      const entry = entries.get(key)
      return entry && { text: entry.text, expires: entry.expires, version: versionOf(entry) }
    },
  }
}

/** The store of these entries, which can list its keys too. */
export function listing(entries: Entries, store: SessionStore = myStore(entries)): SessionStore {
  return {
    ...store,
    async *keys() {
      yield [...entries.keys()]
    },
  }
}

/** A store in a Map, which every engine on it shares. */
function inMap(title: string, head: string, makeStore: (entries: Entries) => SessionStore): EngineUnderTest {
  return {
    title,
    head,
    async prepare() {
      const entries: Entries = new Map()
      return {
        options: {},
        factory: (tools) =>
          storeEngine({ name: head, store: makeStore(entries), capabilities: { shared: true } })(tools),
        async damage(hash, text) {
          const key = `keyv:${hash}`
          const entry = entries.get(key)
          if (entry) entries.set(key, { ...entry, text })
        },
        dump: async () => JSON.stringify([...entries]),
        discard: async () => {},
      }
    },
  }
}

export const counting = inMap('a store of others, counting', 'counting', myStore)
export const comparingTexts = inMap('a store of others, comparing texts', 'texts', textStore)
