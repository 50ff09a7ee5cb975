import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { root } from '../src/site/root.js'
import { findingsFor, testsByNumber } from './audit/evidence.js'
import { printed } from './audit/print.js'
import { requirements } from './audit/requirements.js'

const HELP = `
Each requirement (S01 to S73) with what meets it: tests that bear its number, settings, documents. Exit code 1 if
nothing meets one. To run the tests: npm test, or those of one requirement:
  npx ava --match='*S27*'
`

const program = new Command('npm run audit --')
  .description('Holds Tessera against what is asked of sessions by OWASP, NIST and the RFCs.')
  .option('--only <number...>', 'these requirements, such as S27')
  .option('--all', 'every test of a requirement rather than the first')
  .option('--json', 'the table as JSON')
  .addHelpText('after', HELP)
  .parse()

const { only, all = false, json = false } = program.opts<{ only?: string[]; all?: boolean; json?: boolean }>()
const asked =
  only === undefined
    ? requirements
    : requirements.filter(({ id }) => only.some((one) => one.toUpperCase() === id))
if (only !== undefined && asked.length < only.length) {
  program.error(`There is no such requirement among ${only.join(', ')}: give numbers from S01 to S73.`)
}

const findings = findingsFor(asked, testsByNumber(fileURLToPath(root), ['test', 'src/lib/conformance']))
process.stdout.write(json ? `${JSON.stringify(findings, null, 2)}\n` : printed(findings, all))
process.exitCode = findings.some(({ verdict }) => verdict === 'open') ? 1 : 0
