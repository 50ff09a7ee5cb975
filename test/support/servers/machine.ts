import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { createServer } from 'node:net'
import { delimiter, join } from 'node:path'
import { text } from 'node:stream/consumers'

/** The path of a program: on `PATH`, or in one of `directories`. */
export function findProgram(name: string, directories: readonly string[] = []): string | undefined {
  const places = [...(process.env.PATH ?? '').split(delimiter), ...directories]
  return places.map((place) => join(place, name)).find((path) => existsSync(path))
}

/** The directories in `parent`, the one with the highest name (a version, mostly) first. */
export function newestIn(parent: string): string[] {
  if (!existsSync(parent)) return []
  return readdirSync(parent)
    .sort((a, b) => b.localeCompare(a, 'en', { numeric: true }))
    .map((name) => join(parent, name))
}

/** A port of 127.0.0.1 that nobody listens on at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (typeof address !== 'object' || address === null) throw new TypeError('the server has no port')
  return address.port
}

/**
 * Starts a server that ends with this process, however this process ends. Database servers refuse to run as root:
 * root starts them as `user`.
 */
export function startAs(user: string, command: readonly string[]): ChildProcess {
  const [program = '', ...args] = asUser(user, command)
  return spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
}

/** Runs a program to its end. */
export async function runAs(user: string, command: readonly string[]): Promise<void> {
  const child = startAs(user, command)
  const [output, errors, [code]] = await Promise.all([
    child.stdout === null ? '' : text(child.stdout),
    child.stderr === null ? '' : text(child.stderr),
    once(child, 'exit'),
  ])
  if (code !== 0) throw new Error(`${command.join(' ')} ended with ${String(code)}:\n${output}${errors}`)
}

function asUser(user: string, command: readonly string[]): readonly string[] {
  const setpriv = findProgram('setpriv')
  if (setpriv === undefined) return command
  const identity = isRoot() ? [`--reuid=${user}`, `--regid=${user}`, '--clear-groups'] : []
  return [setpriv, ...identity, '--pdeathsig=KILL', ...command]
}

export function isRoot(): boolean {
  return process.getuid?.() === 0
}
