import { execFile } from 'node:child_process'
import { access, copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { root } from '../../test/support/root.js'
import { atEnd } from '../command-line.js'

const execute = promisify(execFile)

export interface Runtime {
  readonly name: string
  /** The npm package that brings it, and which versions of it. */
  readonly package: string
  readonly version: string
  /** What starts a program, from the folder of packages. */
  readonly program: readonly string[]
  readonly isNode: boolean
  readonly hasNodeSqlite: boolean
}

export const runtimes: readonly Runtime[] = [
  ...[20, 22, 24, 26].map((major) => ({
    name: `node${major}`,
    package: 'node',
    version: `^${major}.0.0`,
    program: ['node/bin/node'],
    isNode: true,
    hasNodeSqlite: major >= 22,
  })),
  {
    name: 'bun',
    package: 'bun',
    version: '^1.4.0',
    program: ['.bin/bun'],
    isNode: false,
    hasNodeSqlite: true,
  },
  {
    name: 'deno',
    package: 'deno',
    version: '^2.9.0',
    program: ['.bin/deno', 'run', '--allow-all'],
    isNode: false,
    hasNodeSqlite: true,
  },
]

const HOME = join(root, 'var/runtimes')

/** Installs the runtime in a folder of its own, unless it is there; answers what starts a program on it. */
export async function installRuntime(runtime: Runtime): Promise<readonly string[]> {
  const folder = join(HOME, runtime.name)
  const [file = '', ...args] = runtime.program
  const program = join(folder, 'node_modules', file)
  if (!(await exists(program))) {
    await mkdir(folder, { recursive: true })
    const manifest = {
      private: true,
      dependencies: { [runtime.package]: runtime.version },
      // These fetch the program for this machine.
      allowScripts: { [runtime.package]: true },
    }
    await writeFile(join(folder, 'package.json'), JSON.stringify(manifest))
    await execute('npm', ['install', '--no-audit', '--no-fund'], { cwd: folder })
  }
  return [program, ...args]
}

/**
 * Installs what `npm pack` makes beside Koa, and nothing else, as `npm install koa-tessera koa` does; outside of this
 * project, whose packages would be found too.
 */
export async function installPackage(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tessera-'))
  atEnd(() => rm(folder, { recursive: true, force: true }))
  await execute('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: root })
  const packed = (await readdir(folder)).filter((name) => name.endsWith('.tgz')).map((name) => `./${name}`)
  await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }))
  await execute('npm', ['install', '--no-audit', '--no-fund', ...packed, 'koa'], { cwd: folder })
  await copyFile(join(root, 'test/runtimes/http.mjs'), join(folder, 'http.mjs'))
  return folder
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
