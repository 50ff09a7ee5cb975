import { register } from 'node:module'
import { setImmediate as turn } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import type { MutantCoverage, StrykerOptions } from '@stryker-mutator/api/core'
import { commonTokens, declareClassPlugin, PluginKind, tokens } from '@stryker-mutator/api/plugin'
import {
  type DryRunOptions,
  type DryRunResult,
  DryRunStatus,
  determineHitLimitReached,
  type MutantRunOptions,
  type MutantRunResult,
  type TestResult,
  type TestRunner,
  TestStatus,
  toMutantRunResult,
} from '@stryker-mutator/api/test-runner'
import { type Declared, declaredBy, runTest } from './stand-in.js'

/** What the runner adds to Stryker's options, under `ours`: paths of TypeScript files, which were compiled to `build/`. */
interface RunnerOptions {
  /** What is mutated; loaded first, so that what runs at loading counts as no test's. */
  readonly sources: readonly string[]
  /** In the order in which they are to run. */
  readonly tests: readonly string[]
}

interface TestFile {
  readonly path: string
  readonly declared: readonly Declared[]
}

/** Tests import `ava`, and get its stand-in. */
const standIn = new URL('./stand-in.js', import.meta.url).href
const hook = `export const resolve = (name, context, next) =>
  name === 'ava' ? { url: ${JSON.stringify(standIn)}, shortCircuit: true } : next(name, context)`
register(`data:text/javascript,${encodeURIComponent(hook)}`)

/** Runs the tests for Stryker in one process that stays, compiled, file after file and test after test. */
class Runner implements TestRunner {
  static readonly inject = tokens(commonTokens.options)
  readonly #options: RunnerOptions
  #files: Promise<readonly TestFile[]> | undefined
  /** Errors and rejections that nobody caught since this was last asked for; AVA counts them as failures, too. */
  readonly #uncaught = new Map<unknown, unknown>()

  constructor(options: StrykerOptions) {
    this.#options = options.ours as RunnerOptions
    process.on('uncaughtException', (error) => this.#uncaught.set(error, error))
    process.on('unhandledRejection', (reason, promise) => this.#uncaught.set(promise, reason))
    process.on('rejectionHandled', (promise) => this.#uncaught.delete(promise))
  }

  /** Modules are loaded once a process, so Stryker starts another for what is mutated at loading. */
  capabilities(): { reloadEnvironment: boolean } {
    return { reloadEnvironment: false }
  }

  dryRun({ disableBail }: DryRunOptions): Promise<DryRunResult> {
    return this.#run(() => true, disableBail)
  }

  async mutantRun(options: MutantRunOptions): Promise<MutantRunResult> {
    const { activeMutant, mutantActivation, hitLimit, testFilter, disableBail } = options
    if (mutantActivation === 'runtime') await this.#load()
    const space = instrumented()
    space.activeMutant = activeMutant.id
    space.hitLimit = hitLimit
    space.hitCount = hitLimit === undefined ? undefined : 0
    const chosen = testFilter && new Set(testFilter)
    const result = await this.#run((id) => chosen?.has(id) ?? true, disableBail)
    space.activeMutant = undefined
    return toMutantRunResult(determineHitLimitReached(space.hitCount, hitLimit) ?? result)
  }

  #load(): Promise<readonly TestFile[]> {
    this.#files ??= loadAll(this.#options)
    return this.#files
  }

  async #run(chosen: (id: string) => boolean, disableBail: boolean): Promise<DryRunResult> {
    const tests: TestResult[] = []
    const space = instrumented()
    try {
      for (const file of await this.#load()) {
        for (const test of file.declared.filter(({ phase }) => phase === 'test')) {
          const id = `${file.path}: ${test.title}`
          if (!chosen(id)) continue
          space.currentTestId = id
          const result = await this.#test(id, test, file)
          tests.push(result)
          if (result.status === TestStatus.Failed && !disableBail)
            return { status: DryRunStatus.Complete, tests }
        }
      }
    } catch (error) {
      return { status: DryRunStatus.Error, errorMessage: messageOf(error) }
    } finally {
      space.currentTestId = undefined
    }
    const { mutantCoverage } = space
    return { status: DryRunStatus.Complete, tests, ...(mutantCoverage && { mutantCoverage }) }
  }

  async #test(id: string, test: Declared, { path, declared }: TestFile): Promise<TestResult> {
    const since = performance.now()
    const error = await runTest(test, declared).then(
      () => undefined,
      (thrown) => thrown ?? new Error('nothing was thrown'),
    )
    // Only now is it known whether a rejection stays without a handler.
    await turn()
    const [uncaught] = this.#uncaught.values()
    this.#uncaught.clear()
    const about = { id, name: id, fileName: path, timeSpentMs: performance.now() - since }
    const failure = error ?? uncaught
    if (failure === undefined) return { ...about, status: TestStatus.Success }
    return { ...about, status: TestStatus.Failed, failureMessage: messageOf(failure) }
  }
}

async function loadAll({ sources, tests }: RunnerOptions): Promise<readonly TestFile[]> {
  const load = (path: string): Promise<unknown> =>
    import(pathToFileURL(`build/${path.replace(/\.ts$/, '.js')}`).href)
  for (const path of sources) await load(path)
  const files: TestFile[] = []
  for (const path of tests) files.push({ path, declared: await declaredBy(() => load(path)) })
  return files
}

/** Where the mutated code finds which mutant is active, and notes what was reached. */
interface Space {
  activeMutant?: string | undefined
  currentTestId?: string | undefined
  hitCount?: number | undefined
  hitLimit?: number | undefined
  readonly mutantCoverage?: MutantCoverage
}

function instrumented(): Space {
  const global = globalThis as { __stryker__?: Space }
  global.__stryker__ ??= {}
  return global.__stryker__
}

function messageOf(error: unknown): string {
  return error instanceof Error ? `${error.message} ${String(error.cause ?? '')}` : String(error)
}

export const strykerValidationSchema = { properties: { ours: { type: 'object' } } }

export const strykerPlugins = [declareClassPlugin(PluginKind.TestRunner, 'ours', Runner)]
