/**
 * AVA's own parts, without its processes: what declares tests, and what runs one with its assertions, hooks and
 * teardowns. They are no public interface, so this file is all that a new AVA may break.
 */
const inside = (path: string): Promise<unknown> =>
  import(new URL(`../lib/${path}`, import.meta.resolve('ava')).href)

/** A test that takes so long hangs, which a mutant may be the cause of: milliseconds. */
const PATIENCE = 15_000
/** Taken now: tests hold the clock. */
const { setTimeout: startTimer, clearTimeout: stopTimer } = globalThis

interface TestMetadata {
  readonly type: 'test' | 'before' | 'after' | 'beforeEach' | 'afterEach'
  readonly serial: boolean
  readonly skipped: boolean
  readonly todo: boolean
  readonly always: boolean
}

/** A test or a hook, as a file declares it. */
export interface Task {
  readonly title: string
  readonly metadata: TestMetadata
  readonly run: (t: unknown) => unknown
}

interface Context {
  copy(): Context
}

/** How one test or hook ended. */
export interface Outcome {
  readonly passed: boolean
  readonly error: unknown
}

interface Parsed {
  readonly args: readonly unknown[]
  readonly implementation: (t: unknown, ...args: readonly unknown[]) => unknown
  readonly title: { readonly value?: string }
}

/** Reads test files, as AVA's worker does, and hands each task to `declare`. */
export async function declareTo(declare: (task: Task) => void): Promise<void> {
  const { default: createChain } = (await inside('create-chain.js')) as {
    default: (
      call: (metadata: TestMetadata, args: unknown[]) => void,
      defaults: object,
      meta: object,
    ) => unknown
  }
  const { default: parse } = (await inside('parse-test-args.js')) as { default: (args: unknown[]) => Parsed }
  const { default: state } = (await inside('worker/state.cjs')) as {
    default: { refs: { runnerChain: unknown } }
  }
  const defaults = {
    ...{ serial: false, exclusive: false, skipped: false, selected: true, todo: false, failing: false },
    ...{ callback: false, inline: false, always: false },
  }
  state.refs.runnerChain = createChain(
    (metadata, declared) => {
      const { args, implementation, title } = parse([...declared])
      declare({ title: title.value ?? metadata.type, metadata, run: (t) => implementation(t, ...args) })
    },
    defaults,
    {},
  )
}

/** Runs one test with the hooks of its file. */
export async function runWithHooks(
  task: Task,
  hooks: (type: TestMetadata['type'], always: boolean) => readonly Task[],
): Promise<Outcome> {
  const { default: ContextRef } = (await inside('context-ref.js')) as { default: new () => Context }
  const { default: Test } = (await inside('test.js')) as {
    default: new (
      options: object,
    ) => {
      saveFirstError(error: Error): void
      finishDueToTimeout?: () => void
      run(): Outcome | Promise<Outcome>
    }
  }
  const contextRef = new ContextRef()
  const titles = new Set<string>()
  const run = async ({ title, metadata, run: fn }: Task, isHook: boolean): Promise<Outcome> => {
    const test = new Test({
      ...{ fn, title, metadata, contextRef, isHook, failWithoutAssertions: !isHook },
      registerUniqueTitle: (attempt: string) => !titles.has(attempt) && titles.add(attempt),
      notifyTimeoutUpdate: () => {},
    })
    const timer = startTimer(() => {
      test.saveFirstError(new Error('it hangs'))
      test.finishDueToTimeout?.()
    }, PATIENCE)
    try {
      return await test.run()
    } finally {
      stopTimer(timer)
    }
  }
  const all = async (tasks: readonly Task[]): Promise<Outcome | undefined> => {
    for (const hook of tasks) {
      const outcome = await run(hook, true)
      if (!outcome.passed) return outcome
    }
    return undefined
  }
  const failed = await all(hooks('beforeEach', false))
  const outcome = failed ?? (await run(task, false))
  const after = outcome.passed ? await all(hooks('afterEach', false)) : undefined
  return (await all(hooks('afterEach', true))) ?? after ?? outcome
}
