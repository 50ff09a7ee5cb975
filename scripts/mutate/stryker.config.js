import { readdirSync } from 'node:fs'

/**
 * `npm run mutate`: faults are put into the code one by one, and each must be noticed by a test. The quickest tests go
 * first. The report is `var/mutation/index.html`; what survives for a reason stands in docs/mutation.md.
 */
const filesIn = (folder, ending) =>
  readdirSync(folder)
    .filter((name) => name.endsWith(ending))
    .map((name) => `${folder}/${name}`)

const sources = ['src/lib/codecs', 'src/lib/session', 'src/lib/users'].flatMap((folder) =>
  filesIn(folder, '.ts'),
)
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

// The engines without a store outside this process; what concerns the others is none of the mutated code's.
process.env.TEST_ENGINES = 'cache,signed,sealed'
// The same properties for every mutant, tried less often.
process.env.PROPERTY_SEED = '7'
process.env.PROPERTY_FACTOR = '0.2'
// Every process that Stryker starts reads TypeScript.
process.env.NODE_OPTIONS = '--import=tsx'

export default {
  mutate: sources,
  plugins: [new URL('./ava-runner.ts', import.meta.url).pathname],
  testRunner: 'ava',
  ava: { sources, tests },
  coverageAnalysis: 'perTest',
  concurrency: 1,
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
  ignorePatterns: ['dist', 'var', 'docs', 'views', 'test/site'],
}
