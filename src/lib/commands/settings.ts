import type { SettingDescription } from '../settings/describe.js'
import { faultText } from '../settings/errors.js'
import type { Layers } from './layers.js'
import { json, paint } from './terminal.js'

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
  return layer.startsWith('built-in default') ? paint('dim', text) : text
}

function tableOf(rows: readonly SettingDescription[]): string {
  return [paint('bold', line('setting', 'value', 'layer')), ...rows.map(row)].join('\n')
}

function reportOf({ environment, rows, warnings, faults, others = [] }: Layers): string {
  const parts = [`  Settings in the environment ${paint('bold', environment)}`, tableOf(rows)]
  if (warnings.length > 0)
    parts.push(warnings.map((warning) => `  ${paint('yellow', '!')} ${warning}`).join('\n'))
  if (others.length > 0) {
    const lines = others.map((other) => paint('dim', `  · ${other}`))
    parts.push(
      [...lines, paint('dim', '  An application declares its own with loadSettings({ own: … }).')].join('\n'),
    )
  }
  if (faults.length > 0) {
    parts.push(paint('red', '  These stop the start:'), ...faults.map(faultText))
  }
  return `\n${parts.join('\n\n')}\n\n`
}

/** Every setting with its value and where it came from. Answers the exit code: 1 if a fault stops the start. */
export async function showSettings(
  read: () => Promise<Layers>,
  options: { readonly json?: true },
): Promise<number> {
  const layers = await read()
  const { environment, rows, warnings, faults, others = [], settings } = layers
  const report = options.json
    ? json({ environment, settings: rows, warnings: [...warnings, ...others], faults })
    : reportOf(layers)
  process.stdout.write(report)
  return settings === undefined ? 1 : 0
}
