/** `npm run settings-page`: writes the table of all settings into docs/settings.md. */
import { readFileSync, writeFileSync } from 'node:fs'
import { Command } from 'commander'
import { type Setting, sessionSettings } from '../src/lib/settings/definitions.js'
import { root } from '../src/site/root.js'

/** What is written stands between these lines; the rest of the page is written by hand. */
const BEGIN = '<!-- table: npm run settings-page -->\n'
const END = '<!-- end of the table -->'

const page = new URL('docs/settings.md', root)

function shown(value: unknown): string {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return 'none'
  return `\`${String(value)}\``
}

function row({ name, key, default: value, production, meaning }: Setting): string {
  const inProduction = production === undefined ? '' : `; in production ${shown(production.value)}`
  return `| \`${name}\` | \`${key}\` | ${shown(value)}${inProduction} | ${meaning} |`
}

/** The page with the table as the definitions have it. */
export function settingsPage(text = readFileSync(page, 'utf8')): string {
  const [begin, end] = [text.indexOf(BEGIN) + BEGIN.length, text.indexOf(END)]
  if (begin < BEGIN.length || end === -1) throw new Error(`docs/settings.md lacks ${BEGIN.trim()} or ${END}`)
  const table = [
    '| name | in code | default | what it decides |',
    '|---|---|---|---|',
    ...sessionSettings.map(row),
  ]
  return `${text.slice(0, begin)}\n${table.join('\n')}\n\n${text.slice(end)}`
}

if (process.argv[1] === import.meta.filename) {
  new Command('npm run settings-page --')
    .description('Writes the table of all settings into docs/settings.md.')
    .allowExcessArguments(false)
    .parse()
  writeFileSync(page, settingsPage())
}
