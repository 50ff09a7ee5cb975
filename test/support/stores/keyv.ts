import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { KeyvFile } from 'keyv-file'
import { keyvEngine } from '../../../src/lib/engines/keyv/keyv-engine.js'
import { Keyv, putInto } from '../keyv.js'
import type { EngineUnderTest, Store } from './store.js'

/** The plain Keyv engine on Keyv's own Map. */
export const keyvMap: EngineUnderTest = {
  title: 'Keyv',
  head: 'Keyv',
  oneProcess: true,
  async prepare(): Promise<Store> {
    const map = new Map<string, unknown>()
    return {
      options: {},
      factory: keyvEngine(new Keyv({ store: map }), { engineTimeout: 20_000 }),
      damage: async (key, text) => {
        putInto(map, `keyv:${key}`, text)
      },
      discard: async () => {},
    }
  },
}

/** The plain Keyv engine on an adapter that knows nothing of us. */
export const keyvFile: EngineUnderTest = {
  title: 'Keyv on keyv-file',
  head: 'KvFile',
  oneProcess: true,
  async prepare(): Promise<Store> {
    const directory = await mkdtemp(join(tmpdir(), 'tessera-'))
    const store = new KeyvFile({ filename: join(directory, 'sessions.json') })
    return {
      options: {},
      factory: keyvEngine(new Keyv({ store }), { engineTimeout: 20_000 }),
      discard: () => rm(directory, { recursive: true, force: true }),
    }
  },
}
