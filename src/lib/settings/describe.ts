import { relative, sep } from 'node:path'
import { inspect } from 'node:util'
import type { Setting } from './definitions.js'
import type { SettingFault } from './errors.js'
import { nameIn } from './layers.js'
import type { Settings } from './settings.js'

/** A setting in effect, as anybody may see it. */
export interface SettingDescription {
  readonly name: string
  /** Its name in code. */
  readonly key: string
  /** The value, as far as anybody may see it. */
  readonly shown: string
  /** Where the value came from. */
  readonly layer: string
  /** What the setting decides, in one line. */
  readonly meaning: string
  /** Whether this value stops the start. */
  readonly faulty: boolean
}

/** What is in effect for one setting: a checked value, or the wrong one that stands in its place. */
export type Held =
  | { readonly kind: 'good'; readonly value: unknown; readonly layer: string }
  | { readonly kind: 'wrong'; readonly shown: string; readonly layer: string }

/** The value in effect, if it is a right one. */
export function goodValue(held: ReadonlyMap<string, Held>, key: string): unknown {
  const now = held.get(key)
  return now?.kind === 'good' ? now.value : undefined
}

/** Where settings came from, beside them: the values alone are what `Settings` holds. */
const descriptions = new WeakMap<object, readonly SettingDescription[]>()

export function keepDescription(settings: Settings, rows: readonly SettingDescription[]): void {
  descriptions.set(settings, rows)
}

/**
 * Every setting with its value and the layer it came from, in the order of the documentation.
 *
 * @throws TypeError if `settings` is not the object that was loaded: of a copy it is not known where values came from.
 */
export function describeSettings(settings: Settings): readonly SettingDescription[] {
  const rows = descriptions.get(settings)
  if (rows === undefined) throw new TypeError('These settings are a copy: pass the object that was loaded.')
  return rows
}

/** One row for each setting, wrong ones marked. */
export function rowsOf(
  settings: readonly Setting[],
  held: ReadonlyMap<string, Held>,
  faults: readonly SettingFault[],
): SettingDescription[] {
  return settings.flatMap((setting) => {
    const now = held.get(setting.key)
    if (now === undefined) return []
    const { name, key, meaning } = setting
    const isFaultyBesides = faults.some(
      (fault) => fault.layer === now.layer && [name, nameIn('code', setting)].includes(fault.name),
    )
    return {
      name,
      key,
      shown: now.kind === 'good' ? shown(setting, now.value) : now.shown,
      layer: now.layer,
      meaning,
      faulty: now.kind === 'wrong' || isFaultyBesides,
    }
  })
}

/** What stands for what may not be seen, whatever its length. */
export const HIDDEN = '••••••'

type Shown = Pick<Setting, 'shown'>

/** A value in effect, as anybody may see it. */
export function shown({ shown }: Shown, value: unknown): string {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return 'none'
  switch (shown) {
    case 'value':
      return String(value)
    case 'address':
      return shownAddress(String(value))
    case 'path':
      return shownPath(String(value))
    default:
      return HIDDEN
  }
}

/** A value as somebody gave it, right or wrong: with the quotes that tell text from numbers, and on one line. */
export function shownAsGiven({ shown }: Shown, value: unknown): string {
  if (value === undefined) return 'none'
  if (shown === undefined) return HIDDEN
  const open = shown === 'address' && typeof value === 'string' ? shownAddress(value) : value
  // What is inside an object is not shown: it may be somebody's secret in the wrong place.
  return inspect(open, { depth: -1, maxStringLength: 120, customInspect: false })
}

/** Beneath the working directory without the way there. */
function shownPath(path: string): string {
  const below = relative(process.cwd(), path)
  return below === '' || below === '..' || below.startsWith(`..${sep}`) ? path : below
}

const HOST = String.raw`(?:\[[\da-f:.]+\]|[\w.-]+)(?::\d{1,5})?`
/** Scheme, user and password, hosts and ports, database. An `@` further on may be part of a password. */
const ADDRESS = new RegExp(
  String.raw`^\s*([a-z][a-z0-9+.-]*)://(?:[^/?#]*@)?(${HOST}(?:,\s*${HOST})*)((?:/[\w.-]*){0,2})(?:[?#][^@]*)?$`,
  'i',
)
/** Schemes of which a malformed URL may show that it has them. */
const SCHEMES = /^\s*(sqlite|postgres(?:ql)?|mysql|mariadb|mongodb|https?|rediss?)((?:\+[a-z]{1,10})?:)/i

/**
 * Of a URL the scheme, hosts, ports and database: a password can be in any other part, in any spelling. Of a malformed
 * one, whose parts nobody can tell, the scheme only. SQLite's have a path, shown up to a question mark.
 */
function shownAddress(text: string): string {
  const path = /^sqlite:(?:\/\/)?([^?]*)/.exec(text)?.[1]
  if (path !== undefined) return `sqlite:${path === ':memory:' ? path : shownPath(path)}`
  return text
    .split(/,(?=\s*[a-z][\w+.-]*:\/\/)/i)
    .map(shownAddressOfOne)
    .join(',')
}

function shownAddressOfOne(url: string): string {
  const [, scheme, hosts, database = ''] = ADDRESS.exec(url) ?? []
  if (scheme !== undefined && SCHEMES.test(url)) return `${scheme}://${hosts}${database}`
  const [, known, rest = ''] = SCHEMES.exec(url) ?? []
  return known === undefined ? HIDDEN : `${known}${rest}//${HIDDEN}`
}
