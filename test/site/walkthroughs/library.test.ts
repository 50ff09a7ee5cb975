import { readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { catalogue } from '../../../src/site/demos/library/books.js'
import { Catalogue } from '../../../src/site/demos/library/catalogue.js'
import { temporaryDirectory } from '../../support/server-process.js'
import { onEngines, openSite } from './site.js'

const books = catalogue.flatMap((author) => author.books)
const copies = books.flatMap((book) => book.copies)
const available = copies.filter((status) => status === 'available')
const whole = {
  books: books.length,
  copies: copies.length,
  available: available.length,
  authors: catalogue.length,
}

onEngines('the library counts what it has, and the visits of each visitor', async (t, site) => {
  const person = site.person()
  const first = await person.open('/sessions/library')
  t.is(first.text('#books'), '30')
  t.is(first.text('#copies'), String(whole.copies))
  t.is(first.text('#available'), String(whole.available))
  t.is(first.text('#authors'), '20')
  t.is(first.text('#visits'), 'You have visited this page 1 time.')
  t.is((await person.open('/sessions/library')).text('#visits'), 'You have visited this page 2 times.')
  t.is((await person.open('/sessions/library')).text('#visits'), 'You have visited this page 3 times.')
  t.is((await site.person().open('/sessions/library')).text('#visits'), 'You have visited this page 1 time.')
})

onEngines('books and authors are listed, and do not count as visits', async (t, site) => {
  const person = site.person()
  await person.open('/sessions/library')
  const listed = await person.open('/sessions/library/books')
  t.is(listed.all('tbody tr').length, 30)
  t.is(listed.text('tbody th'), 'A Tale of Two Cities 1859')
  t.deepEqual(listed.all('tbody td').slice(0, 2), ['Charles Dickens', '2 of 4'])
  const authors = await person.open('/sessions/library/authors')
  t.is(authors.all('tbody tr').length, 20)
  t.is(authors.text('tbody th'), 'Jane Austen')
  t.deepEqual(authors.all('tbody td').slice(0, 2), ['1775 to 1817', '3 books'])
  t.is((await person.open('/sessions/library')).text('#visits'), 'You have visited this page 2 times.')
})

onEngines('counting from the start forgets the visits and nothing else', async (t, site) => {
  const person = site.person()
  await person.open('/sessions/page-count')
  await person.open('/sessions/library')
  const page = await person.open('/sessions/library')
  const again = await person.submit(page, '/sessions/library/start-again')
  t.is(again.text('#visits'), 'You have visited this page 1 time.')
  t.is((await person.open('/sessions/page-count')).text('#count'), '2')
})

test('two tabs that visit at the same moment both count, and the later one shows both', async (t) => {
  const site = await openSite(t, { SESSION_ENGINE: 'cache' })
  const person = site.person()
  await person.open('/sessions/library')
  const pages = await Promise.all([1, 2, 3].map(() => person.copy().open('/sessions/library')))
  const shown = pages.map((page) => page.text('.count')).sort()
  t.deepEqual(shown, ['2', '3', '4'])
})

test('a catalogue that cannot be made is told on the page; the visits count, and it is tried again', async (t) => {
  const directory = await temporaryDirectory(t)
  const inTheWay = join(directory, 'var')
  await writeFile(inTheWay, 'a file where the directory should be')
  const site = await openSite(t, {
    SESSION_ENGINE: 'cache',
    DATABASE_URL: `sqlite:${join(inTheWay, 'sessions.sqlite')}`,
  })
  const person = site.person()
  await person.open('/sessions/library')
  const page = await person.open('/sessions/library')
  t.is(page.status, 200)
  t.regex(page.text('[role=alert]') ?? '', /^The server can neither read nor make the catalogue/)
  t.is(page.text('#visits'), 'You have visited this page 2 times.')
  for (const path of ['/sessions/library/books', '/sessions/library/authors'])
    t.true((await person.open(path)).has('[role=alert]'))

  await rm(inTheWay)
  const mended = await person.open('/sessions/library')
  t.is(mended.text('#books'), '30')
  t.false(mended.has('[role=alert]'))
})

test('a file that is no catalogue is told too, and left alone', async (t) => {
  const path = join(await temporaryDirectory(t), 'library.sqlite')
  await writeFile(path, 'somebody’s notes')
  await t.throwsAsync(new Catalogue(path).counts(), { name: 'CatalogueUnavailable' })
})

test('many that start at once make one catalogue, whole for each of them, and leave nothing else', async (t) => {
  const directory = join(await temporaryDirectory(t), 'made', 'for it')
  const path = join(directory, 'library.sqlite')
  const counted = await Promise.all(Array.from({ length: 8 }, () => new Catalogue(path).counts()))
  for (const counts of counted) t.deepEqual(counts, whole)
  t.deepEqual(await readdir(directory), ['library.sqlite'])
})
