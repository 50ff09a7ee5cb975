import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { otherConnection, sqliteUrl } from '../sqlite.js'
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
    options: { databaseUrl: sqliteUrl(path) },
    async damage(key, text) {
      const other = otherConnection(path)
      // As a plain Keyv client writes.
      const sql = `INSERT INTO tessera_sessions (key, value) VALUES (?, ?) ON CONFLICT(key) DO UPDATE SET value = excluded.value`
      await other.query(sql, `keyv:${key}`, text)
      await other.disconnect()
    },
    async dump() {
      const files = await readdir(directory)
      const contents = await Promise.all(files.map((file) => readFile(join(directory, file), 'latin1')))
      return contents.join('\n')
    },
    discard: () => rm(directory, { recursive: true }),
  }
}
