import { within } from '../concurrency.js'
import { DjangoTable, type DjangoTableOptions, type OpenedDjango } from '../django/django-table.js'
import { EngineMisconfigured } from '../errors.js'
import { type DatabaseKind, databaseKindOf } from './database-url.js'

type Open = (options: DjangoTableOptions) => Promise<OpenedDjango>

/** The code for a database is loaded when it is the one chosen. */
const databases: Record<DatabaseKind, Open> = {
  sqlite: async (options) => (await import('./django-sqlite.js')).openDjangoSqlite(options),
  postgres: async (options) => (await import('./django-postgres.js')).openDjangoPostgres(options),
  mysql: async (options) => (await import('./django-mysql.js')).openDjangoMysql(options),
}

/** What the three databases say of a table that is not there. */
const NO_TABLE = /no such table|relation .* does not exist|table .* doesn't exist/i

/**
 * Connects to Django's database. Nothing is created there, and nothing but rows of its table is changed.
 *
 * @throws EngineUnavailable if it cannot be used. @throws EngineMisconfigured if the URL is wrong, or Django's table is
 * missing.
 */
export async function openDjangoTable(options: DjangoTableOptions): Promise<DjangoTable> {
  const { database, name } = await databases[databaseKindOf(options.databaseUrl)](options)
  try {
    await within(options.engineTimeout, (left) => database.read(database.statements.read, [''], left))
  } catch (cause) {
    await database.close()
    throw NO_TABLE.test(String(cause)) ? missingTable(name, cause) : cause
  }
  return new DjangoTable(database, options.engineTimeout)
}

function missingTable(name: string, cause: unknown): Error {
  return new EngineMisconfigured(
    `${name} has no table django_session, which CODEC=django needs. Django makes it: python manage.py migrate`,
    { cause },
  )
}
