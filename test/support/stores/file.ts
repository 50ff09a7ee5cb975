import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { EngineUnderTest, Store } from './store.js'

export const file: EngineUnderTest = { title: 'file', head: 'file', engine: 'file', prepare }

async function prepare(): Promise<Store> {
  const filePath = await mkdtemp(join(tmpdir(), 'tessera-'))
  return {
    options: { filePath },
    damage: (key, text) => writeFile(join(filePath, 'keyv', key.slice(0, 2), `${key}.json`), text),
    async dump() {
      const entries = await readdir(filePath, { recursive: true, withFileTypes: true })
      const files = entries
        .filter((entry) => entry.isFile())
        .map(({ parentPath, name }) => join(parentPath, name))
      const contents = await Promise.all(files.map((path) => readFile(path, 'latin1')))
      return [...entries.map(({ name }) => name), ...contents].join('\n')
    },
    discard: () => rm(filePath, { recursive: true }),
  }
}
