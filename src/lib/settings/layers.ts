import { readdir } from 'node:fs/promises'
import { basename, join, parse } from 'node:path'
import { inspect } from 'node:util'
import { Load, RawConfig } from 'config/lib/util.js'
import type { Setting } from './definitions.js'
import type { SettingFault } from './errors.js'

/** One place where settings can be given, and what was given there. */
export interface Layer {
  /** As people know it: "config/local.json5", "environment". */
  readonly name: string
  /** Files and the environment use the settings' names, code their keys; the environment's values are text. */
  readonly origin: Origin
  readonly values: ReadonlyMap<string, unknown>
}

export type Origin = 'file' | 'environment' | 'code'

/** The setting's own name in this place. */
export function nameIn(origin: Origin, { name, key }: Pick<Setting, 'name' | 'key'>): string {
  return origin === 'code' ? key : name
}

/** Every way to spell the setting in this place, its own name first. */
export function spellingsIn(origin: Origin, setting: Setting): readonly string[] {
  const own = nameIn(origin, setting)
  if (origin === 'code') return [own, ...(setting.keys ?? [])]
  return setting.django ? [own, `SESSION_${own}`] : [own]
}

/** The layer of an object in code. What is `undefined` was not given. */
export function codeLayer(name: string, options: object): Layer {
  const given = Object.entries(options).filter(([, value]) => value !== undefined)
  return { name, origin: 'code', values: new Map(given) }
}

export type Environment = Readonly<Record<string, string | undefined>>

/** Of an environment only the variables that look like one of `known`: the others belong to other programs. */
export function environmentLayer(env: Environment, known: readonly string[]): Layer {
  const given = Object.entries(env).filter(
    ([name, value]) => value !== undefined && (known.includes(name) || /^(SESSION|COOKIE|MOVE)_/.test(name)),
  )
  return { name: 'environment', origin: 'environment', values: new Map(given) }
}

/** What the name of a configuration file ends in. */
export const EXTENSION = '.json5'

/** What a configuration directory says. */
interface Files {
  readonly layers: readonly Layer[]
  readonly faults: readonly SettingFault[]
}

/** Reads `default`, `<environment>` and `local`, in this order; none of them has to exist. */
export function readFiles(configDir: string, environment: string): Files {
  const layers: Layer[] = []
  const faults: SettingFault[] = []
  for (const stem of new Set(['default', environment, 'local'])) {
    const name = `${basename(configDir)}/${stem}${EXTENSION}`
    const content = readFile(join(configDir, stem + EXTENSION))
    if (content.kind === 'settings') layers.push({ name, origin: 'file', values: content.values })
    if (content.kind === 'wrong') faults.push(fileFault(name, content.problem))
  }
  return { layers, faults }
}

type Content =
  | { readonly kind: 'settings'; readonly values: ReadonlyMap<string, unknown> }
  | { readonly kind: 'missing' }
  | { readonly kind: 'wrong'; readonly problem: string }

/** The package's `config` object would read process.env, the command line and the host's name; its loader does not. */
function readFile(path: string): Content {
  const load = new Load({ nodeEnv: [], hostName: '' })
  let content: unknown
  try {
    load.loadFile(path, (parsed) => {
      content = parsed
      // Wrapped, because the loader would merge the values, and its merge follows `__proto__`.
      return RawConfig.raw({})
    })
  } catch (error) {
    return { kind: 'wrong', problem: reasonOf(error) }
  }
  if (load.getSources().length === 0) return { kind: 'missing' }
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    return { kind: 'wrong', problem: `holds ${inspect(content, { depth: -1 })} where settings should be` }
  }
  return { kind: 'settings', values: new Map(Object.entries(content)) }
}

/** The parser's or the system's own words, without what the loader puts before them. */
function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  const parserSays = /^Cannot parse config file: '.*': (?:\w+: )*(.+)$/s.exec(message)?.[1]
  if (parserSays !== undefined)
    return `cannot be read: ${parserSays.replace(/ at (\d+):(\d+)$/, ' in line $1, column $2')}`
  return `cannot be read: ${/Error message is: (.+)$/s.exec(message)?.[1] ?? message}`
}

function fileFault(name: string, problem: string): SettingFault {
  const remedy = 'Give an object in JSON5, such as { COOKIE_AGE: 30 }.'
  return { name, value: undefined, layer: name, problem, remedy }
}

/** The files of a configuration directory; none if it does not exist. */
export async function filesIn(configDir: string): Promise<readonly string[]> {
  return readdir(configDir).catch(() => [])
}

/** Files that look as if they should be read, but are not: sentences for people. */
export function unreadFiles(configDir: string, files: readonly string[], environment: string): string[] {
  return files
    .filter((file) => ['default', 'local', environment].includes(parse(file).name))
    .filter((file) => parse(file).ext !== EXTENSION)
    .map(
      (file) => `${basename(configDir)}/${file} is not read: settings are in files that end in ${EXTENSION}.`,
    )
}

/** The fault of what can be no environment's name: it becomes part of a file's name. */
export function environmentFault(given: unknown, name: string, layer: string): SettingFault | undefined {
  if (typeof given === 'string' && /^[A-Za-z0-9_-][A-Za-z0-9_.-]*$/.test(given)) return undefined
  return {
    name,
    value: inspect(given, { depth: -1 }),
    layer,
    problem: 'cannot name an environment',
    remedy: 'Give letters, digits, dots, dashes and underscores, such as production.',
  }
}
