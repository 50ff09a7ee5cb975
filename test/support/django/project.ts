import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface, type Interface } from 'node:readline'
import { root } from '../root.js'

/** The Python that has Django. */
const python = process.env.DJANGO_PYTHON ?? '/usr/bin/python3'
const program = 'import django, psycopg2, MySQLdb; print(*django.VERSION[:2])'
const { status, stdout } = spawnSync(python, ['-c', program], { encoding: 'utf8' })

/** The Debian packages to install, if there is no Django on this machine. */
export const djangoMissing = status === 0 ? undefined : 'python3-django python3-psycopg2 python3-mysqldb'

const [major = 0, minor = 0] = (stdout ?? '').split(' ').map(Number)

/** Since 4.1 a session of Django can end at a moment. Before that Django cannot save one that does. */
export const djangoKnowsMoments = major > 4 || (major === 4 && minor >= 1)

/** Since 5.1 sessions of Django can be read and saved in coroutines. */
export const djangoHasAsync = major > 5 || (major === 5 && minor >= 1)

export const SECRET = 'tessera-django-tests-7Qw2pVb9Zk4LmXc8RtYn5HdGfJs3A6eU'

/** What a session of Django says. */
export interface DjangoSays {
  readonly data: Readonly<Record<string, unknown>>
  readonly key: string
}

export interface ProjectOptions {
  /** As our settings call it. */
  readonly url: string
  /** What else the project is told, in its environment. */
  readonly env?: Readonly<Record<string, string>>
}

/** A Django project on a database: one process for as long as a test needs it. */
export class DjangoProject {
  readonly #child
  readonly #lines: Interface
  #last: Promise<unknown> = Promise.resolve()
  readonly #ended: Promise<never>
  #errors = ''

  constructor({ url, env = {} }: ProjectOptions) {
    this.#child = spawn(python, [join(root, 'test/support/django/project.py')], {
      env: {
        PATH: process.env.PATH,
        PYTHONDONTWRITEBYTECODE: '1',
        PYTHONPATH: join(root, 'docs/django'),
        SECRET_KEY: SECRET,
        DATABASE: JSON.stringify(databaseOf(url)),
        ...env,
      },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#errors += text
    })
    this.#lines = createInterface(this.#child.stdout)
    this.#ended = once(this.#child, 'close').then(() => {
      throw new Error(`Django has ended: ${this.#errors}`)
    })
    this.#ended.catch(() => {}) // the command tells
  }

  /** Its tables are there. */
  static async migrated(options: ProjectOptions): Promise<DjangoProject> {
    const project = new DjangoProject(options)
    await project.do('migrate')
    return project
  }

  /** What Django answers; commands are carried out one after the other. @throws Error with Django's own message. */
  do<Answer = unknown>(command: string, details: Readonly<Record<string, unknown>> = {}): Promise<Answer> {
    const answered = this.#last.then(async () => {
      const line = once(this.#lines, 'line', { signal: AbortSignal.timeout(60_000) })
      this.#child.stdin.write(`${JSON.stringify({ do: command, ...details })}\n`)
      const [text] = await Promise.race([line, this.#ended])
      const { result, error } = JSON.parse(text)
      if (error !== undefined) throw new Error(error)
      return result
    })
    this.#last = answered.catch(() => {})
    return answered
  }

  async stop(): Promise<void> {
    await this.#last
    this.#child.stdin.end()
    await once(this.#child, 'close')
  }
}

function databaseOf(url: string): Readonly<Record<string, unknown>> {
  if (url.startsWith('sqlite:'))
    return {
      ENGINE: 'django.db.backends.sqlite3',
      NAME: url.replace(/^sqlite:|\?.*$/g, ''),
      OPTIONS: { timeout: 20 },
    }
  const { protocol, hostname, port, username, pathname } = new URL(url)
  const server = { HOST: hostname, PORT: port, USER: username, NAME: pathname.slice(1) }
  return { ENGINE: `django.db.backends.${protocol === 'mysql:' ? 'mysql' : 'postgresql'}`, ...server }
}
