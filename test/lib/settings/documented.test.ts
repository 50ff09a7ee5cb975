import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { settingsPage } from '../../../scripts/settings-page.js'
import { sessionSettings } from '../../../src/lib/settings/definitions.js'
import { root } from '../../support/root.js'

/** The doc comments of the members of `Settings`, each in one line. */
async function comments(): Promise<ReadonlyMap<string, string>> {
  const text = await readFile(join(root, 'src/lib/settings/settings.ts'), 'utf8')
  const [, body = ''] = /export interface Settings \{\n(.*?)\n\}/s.exec(text) ?? []
  return new Map(
    [...body.matchAll(/\/\*\*(.*?)\*\/\s+readonly (\w+):/gs)].map(([, comment = '', key = '']) => [
      key,
      comment.replace(/\s*\n\s*\*\s*/g, ' ').trim(),
    ]),
  )
}

const shown = (value: unknown): string => {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return 'none'
  return typeof value === 'string' ? `\`${value}\`` : String(value)
}

test('an editor shows the meaning and the default of each setting, and no rule’s number', async (t) => {
  const found = await comments()
  t.deepEqual(
    [...found.keys()].slice(3),
    sessionSettings.map(({ key }) => key),
  )
  for (const { key, default: value, production } of sessionSettings) {
    const comment = found.get(key) ?? ''
    const said = `Default: ${shown(value)}`
    t.true(comment.includes(said), `${key}: ${said}`)
    if (production !== undefined)
      t.true(comment.includes(`in production ${shown(production.value)}`), `${key}: ${production.value}`)
    else t.false(comment.includes('in production'), key)
    t.notRegex(comment, /\bS\d\d\b|Django item/)
  }
})

test('docs/settings.md has every setting as it is defined: `npm run settings-page` writes them', async (t) => {
  t.is(await readFile(join(root, 'docs/settings.md'), 'utf8'), settingsPage())
})
