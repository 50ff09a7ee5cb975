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
import { declareTo, runWithHooks, type Task } from './ava.js'

/** What the runner adds to Stryker's options, under `ava`. */
interface AvaOptions {
  /** What is mutated; loaded first, so that no test counts as the one that reached what runs at loading. */
  readonly sources: readonly string[]
  /** In the order in which they are to run. */
  readonly tests: readonly string[]
}

interface TestFile {
  readonly path: string
  readonly tasks: Task[]
}

/**
 * Runs AVA's tests for Stryker in one process that stays, file after file and test after test. A process for each
 * mutant would make an hour of what takes minutes: most mutants are killed by one test in a few milliseconds.
 */
class AvaRunner implements TestRunner {
  static readonly inject = tokens(commonTokens.options)
  readonly #paths: AvaOptions
  #files: Promise<readonly TestFile[]> | undefined
  /** What nobody caught since it was last asked for; AVA too takes it for a failure. */
  readonly #strays = new Map<unknown, unknown>()

  constructor(options: StrykerOptions) {
    this.#paths = options.ava as AvaOptions
    process.on('uncaughtException', (error) => this.#strays.set(error, error))
    process.on('unhandledRejection', (reason, promise) => this.#strays.set(promise, reason))
    process.on('rejectionHandled', (promise) => this.#strays.delete(promise))
  }

  /** Modules are loaded once a process, so Stryker begins another for what is mutated while they load. */
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
    this.#files ??= loadAll(this.#paths)
    return this.#files
  }

  async #run(chosen: (id: string) => boolean, disableBail: boolean): Promise<DryRunResult> {
    const tests: TestResult[] = []
    const space = instrumented()
    try {
      for (const file of await this.#load()) {
        for (const task of file.tasks.filter(isTest)) {
          const id = `${file.path}: ${task.title}`
          if (!chosen(id)) continue
          space.currentTestId = id
          const result = await this.#test(id, task, file)
          tests.push(result)
          if (result.status === TestStatus.Failed && !disableBail)
            return { status: DryRunStatus.Complete, tests }
        }
      }
    } catch (error) {
      return { status: DryRunStatus.Error, errorMessage: said(error) }
    } finally {
      space.currentTestId = undefined
    }
    const { mutantCoverage } = space
    return { status: DryRunStatus.Complete, tests, ...(mutantCoverage && { mutantCoverage }) }
  }

  async #test(id: string, task: Task, file: TestFile): Promise<TestResult> {
    const since = performance.now()
    const hooks = (type: string, always: boolean): readonly Task[] =>
      file.tasks.filter(({ metadata }) => metadata.type === type && metadata.always === always)
    const { passed, error } = await runWithHooks(task, hooks)
    // Only now is it known whether a rejection stays without a handler.
    await turn()
    const strays = [...this.#strays.values()]
    this.#strays.clear()
    const about = { id, name: id, fileName: file.path, timeSpentMs: performance.now() - since }
    if (passed && strays.length === 0) return { ...about, status: TestStatus.Success }
    return { ...about, status: TestStatus.Failed, failureMessage: said(passed ? strays[0] : error) }
  }
}

async function loadAll({ sources, tests }: AvaOptions): Promise<readonly TestFile[]> {
  for (const path of sources) await import(pathToFileURL(path).href)
  const files: TestFile[] = []
  await declareTo((task) => files.at(-1)?.tasks.push(task))
  for (const path of tests) {
    files.push({ path, tasks: [] })
    await import(pathToFileURL(path).href)
  }
  return files
}

function isTest({ metadata }: Task): boolean {
  return metadata.type === 'test' && !metadata.skipped && !metadata.todo
}

/** Where the mutated code looks which mutant it is, and notes what was reached. */
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

function said(error: unknown): string {
  return error instanceof Error ? `${error.message} ${String(error.cause ?? '')}` : String(error)
}

export const strykerValidationSchema = { properties: { ava: { type: 'object' } } }

export const strykerPlugins = [declareClassPlugin(PluginKind.TestRunner, 'ava', AvaRunner)]
