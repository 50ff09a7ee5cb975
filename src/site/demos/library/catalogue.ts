import { dirname, join } from 'node:path'
import { z } from 'zod'
import type { Logger, Settings } from '../../../lib/index.js'
import { type Row, seed, withDatabase } from './database.js'

const counts = z.object({
  books: z.number(),
  copies: z.number(),
  available: z.number(),
  authors: z.number(),
})
const book = z.object({
  title: z.string(),
  year: z.number(),
  author: z.string(),
  copies: z.number(),
  available: z.number(),
})
const author = z.object({
  name: z.string(),
  born: z.number(),
  died: z.number(),
  books: z.number(),
})

/** The catalogue can neither be read nor made. `cause` says why. */
export class CatalogueUnavailable extends Error {
  override readonly name = 'CatalogueUnavailable'
}

/** The library's catalogue: a SQLite database of its own, the same for every visitor. */
export class Catalogue {
  readonly #path: string
  #seeding: Promise<void> | undefined

  constructor(path: string) {
    this.#path = path
  }

  /** Makes the catalogue if it is missing. If that fails, the next page tries again. */
  async prepare(): Promise<void> {
    this.#seeding ??= seed(this.#path).finally(() => {
      this.#seeding = undefined
    })
    await this.#seeding
  }

  // #region counts
  async counts() {
    const [row] = await this.#ask(`
      SELECT (SELECT count(*) FROM book) AS books, (SELECT count(*) FROM author) AS authors,
        count(*) AS copies, count(*) FILTER (WHERE status = 'available') AS available
      FROM copy`)
    return counts.parse(row)
  }
  // #endregion

  async books() {
    const rows = await this.#ask(`
      SELECT title, year, given || ' ' || family AS author,
        count(copy.id) AS copies, count(*) FILTER (WHERE status = 'available') AS available
      FROM book JOIN author ON author.id = book.author LEFT JOIN copy ON copy.book = book.id
      GROUP BY book.id ORDER BY title`)
    return z.array(book).parse(rows)
  }

  async authors() {
    const rows = await this.#ask(`
      SELECT given || ' ' || family AS name, born, died, count(book.id) AS books
      FROM author LEFT JOIN book ON book.author = author.id
      GROUP BY author.id ORDER BY family, given`)
    return z.array(author).parse(rows)
  }

  async #ask(sql: string): Promise<Row[]> {
    try {
      await this.prepare()
      return await withDatabase(this.#path, 'read', ({ all }) => all(sql))
    } catch (cause) {
      throw new CatalogueUnavailable('the catalogue cannot be read', { cause })
    }
  }
}

/** Opens the server's catalogue. If it cannot be made, only the library's pages are affected: they say so. */
export async function openCatalogue(settings: Settings, logger: Logger): Promise<Catalogue> {
  const catalogue = new Catalogue(pathFor(settings))
  try {
    await catalogue.prepare()
  } catch (err) {
    logger.warn({ err }, 'the catalogue of the Local library walkthrough could not be made')
  }
  return catalogue
}

/** In the directory of the sessions' database, if that is a file; else in `var`. */
function pathFor({ databaseUrl }: Settings): string {
  const file = /^sqlite:(?:\/\/)?(?!:memory:)(.+)$/.exec(databaseUrl)?.[1]
  return join(file === undefined ? 'var' : dirname(file), 'library.sqlite')
}
