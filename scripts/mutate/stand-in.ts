/**
 * Stands in for AVA in mutation runs: what our tests use of AVA's public interface, on `node:assert`. AVA runs a process
 * for each test file; a mutation run needs thousands of test runs, and most take milliseconds.
 */
import assert from 'node:assert/strict'

/** Of one test: a test that hangs, which a mutant may be the cause of, fails. Milliseconds. */
const TIMEOUT = 10_000
/** Taken now: tests hold the clock. */
const { setTimeout: startTimer, clearTimeout: stopTimer } = globalThis

type Body = (t: Context, ...args: readonly unknown[]) => unknown
type Phase = 'test' | 'before' | 'after' | 'beforeEach' | 'afterEach'

/** A test or a hook, as a file declares it. */
export interface Declared {
  readonly phase: Phase
  readonly title: string
  readonly run: (t: Context) => unknown
}

let declared: Declared[] | undefined

/** What the test file that `load` imports declares. */
export async function declaredBy(load: () => Promise<unknown>): Promise<readonly Declared[]> {
  const own: Declared[] = []
  declared = own
  await load()
  return own
}

/** `test(title, body, ...args)`; a hook may come without a title. */
function declare(phase: Phase): (...declaration: readonly unknown[]) => void {
  return (...declaration) => {
    const [title, body, ...args] = typeof declaration[0] === 'string' ? declaration : [phase, ...declaration]
    declared?.push({ phase, title: String(title), run: (t) => (body as Body)(t, ...args) })
  }
}

const withAlways = (phase: Phase) => Object.assign(declare(phase), { always: declare(phase) })

export default Object.assign(declare('test'), {
  serial: declare('test'),
  skip() {},
  before: declare('before'),
  after: withAlways('after'),
  beforeEach: declare('beforeEach'),
  afterEach: withAlways('afterEach'),
})

/** Runs one test with the hooks of its file; throws what it fails with. */
export async function runTest(test: Declared, file: readonly Declared[]): Promise<void> {
  const hooks = (phase: Phase) => file.filter((one) => one.phase === phase)
  let failure: { readonly error: unknown } | undefined
  for (const { run, phase, title } of [...hooks('beforeEach'), test, ...hooks('afterEach')]) {
    if (failure !== undefined && phase !== 'afterEach') continue
    const t = new Context(title)
    try {
      await withinTimeout(run(t))
      t.end(phase === 'test')
    } catch (error) {
      failure ??= { error: t.failure ?? error }
    } finally {
      await t.tearDown()
    }
  }
  if (failure !== undefined) throw failure.error
}

async function withinTimeout(work: unknown): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise((_, reject) => {
    timer = startTimer(reject, TIMEOUT, new Error('the test hangs'))
  })
  await Promise.race([work, timeout]).finally(() => stopTimer(timer))
}

interface Expected {
  readonly instanceOf?: abstract new (...args: never) => unknown
  readonly is?: unknown
  readonly name?: string
  readonly code?: unknown
  readonly message?: string | RegExp | ((message: string) => boolean)
}

/** The `t` of a test. */
class Context {
  readonly title: string
  readonly context: Record<string, unknown> = {}
  readonly #teardowns: (() => unknown)[] = []
  #assertions = 0
  /** The first assertion that failed: the test may have caught the error. */
  failure: unknown

  constructor(title: string) {
    this.title = title
  }

  #check<Result>(assertion: () => Result): Result {
    this.#assertions++
    try {
      return assertion()
    } catch (error) {
      this.failure ??= error
      throw error
    }
  }

  is = (actual: unknown, expected: unknown) => this.#check(() => assert.equal(actual, expected))
  not = (actual: unknown, expected: unknown) => this.#check(() => assert.notEqual(actual, expected))
  deepEqual = (actual: unknown, expected: unknown) => this.#check(() => assert.deepEqual(actual, expected))
  like = (actual: unknown, expected: object) => this.#check(() => assertLike(actual, expected))
  true = (actual: unknown) => this.#check(() => assert.equal(actual, true))
  false = (actual: unknown) => this.#check(() => assert.equal(actual, false))
  truthy = (actual: unknown) => this.#check(() => assert.ok(actual))
  regex = (actual: string, expected: RegExp) => this.#check(() => assert.match(actual, expected))
  notRegex = (actual: string, expected: RegExp) => this.#check(() => assert.doesNotMatch(actual, expected))
  pass = () => this.#check(() => {})
  fail = (message?: string) => this.#check(() => assert.fail(message))
  log = () => {}
  timeout = () => {}

  throws = (work: () => unknown, expected?: Expected) => {
    let error: unknown
    try {
      work()
    } catch (thrown) {
      error = thrown
    }
    return this.#check(() => checkError(error, expected))
  }

  throwsAsync = async (work: Promise<unknown> | (() => Promise<unknown>), expected?: Expected) => {
    const promise = typeof work === 'function' ? work() : work
    const error: unknown = await promise.then(
      () => undefined,
      (thrown) => thrown,
    )
    return this.#check(() => checkError(error, expected))
  }

  notThrows = (work: () => unknown) => this.#check(() => void work())

  notThrowsAsync = async (work: Promise<unknown> | (() => Promise<unknown>)) => {
    try {
      await (typeof work === 'function' ? work() : work)
    } catch (error) {
      this.fail(String(error))
    }
    this.pass()
  }

  teardown = (work: () => unknown) => {
    this.#teardowns.unshift(work)
  }

  async tearDown(): Promise<void> {
    for (const work of this.#teardowns) await work()
  }

  /** As AVA: a failed assertion counts though its error was caught, and a test without an assertion fails. */
  end(isTest: boolean): void {
    if (this.failure !== undefined) throw this.failure
    if (isTest && this.#assertions === 0) throw new Error('the test has no assertion')
  }
}

function checkError(error: unknown, { instanceOf, is, name, code, message }: Expected = {}): Error {
  assert.ok(error instanceof Error, 'no error was thrown')
  if (instanceOf !== undefined) assert.ok(error instanceof instanceOf, String(error))
  if (is !== undefined) assert.equal(error, is)
  if (name !== undefined) assert.equal(error.name, name)
  if (code !== undefined) assert.equal('code' in error && error.code, code)
  if (typeof message === 'string') assert.equal(error.message, message)
  else if (message instanceof RegExp) assert.match(error.message, message)
  else if (message !== undefined) assert.ok(message(error.message), error.message)
  return error
}

/** Compares only what `expected` has, in arrays and plain objects. */
function assertLike(actual: unknown, expected: unknown): void {
  const isSelector =
    Array.isArray(expected) || (expected !== null && Object.getPrototypeOf(expected) === Object.prototype)
  const entries = isSelector ? Object.entries(Object(expected)) : []
  if (entries.length === 0) assert.deepEqual(actual, expected)
  else assert.ok(typeof actual === 'object' && actual !== null)
  for (const [key, value] of entries) assertLike(Reflect.get(Object(actual), key), value)
}
