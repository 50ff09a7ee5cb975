import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { partsOfSqliteUrl } from '../engines/db/database-url.js'
import { shown } from '../settings/describe.js'
import type { Settings } from '../settings/settings.js'
import type { Finding } from './finding.js'
import { storeKindOf } from './store-connection.js'

/** Whoever else may read what sessions hold. */
const OTHERS_READ = 0o044

/** Who may read the files in which sessions stand. Not asked on Windows, where modes say nothing. */
export async function files(settings: Settings): Promise<Finding[]> {
  const kind = storeKindOf(settings)
  const isMemory = settings.databaseUrl.includes(':memory:')
  if (process.geteuid === undefined || (kind !== 'file' && (kind !== 'sqlite' || isMemory))) return []
  const path = kind === 'file' ? settings.filePath : partsOfSqliteUrl(settings.databaseUrl).path
  try {
    const { mode } = await stat(path)
    const name = shown({ shown: 'path' }, resolve(path))
    const octal = (mode & 0o777).toString(8)
    if ((mode & OTHERS_READ) === 0)
      return [{ about: 'rights', status: 'good', text: `${name} is for its owner alone (${octal})` }]
    return [
      {
        about: 'rights',
        status: 'doubtful',
        text: `other users of this machine may read ${name} (${octal})`,
      },
    ]
  } catch {
    // The round trip says what cannot be opened.
    return []
  }
}
