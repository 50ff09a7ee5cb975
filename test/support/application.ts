import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { ExecutionContext } from 'ava'
import { root } from './root.js'

/** Makes a program listen on a free port, whichever it asks for, and tell the test. */
const FREE_PORT = `data:text/javascript,${encodeURIComponent(`
  import { Server } from 'node:http'
  const { listen } = Server.prototype
  Server.prototype.listen = function () {
    return listen.call(this, 0, '127.0.0.1', () => process.send(this.address().port))
  }
`)}`

/** A folder as somebody else's project has it, in which `koa-tessera` and its peers are installed. */
export interface Application {
  readonly directory: string
  /** Starts one of its programs, word for word but on a free port; answers when it listens. */
  start(name: string): Promise<{ readonly url: string; readonly child: ChildProcess }>
}

/**
 * Compiles these files of an application as strictly as the package itself, against its source. `options`: of the compiler,
 * beside those.
 *
 * @throws Error with what the compiler says.
 */
export async function compile(
  { directory }: Application,
  files: readonly string[],
  options: object = {},
): Promise<void> {
  const configuration = {
    extends: join(root, 'tsconfig.json'),
    compilerOptions: {
      noEmit: true,
      incremental: false,
      rootDir: '/',
      paths: {
        'koa-tessera': [join(root, 'src/lib/index.ts')],
        'koa-tessera/*': [join(root, 'src/lib/*/index.ts')],
      },
      typeRoots: [join(root, 'node_modules/@types')],
      ...options,
    },
    include: [],
    files,
  }
  await writeFile(join(directory, 'tsconfig.json'), JSON.stringify(configuration))
  await writeFile(join(directory, 'package.json'), '{ "type": "module" }')
  try {
    await promisify(execFile)(join(root, 'node_modules/.bin/tsc'), ['-p', directory])
  } catch (failure) {
    throw new Error(String(Reflect.get(Object(failure), 'stdout')), { cause: failure })
  }
}

/**
 * An application in a folder of its own with these files. It finds the package as one that was installed, by what
 * package.json exports; the code is that of `build/`, so nothing is packed for it.
 */
export async function application(
  t: ExecutionContext,
  files: Readonly<Record<string, string>>,
): Promise<Application> {
  const directory = await mkdtemp(join(tmpdir(), 'tessera-'))
  const children: ChildProcess[] = []
  t.teardown(async () => {
    for (const child of children) child.kill('SIGKILL')
    await rm(directory, { recursive: true, force: true })
  })
  const modules = join(directory, 'node_modules')
  await mkdir(join(modules, 'koa-tessera'), { recursive: true })
  await cp(join(root, 'package.json'), join(modules, 'koa-tessera/package.json'))
  await symlink(join(root, 'build/src/lib'), join(modules, 'koa-tessera/dist'))
  for (const name of await readdir(join(root, 'node_modules')))
    if (!name.startsWith('.')) await symlink(join(root, 'node_modules', name), join(modules, name))
  for (const [name, code] of Object.entries(files)) await writeFile(join(directory, name), code)

  return {
    directory,
    async start(name) {
      const loader = name.endsWith('.ts') ? ['--import', 'tsx'] : []
      const child = spawn(process.execPath, ['--import', FREE_PORT, ...loader, name], {
        cwd: directory,
        env: { PATH: process.env.PATH },
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      })
      children.push(child)
      const ended = once(child, 'exit').then(([code]) => {
        throw new Error(`${name} ended with ${code}`)
      })
      const [port] = await Promise.race([once(child, 'message'), ended])
      ended.catch(() => {})
      return { url: `http://127.0.0.1:${port}`, child }
    },
  }
}
