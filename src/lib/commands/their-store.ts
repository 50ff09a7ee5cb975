import { stat } from 'node:fs/promises'
import { basename, extname, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { type EmptyStore, openBench } from '../conformance/index.js'
import type { Engine, EngineTools } from '../engines/engine.js'
import { isSessionStore } from '../engines/given-engine.js'
import { storeEngine } from '../engines/store-engine.js'
import { CommandFailed } from './failure.js'

/** What a module may call what it exports, the most telling first. */
const EXPORTS = ['emptyStore', 'default', 'open', 'engine', 'store'] as const

export const EXPECTED = `The module exports one of these, by default or as emptyStore, open, engine or store:
  - a function that answers a SessionStore or an Engine; it gets { clock, logger, codec }
  - a class of stores or engines
  - a store, an engine, or what storeEngine({ name, store }) answers
  - emptyStore(), which answers { open, damage?, dump?, takeDown?, discard? }, as runCase() takes it
Each case wants a store without data. For each one the module is loaded anew, and the function called; a store that
outlives the process needs emptyStore().`

/** Somebody's store, to be tried: an empty one for each case. */
export interface TheirStore {
  readonly name: string
  readonly emptyStore: () => Promise<EmptyStore>
}

/**
 * The store that the module at `path` exports, relative to the working directory.
 *
 * @throws CommandFailed if there is none, or it cannot be loaded.
 */
export async function theirStore(path: string): Promise<TheirStore> {
  const url = path.startsWith('file:') ? path : pathToFileURL(resolve(path)).href
  const isFile = await stat(fileURLToPath(url)).then(
    (facts) => facts.isFile(),
    () => false,
  )
  if (!isFile) throw new CommandFailed(`there is no file ${path}`)
  const name = basename(path, extname(path))
  let loads = 0
  const emptyStore = async (): Promise<EmptyStore> => {
    // Another query makes another module of the same file: what it holds of the case before is gone.
    const given = exportOf(await load(`${url}?case=${loads++}`, path), path)
    return emptyStoreFrom(given, name, path)
  }
  // What is wrong with the module itself is one error, and not one of each case.
  const bench = await openBench(await emptyStore())
  // What closing does wrong is for the cases to say.
  await bench.close().catch(() => {})
  return { name, emptyStore }
}

async function load(url: string, path: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return await import(url)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new CommandFailed(`${path} cannot be loaded: ${why}`, { cause })
  }
}

/** A module of one function exports that one, whatever its name. CommonJS has its exports in the default one. */
function exportOf(module: Readonly<Record<string, unknown>>, path: string): unknown {
  const inside = module.default
  const all =
    isObject(inside) && !isStoreLike(inside) && !isOpener(inside) ? { ...module, ...inside } : module
  const name = EXPORTS.find(
    (one) => isStoreLike(all[one]) || isOpener(all[one]) || typeof all[one] === 'function',
  )
  if (name !== undefined) return all[name]
  const functions = Object.values(all).filter((value) => typeof value === 'function')
  if (functions.length === 1) return functions[0]
  const names = Object.entries(module).map(([name, value]) => `${name} (${kindOf(value)})`)
  throw new CommandFailed(
    `${path} exports no store: it exports ${names.join(', ') || 'nothing'}.\n${EXPECTED}`,
  )
}

/** What an export is, in a word: a name alone can be the right one, as `store` is, and still hold no store. */
function kindOf(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}

async function emptyStoreFrom(given: unknown, name: string, path: string): Promise<EmptyStore> {
  if (isOpener(given)) return given
  if (!isCallable(given)) return { open: async (tools) => engineFrom(given, tools, name, path) }
  // Only a call tells what a function answers. Its first answer serves the first engine of the case.
  let first: { readonly answer: unknown } | undefined
  if (!isClass(given) && given.length === 0) {
    first = { answer: await given() }
    if (isOpener(first.answer)) return first.answer
  }
  return {
    async open(tools) {
      const answer = first === undefined ? await make(given, tools) : first.answer
      first = undefined
      return engineFrom(answer, tools, name, path)
    },
  }
}

/** What `given` answers, or makes, of the tools. One without parameters may have a default for something else. */
async function make(given: Callable, tools: EngineTools): Promise<unknown> {
  if (isClass(given)) return new given(tools)
  return given.length === 0 ? given() : given(tools)
}

async function engineFrom(given: unknown, tools: EngineTools, name: string, path: string): Promise<Engine> {
  if (isCallable(given)) return engineFrom(await make(given, tools), tools, name, path)
  if (isOpener(given)) return engineFrom(await given.open(tools), tools, name, path)
  if (isSessionStore(given)) return storeEngine({ name, store: given })(tools)
  if (isStoreLike(given)) return given as unknown as Engine
  throw new CommandFailed(`${path} makes no store and no engine, but ${typeof given}.\n${EXPECTED}`)
}

type Callable = ((...args: unknown[]) => unknown) & (new (...args: unknown[]) => unknown)

function isCallable(value: unknown): value is Callable {
  return typeof value === 'function'
}

function isClass(given: unknown): boolean {
  return typeof given === 'function' && /^class\b/.test(Function.prototype.toString.call(given))
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

function isOpener(value: unknown): value is EmptyStore {
  return isObject(value) && typeof value.open === 'function' && !isStoreLike(value)
}

/** A store, or an engine: perhaps one that lacks something, which the suite then says. */
function isStoreLike(value: unknown): boolean {
  return (
    isSessionStore(value) ||
    (isObject(value) && ['load', 'create', 'update'].some((name) => typeof value[name] === 'function'))
  )
}
