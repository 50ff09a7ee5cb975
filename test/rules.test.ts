import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { requirements } from '../scripts/audit/requirements.js'
import { root } from './support/root.js'

const page = readFileSync(join(root, 'docs/rules.md'), 'utf8')

/** The audit's own test asks for a rule that there is not. */
const NO_RULE = 'S99'

/** "item 9", "items 9 and 10", "items 28, 33 and 35", "items 33 to 35". */
const ITEMS = /\bitems? (\d+(?:(?:, | and | to )\d+)*)/g

interface Mention {
  readonly tag: string
  readonly file: string
}

function mentionsIn(file: string): Mention[] {
  const text = readFileSync(join(root, file), 'utf8')
  const tags = [...text.matchAll(/\b(?:[SR]\d\d|W\d\d?)(?![\dA-Z])/g)].map(([tag]) => tag)
  const items = [...text.matchAll(ITEMS)].flatMap(([, list = '']) => numbersOf(list))
  return [...tags, ...items].map((tag) => ({ tag, file }))
}

function numbersOf(list: string): string[] {
  return list.split(/, | and /).flatMap((part) => {
    const [first = 0, last = first] = part.split(' to ').map(Number)
    return Array.from({ length: last - first + 1 }, (_, step) => String(first + step))
  })
}

const mentions = ['src', 'test', 'scripts'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.includes('node_modules'))
    .flatMap((name) => mentionsIn(`${folder}/${name}`)),
)
const defined = [...page.matchAll(/^\| ([SRW]\d+|\d+) \| /gm)].map(([, tag = '']) => tag)

test('every tag in the source, the tests and the scripts is defined in docs/rules.md', (t) => {
  const known = new Set([...defined, NO_RULE])
  t.deepEqual(
    mentions.filter(({ tag }) => !known.has(tag)),
    [],
  )
})

test('every tag that docs/rules.md defines is used somewhere, and defined once', (t) => {
  const used = new Set(mentions.map(({ tag }) => tag))
  t.deepEqual(
    defined.filter((tag, place) => !used.has(tag) || defined.indexOf(tag) !== place),
    [],
  )
})

test('docs/rules.md has the requirements of npm run audit, word for word', (t) => {
  const lines = requirements.map(
    ({ id, text, source }) => `| ${id} | ${text} |${source === undefined ? '' : ` ${source}`} |`,
  )
  t.deepEqual(page.match(/^\| S\d\d .*$/gm), lines)
})
