import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { ExecutionContext } from 'ava'
import { temporaryDirectory } from '../../support/server-process.js'

/** A process that `worker.ts` runs in. */
export type Worker = ChildProcessByStdio<Writable, Readable, null>

const worker = fileURLToPath(new URL('./worker.js', import.meta.url))

/** Starts `worker.ts` in a process of its own; it is gone when the test is. */
export function startWorker(t: ExecutionContext, ...task: string[]): Worker {
  const child = spawn(process.execPath, [worker, ...task], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  return child
}

/** What the worker printed when it has ended well. */
export async function outputOf(child: Worker): Promise<string> {
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')])
  if (code !== 0) throw new Error(`the worker ended with ${String(code)}`)
  return output
}

/** Lets a worker for each task begin at the same moment, and answers what each printed when all have ended well. */
export async function runTogether(
  t: ExecutionContext,
  where: string,
  ...tasks: string[][]
): Promise<string[]> {
  const workers = tasks.map((task) => startWorker(t, where, ...task, 'together'))
  await Promise.all(workers.map(({ stdout }) => once(stdout, 'data')))
  for (const { stdin } of workers) stdin.end('go')
  return Promise.all(workers.map(outputOf))
}

/** The path of a database file that is gone when the test is. */
export async function temporaryDatabase(t: ExecutionContext): Promise<string> {
  return join(await temporaryDirectory(t), 'sessions.sqlite')
}
