import { paint } from '../../src/lib/commands/terminal.js'
import type { Finding } from './evidence.js'

const SIGN = {
  met: paint('green', '✓'),
  'not applicable': paint('dim', '–'),
  open: paint('red', '✗'),
} as const
const INDENT = ' '.repeat(8)

/** The table for a terminal: each requirement, and under it what it is met by. */
export function printed(findings: readonly Finding[], all: boolean): string {
  const groups = [...new Set(findings.map(({ group }) => group))]
  const parts = groups.map((group) => {
    const own = findings.filter((finding) => finding.group === group)
    return [`  ${paint('bold', group)}`, ...own.map((finding) => entry(finding, all))].join('\n')
  })
  return `\n${parts.join('\n\n')}\n\n  ${summary(findings)}\n\n`
}

function entry(finding: Finding, all: boolean): string {
  const { id, text, source, verdict } = finding
  const head = `  ${SIGN[verdict]} ${paint('bold', id)} ${text}${source === undefined ? '' : paint('dim', ` [${source}]`)}`
  return [head, ...metBy(finding, all).map((line) => paint('dim', INDENT + line))].join('\n')
}

/** What a requirement is met by, in lines. */
function metBy({ tests, settings = [], documents = [], notApplicable }: Finding, all: boolean): string[] {
  if (notApplicable !== undefined) return [`not applicable: ${notApplicable}`]
  const shown = all ? tests : tests.slice(0, 1)
  const more = tests.length - shown.length
  return [
    ...shown.map(({ file, title }) => `test     ${file} “${title}”`),
    ...(more > 0 ? [`         and ${more} more`] : []),
    ...(settings.length > 0 ? [`setting  ${settings.join(', ')}`] : []),
    ...documents.map((place) => `document ${place}`),
  ]
}

function summary(findings: readonly Finding[]): string {
  const count = (verdict: Finding['verdict']): number =>
    findings.filter((one) => one.verdict === verdict).length
  const open = count('open')
  const rest = `${count('met')} met, ${count('not applicable')} not applicable`
  return open === 0 ? `${findings.length} requirements: ${rest}` : `${rest}, ${paint('red', `${open} open`)}`
}
