import { readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'

/**
 * `npm run mutate`: faults are put into the code one by one, and each must be noticed by a test. The report is
 * `var/mutation/index.html`; what survives for a reason is listed in docs/mutation.md. For one file, with the tests of
 * its folder:
 *
 *     MUTATE_TESTS=test/lib/session npm run mutate -- --mutate src/lib/session/plan.ts
 */
const filesIn = (folder, ending) =>
  readdirSync(folder)
    .filter((name) => name.endsWith(ending))
    .map((name) => `${folder}/${name}`)

const sources = ['codecs', 'session', 'users'].flatMap((folder) => filesIn(`src/lib/${folder}`, '.ts'))

/** Quick ones first: a mutant's run ends with the first test that fails. */
const tests = [
  ...filesIn('test/lib/session', '.test.ts'),
  ...filesIn('test/system/properties', '.test.ts'),
  ...filesIn('test/lib/codecs', '.test.ts'),
  ...filesIn('test/lib/users', '.test.ts'),
  ...filesIn('test/lib/middleware', '.test.ts'),
  ...filesIn('test/lib/csrf', '.test.ts'),
  'test/lib/engines/alone.test.ts',
  'test/lib/engines/signed-cookies.test.ts',
  'test/system/races/resurrection.test.ts',
  'test/lib/conformance/conformance.test.ts',
]
const folders = process.env.MUTATE_TESTS?.split(',')
const chosen = tests.filter((path) => folders?.some((folder) => path.startsWith(folder)) ?? true)

// The engines without a store outside this process; what concerns the others is none of the mutated code's.
process.env.TEST_ENGINES = 'cache,signed,sealed'
// The same properties for every mutant, tried less often.
process.env.PROPERTY_SEED = '7'
process.env.PROPERTY_FACTOR = '0.2'

export default {
  mutate: sources,
  // Once for all mutants. Stryker has marked the files that it has changed as not to be checked.
  buildCommand: 'tsc',
  plugins: [new URL('../../build/scripts/mutate/runner.js', import.meta.url).pathname],
  testRunner: 'ours',
  ours: { sources, tests: chosen },
  coverageAnalysis: 'perTest',
  concurrency: availableParallelism(),
  timeoutMS: 3000,
  timeoutFactor: 1.25,
  dryRunTimeoutMinutes: 10,
  thresholds: { high: 95, low: 90, break: 85 },
  reporters: ['clear-text', 'html', 'json', 'progress'],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  htmlReporter: { fileName: 'var/mutation/index.html' },
  jsonReporter: { fileName: 'var/mutation/report.json' },
  tempDirName: 'var/mutation/sandbox',
  // Stryker would read it with an interface that TypeScript 7 does not have; there is nothing in it to rewrite.
  tsconfigFile: 'none',
  ignorePatterns: ['build', 'dist', 'var', 'docs', 'views', 'test/site', 'scripts/bench/node_modules'],
}
