import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { ExecutionContext } from 'ava'
import { temporaryDirectory } from '../helpers/server-process.js'

const worker = fileURLToPath(new URL('./worker.ts', import.meta.url))

/** Starts `worker.ts` in a process of its own; it is gone when the test is. */
export function startWorker(
  t: ExecutionContext,
  ...task: string[]
): ChildProcessByStdio<null, Readable, null> {
  const child = spawn(process.execPath, ['--import=tsx', worker, ...task], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  return child
}

/** What the worker printed when it has ended well. */
export async function outputOf(child: ChildProcessByStdio<null, Readable, null>): Promise<string> {
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')])
  if (code !== 0) throw new Error(`the worker ended with ${String(code)}`)
  return output
}

/** The path of a database file that is gone when the test is. */
export async function temporaryDatabase(t: ExecutionContext): Promise<string> {
  return join(await temporaryDirectory(t), 'sessions.sqlite')
}
