import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../../', import.meta.url))

/**
 * A Python that has Django: `DJANGO_PYTHON`, or one of the usual places.
 *
 * @throws Error that says how to get one.
 */
export function pythonWithDjango(): string {
  const { DJANGO_PYTHON } = process.env
  const tried = DJANGO_PYTHON === undefined ? ['python3', '/usr/bin/python3'] : [DJANGO_PYTHON]
  const found = tried.find((python) => spawnSync(python, ['-c', 'import django']).status === 0)
  if (found !== undefined) return found
  throw new Error(
    `There is no Django for ${tried.join(' or ')}. Install one (apt-get install python3-django, or pip install django), ` +
      'or name the Python that has it: DJANGO_PYTHON=/path/to/python npm run django-demo',
  )
}

/** Django, serving on a port of this machine until it is told to stop. */
export interface DjangoServer {
  readonly port: number
  stop(): Promise<void>
}

/**
 * Starts the Django half on a database of its own.
 *
 * @throws Error with what Django says, if it does not start.
 */
export async function startDjango(
  env: Readonly<Record<'SECRET_KEY' | 'DATABASE', string>>,
): Promise<DjangoServer> {
  const child = spawn(pythonWithDjango(), [join(root, 'scripts/django-demo/site.py')], {
    env: {
      PATH: process.env.PATH,
      PYTHONDONTWRITEBYTECODE: '1',
      PYTHONPATH: join(root, 'docs/django'),
      ...env,
    },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text
  })
  const ended = once(child, 'close')
  const said = await Promise.race([once(createInterface(child.stdout), 'line'), ended])
  const port = Number(said[0])
  if (child.exitCode !== null || !Number.isInteger(port))
    throw new Error(`Django has not started:\n${errors}`)
  return { port, stop: () => stop(child, ended) }
}

async function stop(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  child.stdin?.end()
  await ended
}
