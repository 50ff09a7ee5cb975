import type { SettingDescription } from '../src/lib/settings/describe.js'
import { faultText } from '../src/lib/settings/errors.js'
import type { Reading } from '../src/lib/settings/load.js'
import { readSiteSettings } from '../src/site/settings.js'
import { paint } from './paint.js'

/** Columns of a terminal with 100; longer values are broken into lines. */
const NAME_WIDTH = 26
const VALUE_WIDTH = 42

function line(name: string, value: string, layer: string): string {
  return `  ${name.padEnd(NAME_WIDTH)}${value.padEnd(VALUE_WIDTH)}${layer}`.trimEnd()
}

function row({ name, shown, layer, faulty }: SettingDescription): string {
  const [first = '', ...more] = shown.match(new RegExp(`.{1,${VALUE_WIDTH - 2}}`, 'gsu')) ?? []
  const lines = [line(faulty ? `${name} ✗` : name, first, layer), ...more.map((part) => line('', part, ''))]
  const text = lines.join('\n')
  if (faulty) return paint('red', text)
  return layer === 'built-in default' ? paint('dim', text) : text
}

function tableOf(rows: readonly SettingDescription[]): string {
  return [paint('bold', line('setting', 'value', 'from')), ...rows.map(row)].join('\n')
}

function report({ environment, rows, warnings, faults }: Omit<Reading, 'settings'>): string {
  const parts = [`  Settings in the environment ${paint('bold', environment)}`, tableOf(rows)]
  if (warnings.length > 0)
    parts.push(warnings.map((warning) => `  ${paint('yellow', '!')} ${warning}`).join('\n'))
  if (faults.length > 0) {
    parts.push(paint('red', '  These stop the start:'), ...faults.map(faultText))
  }
  return `\n${parts.join('\n\n')}\n\n`
}

const reading = await readSiteSettings()
process.stdout.write(report(reading))
process.exitCode = reading.settings === undefined ? 1 : 0
