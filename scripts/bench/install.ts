import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const directory = fileURLToPath(new URL('.', import.meta.url))

/** The peers and their versions, as package.json wants them. */
export const peers: Readonly<Record<string, string>> = JSON.parse(
  readFileSync(`${directory}package.json`, 'utf8'),
).dependencies

/** Installs the peers into scripts/bench/, unless they are there; nobody who does not measure has to have them. */
export function installPeers(say: (text: string) => void): void {
  const missing = Object.entries(peers).filter(([name, version]) => installed(name) !== version)
  if (missing.length === 0) return
  say(`The peers are installed into scripts/bench/node_modules: ${missing.map(([name]) => name).join(', ')}`)
  // Fastify's test client, which nothing here calls, asks for a newer Node; `npm run` hands Tessera's strictness down.
  const options = ['--no-engine-strict', '--no-audit', '--no-fund']
  execFileSync('npm', ['ci', ...options], { cwd: directory, stdio: 'inherit' })
}

function installed(name: string): string | undefined {
  const path = `${directory}node_modules/${name}/package.json`
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).version : undefined
}
