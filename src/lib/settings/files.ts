import { readdir } from 'node:fs/promises'
import { basename, join, parse } from 'node:path'
import { inspect } from 'node:util'
import { Load, RawConfig } from 'config/lib/util.js'
import type { SettingFault } from './errors.js'
import type { Layer } from './layers.js'

const EXTENSION = '.json5'

/** What a configuration directory says. */
export interface Files {
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

/** What looks like a slip in the choice or the naming of the files. `environment` is one that somebody asked for. */
export async function fileWarnings(configDir: string, environment: string | undefined): Promise<string[]> {
  const files = await readdir(configDir).catch(() => [])
  const folder = basename(configDir)
  const stems = ['default', 'local', ...(environment === undefined ? [] : [environment])]
  const unread = files
    .filter((file) => stems.includes(parse(file).name) && parse(file).ext !== EXTENSION)
    .map((file) => `${folder}/${file} is not read: settings are in files that end in ${EXTENSION}.`)
  const known = files.filter((file) => file.endsWith(EXTENSION)).map((file) => parse(file).name)
  if (environment === undefined || files.length === 0 || known.includes(environment)) return unread
  const others = known.filter((stem) => stem !== 'default' && !/^local\b/.test(stem))
  const list = others.length === 0 ? 'there are none' : `there are: ${others.sort().join(', ')}`
  return [`NODE_ENV=${environment} has no file ${folder}/${environment}${EXTENSION}; ${list}.`, ...unread]
}
