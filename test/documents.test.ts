import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import test from 'ava'
import { root } from './support/root.js'

const pages = ['', 'docs', 'examples', '.github'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: folder !== '', encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name)),
)

/** The page without the code that it shows. */
const proseOf = (page: string): string =>
  readFileSync(join(root, page), 'utf8').replaceAll(/^ *```.*?^ *```/gms, '')

/** What a heading is called in addresses, as GitHub and npm do it. */
function anchorsIn(page: string): string[] {
  return [...proseOf(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}

test('every link of a page to another page, to a file or to a heading leads there', (t) => {
  const links = pages.flatMap((page) =>
    [...proseOf(page).matchAll(/\]\((?!https?:|mailto:)([^)\s]+)\)/g)].map(([, target = '']) => ({
      page,
      target,
    })),
  )
  t.true(links.length > 50)
  const dead = links.filter(({ page, target }) => {
    const [path = '', anchor] = target.split('#')
    const file = path === '' ? page : normalize(join(dirname(page), path))
    if (!existsSync(join(root, file))) return true
    return anchor !== undefined && !anchorsIn(file).includes(anchor)
  })
  t.deepEqual(dead, [])
})

test('a reader comes to every page from the README, in as many steps as it takes', (t) => {
  const reached = new Set(['README.md'])
  for (const page of reached) {
    for (const [, path = ''] of proseOf(page).matchAll(/\]\((?!https?:)([^)#\s]+\.md)[)#]/g))
      reached.add(normalize(join(dirname(page), path)))
  }
  t.deepEqual(
    pages.filter((page) => !reached.has(page)),
    [],
  )
})
