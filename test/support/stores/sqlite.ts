import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { KeyvSqlite } from '@keyv/sqlite'
import type { EngineUnderTest, Store } from './store.js'

export const sqlite: EngineUnderTest = { title: 'db on SQLite', head: 'SQLite', engine: 'db', prepare }

export const cachedSqlite: EngineUnderTest = {
  title: 'cached_db on SQLite',
  head: 'cached',
  engine: 'cached_db',
  prepare,
}

async function prepare(): Promise<Store> {
  const directory = await mkdtemp(join(tmpdir(), 'tessera-'))
  const path = join(directory, 'sessions.sqlite')
  return {
    options: { databaseUrl: `sqlite:${path}` },
    async damage(key, text) {
      const plain = new KeyvSqlite({ uri: `sqlite://${path}`, table: 'tessera_sessions' })
      await plain.set(`keyv:${key}`, text)
      await plain.disconnect()
    },
    async dump() {
      const files = await readdir(directory)
      const contents = await Promise.all(files.map((file) => readFile(join(directory, file), 'latin1')))
      return contents.join('\n')
    },
    discard: () => rm(directory, { recursive: true }),
  }
}
