import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { root } from '../../src/site/root.js'

const directory = new URL('scripts/bench/', root)

const read = (path: URL) => JSON.parse(readFileSync(path, 'utf8'))

/** The contenders' packages and their exact versions. */
const peers: Readonly<Record<string, string>> = read(new URL('package.json', directory)).dependencies

/** Installs the contenders' packages into scripts/bench/ unless they are there: who does not measure needs none. */
export function installPeers(): void {
  const isThere = ([name, version]: readonly [string, string]): boolean => {
    const path = new URL(`node_modules/${name}/package.json`, directory)
    return existsSync(path) && read(path).version === version
  }
  if (Object.entries(peers).every(isThere)) return
  console.log('  installing the contenders into scripts/bench/node_modules')
  // Fastify's test client, which nothing here calls, asks for a newer Node; `npm run` hands Tessera's strictness down.
  const options = ['--no-engine-strict', '--no-audit', '--no-fund']
  execFileSync('npm', ['ci', ...options], { cwd: fileURLToPath(directory), stdio: 'inherit' })
}

/** The program of the Node that Tessera is measured on besides the one that runs this, and its major version. */
export const newerNode = {
  program: fileURLToPath(new URL('node_modules/node/bin/node', directory)),
  major: String(peers.node).split('.')[0] ?? '',
} as const

/** The versions of what is compared, in one line. */
export function versionsLine(): string {
  const { version, dependencies, devDependencies } = read(new URL('package.json', root))
  const all: Record<string, string> = { ...dependencies, ...devDependencies }
  const stores = ['keyv', 'lru-cache', '@keyv/redis', '@keyv/sqlite'].map((name) => `${name} ${all[name]}`)
  const others = Object.entries(peers).map(([name, exact]) => `${name} ${exact}`)
  return `Tessera ${version} (${stores.join(', ')}); ${others.join(', ')}`
}
