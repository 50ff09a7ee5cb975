import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { Settings } from '../settings/settings.js'
import type { Finding } from './finding.js'
import { type StoreKind, storeKindOf } from './store-connection.js'

/** The Keyv adapter of each store. */
const ADAPTERS: Readonly<Partial<Record<StoreKind, string>>> = {
  redis: '@keyv/redis',
  postgres: '@keyv/postgres',
  mysql: '@keyv/mysql',
  sqlite: '@keyv/sqlite',
}

/** The versions of the packages that the engine needs beside Tessera, if they are other ones than it is made for. */
export async function packages(settings: Settings): Promise<Finding[]> {
  const own = manifestAt(createRequire(import.meta.url).resolve('koa-tessera/package.json'))
  const adapter = ADAPTERS[storeKindOf(settings)]
  const names = adapter === undefined ? ['koa'] : ['koa', adapter]
  return [
    { about: 'koa-tessera', status: 'note', text: own?.version ?? 'unknown' },
    ...names.map((name) => finding(name, own?.peerDependencies?.[name])),
  ]
}

function finding(name: string, range: string | undefined): Finding {
  const version = versionOf(name)
  // That an adapter is missing is said where it is needed, with what to do.
  if (version === undefined) return { about: name, status: 'note', text: 'not installed' }
  if (range === undefined || isWithin(version, range)) return { about: name, status: 'good', text: version }
  return { about: name, status: 'wrong', text: `${version} is installed, and koa-tessera needs ${range}` }
}

interface Manifest {
  readonly name?: string
  readonly version?: string
  readonly peerDependencies?: Readonly<Record<string, string>>
}

function manifestAt(path: string): Manifest | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return undefined
  }
}

/** A package need not export its package.json. */
function versionOf(name: string): string | undefined {
  let path: string
  try {
    path = createRequire(import.meta.url).resolve(name)
  } catch {
    return undefined
  }
  for (let folder = dirname(path); folder !== dirname(folder); folder = dirname(folder)) {
    const manifest = manifestAt(join(folder, 'package.json'))
    if (manifest?.name === name) return manifest.version
  }
  return undefined
}

/** Ranges as this package writes them: `^2.1.10`, `^2.16 || ^3`, `>=3`. */
export function isWithin(version: string, range: string): boolean {
  const have = numbers(version)
  return range.split('||').some((part) => {
    const text = part.trim()
    const least = numbers(text)
    const isCaret = text.startsWith('^')
    return compare(have, least) >= 0 && (!isCaret || have[0] === least[0])
  })
}

const numbers = (text: string): number[] => (text.match(/\d+/g) ?? []).slice(0, 3).map(Number)

function compare(a: readonly number[], b: readonly number[]): number {
  for (const at of [0, 1, 2]) {
    const difference = (a[at] ?? 0) - (b[at] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
