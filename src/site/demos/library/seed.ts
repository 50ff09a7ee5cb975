import { randomUUID } from 'node:crypto'
import { access, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { makeDirectory } from '../../../lib/internal.js'
import { catalogue } from './books.js'
import { withDatabase } from './database.js'

const schema = `
  CREATE TABLE author(
    id INTEGER PRIMARY KEY, given TEXT NOT NULL, family TEXT NOT NULL, born INTEGER NOT NULL, died INTEGER NOT NULL
  );
  CREATE TABLE book(
    id INTEGER PRIMARY KEY, title TEXT NOT NULL, year INTEGER NOT NULL, author INTEGER NOT NULL REFERENCES author(id)
  );
  CREATE TABLE copy(
    id INTEGER PRIMARY KEY, book INTEGER NOT NULL REFERENCES book(id),
    status TEXT NOT NULL CHECK (status IN ('available', 'on loan', 'reserved', 'being mended'))
  );
  CREATE INDEX copy_book ON copy(book);`

/**
 * Makes the library's catalogue, unless the file is there. It is filled under another name and gets its own when it is
 * complete, so nobody ever sees half of it; of two processes that start at once the later one's replaces the same.
 *
 * @throws What the operating system or SQLite says.
 */
export async function seed(path: string): Promise<void> {
  if (await isThere(path)) return
  await makeDirectory(dirname(path))
  const draft = `${path}.${randomUUID()}`
  try {
    await fill(draft)
    await rename(draft, path)
  } finally {
    await rm(draft, { force: true })
  }
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

async function fill(path: string): Promise<void> {
  const books = catalogue.flatMap((author, at) => author.books.map((book) => ({ ...book, author: at + 1 })))
  const copies = books.flatMap((book, at) => book.copies.map((status) => ({ status, book: at + 1 })))
  await withDatabase(path, 'create', async ({ exec, all }) => {
    await exec(`BEGIN;${schema}`)
    await all(
      `INSERT INTO author(id, given, family, born, died)
       SELECT key + 1, value->>'given', value->>'family', value->>'born', value->>'died' FROM json_each(?)`,
      JSON.stringify(catalogue),
    )
    await all(
      `INSERT INTO book(id, title, year, author)
       SELECT key + 1, value->>'title', value->>'year', value->>'author' FROM json_each(?)`,
      JSON.stringify(books),
    )
    await all(
      `INSERT INTO copy(id, book, status)
       SELECT key + 1, value->>'book', value->>'status' FROM json_each(?)`,
      JSON.stringify(copies),
    )
    await exec('COMMIT')
  })
}
