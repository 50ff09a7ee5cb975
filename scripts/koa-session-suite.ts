import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Command } from 'commander'
import { transform } from 'esbuild'
import { differences } from './koa-session-suite/differences.js'

/**
 * Runs the tests that koa-session publishes against `koa-tessera/koa-session`. They are fetched for the run, since the
 * package on npm has none; or taken from KOA_SESSION_TESTS: a checkout of the repository, or its git directory. What fails
 * must be exactly what `differences.ts` lists.
 */
const TAG = 'v7.0.2'
const ARCHIVE = `https://codeload.github.com/koajs/session/tar.gz/refs/tags/${TAG}`
const needs = 'test/koa-session'

new Command('npm run test:koa-session --')
  .description('Runs the tests of koa-session against koa-tessera/koa-session.')
  .allowExcessArguments(false)
  .addHelpText(
    'after',
    '\nThe tests are fetched. KOA_SESSION_TESTS: a checkout of koa-session, or its git directory.',
  )
  .parse()

const folder = await mkdtemp(join(tmpdir(), 'koa-session-'))
try {
  await fetchTests(folder)
  run('npm', ['ci', '--prefix', needs, '--ignore-scripts', '--no-audit', '--no-fund'], 'ignore')
  await symlink(join(process.cwd(), needs, 'node_modules'), join(folder, 'node_modules'))
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
  process.exitCode = report(await results(await rewritten(join(folder, 'test'))))
} finally {
  await rm(folder, { recursive: true, force: true })
}

async function fetchTests(to: string): Promise<void> {
  const { KOA_SESSION_TESTS: given } = process.env
  if (given === undefined) {
    const response = await fetch(ARCHIVE)
    if (!response.ok) throw new Error(`${ARCHIVE} answered ${response.status}`)
    const archive = join(to, 'archive.tar.gz')
    await writeFile(archive, Buffer.from(await response.arrayBuffer()))
    run('tar', ['xzf', archive, '-C', to, '--strip-components=1'])
    return
  }
  const isCheckout = await stat(join(given, 'test')).then(
    () => true,
    () => false,
  )
  if (isCheckout) return cp(join(given, 'test'), join(to, 'test'), { recursive: true })
  const archive = join(to, 'archive.tar')
  run('git', ['-C', given, 'archive', '-o', archive, TAG, 'test'])
  run('tar', ['xf', archive, '-C', to])
}

/** Points the tests at ours, and makes JavaScript of them; answers the files. */
async function rewritten(tests: string): Promise<readonly string[]> {
  const ours = pathToFileURL('build/src/lib/koa-session/index.js').href
  const files = (await readdir(tests)).map((name) => join(tests, name))
  for (const file of files) {
    const text = await readFile(file, 'utf8')
    const { code } = await transform(text.replaceAll("'../src/index.js'", `'${ours}'`), { loader: 'ts' })
    await writeFile(file.replace(/\.ts$/, '.js'), code)
  }
  return files.filter((file) => file.endsWith('.test.ts')).map((file) => file.replace(/\.ts$/, '.js'))
}

interface Results {
  readonly passes: readonly { readonly fullTitle: string }[]
  readonly failures: readonly { readonly fullTitle: string; readonly err: { readonly message?: string } }[]
}

/** Each file in a process of its own: what one throws later must not be taken for a failure of another. */
async function results(files: readonly string[]): Promise<Results> {
  const all = await Promise.all(files.map(resultsOf))
  return { passes: all.flatMap(({ passes }) => passes), failures: all.flatMap(({ failures }) => failures) }
}

async function resultsOf(file: string): Promise<Results> {
  const output = `${file}.json`
  const mocha = join(needs, 'node_modules/mocha/bin/mocha.js')
  const options = [
    '--import',
    'tsx',
    mocha,
    '--exit',
    '--reporter',
    'json',
    '--reporter-option',
    `output=${output}`,
  ]
  const child = spawn(process.execPath, [...options, file], { stdio: ['ignore', 'ignore', 'pipe'] })
  let errors = ''
  child.stderr?.on('data', (chunk) => {
    errors += chunk
  })
  await once(child, 'close')
  try {
    return JSON.parse(await readFile(output, 'utf8')) as Results
  } catch {
    return {
      passes: [],
      failures: [{ fullTitle: file.replace(/.*\/test\//, 'test/'), err: { message: errors.slice(-2000) } }],
    }
  }
}

function report({ passes, failures }: Results): number {
  const known = new Set(Object.values(differences).flat())
  const unexpected = failures.filter(({ fullTitle }) => !known.has(fullTitle))
  const failed = new Set(failures.map(({ fullTitle }) => fullTitle))
  const gone = [...known].filter((title) => !failed.has(title))
  for (const { fullTitle, err } of unexpected)
    console.error(`fails, and is not listed: ${fullTitle}\n  ${err.message}`)
  for (const title of gone) console.error(`is listed as a difference, and passes or is not there: ${title}`)
  console.log(
    `${passes.length} of koa-session ${TAG}'s tests pass, ${failures.length} do not, ${known.size} are listed`,
  )
  return unexpected.length + gone.length === 0 ? 0 : 1
}

function run(command: string, options: readonly string[], stdio: 'inherit' | 'ignore' = 'inherit'): void {
  const { status, error } = spawnSync(command, options, { stdio })
  if (status !== 0) throw error ?? new Error(`${command} ${options.join(' ')} ended with ${status}`)
}
