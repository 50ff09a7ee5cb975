import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { root } from './root.js'

const runProgram = promisify(execFile)

/** What a program left. */
export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A folder in which the packed package is installed, and nothing of ours besides. */
export interface Installed {
  readonly directory: string
  readonly tarball: string
  /** Runs `koa-tessera` there, or in a folder in it, as npx does; only `env` and `PATH` reach it. */
  command(args: readonly string[], env?: NodeJS.ProcessEnv, folder?: string): Promise<Ended>
  /** Runs a program there. */
  run(program: string, args: readonly string[], env?: NodeJS.ProcessEnv, folder?: string): Promise<Ended>
  remove(): Promise<void>
}

const PACKED = ['package.json', 'README.md', 'CHANGELOG.md', 'LICENSE', 'src/lib']

/** What npm puts into a tarball, made beside `dist/`: several tests may do so at once. */
async function pack(directory: string): Promise<string> {
  const stage = join(directory, 'stage')
  await mkdir(join(stage, 'src'), { recursive: true })
  for (const name of [...PACKED, 'tsconfig.json', 'tsconfig.build.json'])
    await cp(join(root, name), join(stage, name), { recursive: true })
  await symlink(join(root, 'node_modules'), join(stage, 'node_modules'))
  await runProgram(join(root, 'node_modules/.bin/tsc'), ['-p', 'tsconfig.build.json'], { cwd: stage })
  const { stdout } = await runProgram(
    'npm',
    ['pack', '--ignore-scripts', '--silent', '--pack-destination', directory],
    { cwd: stage },
  )
  await rm(stage, { recursive: true })
  return join(directory, stdout.trim())
}

/**
 * Packs the package and unpacks it into a folder of its own, beside what it depends on and `peers`: as `npm install` does
 * but for the network.
 */
export async function installed(peers: readonly string[]): Promise<Installed> {
  const directory = await mkdtemp(join(tmpdir(), 'tessera-'))
  const tarball = await pack(directory)
  const modules = join(directory, 'node_modules')
  await mkdir(join(modules, '.bin'), { recursive: true })
  await runProgram('tar', ['-xzf', tarball, '-C', modules])
  await runProgram('mv', [join(modules, 'package'), join(modules, 'koa-tessera')])
  const { dependencies, bin } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
  for (const name of [...Object.keys(dependencies), ...peers]) {
    await mkdir(dirname(join(modules, name)), { recursive: true })
    await symlink(join(root, 'node_modules', name), join(modules, name))
  }
  const command = join(modules, 'koa-tessera', bin['koa-tessera'])
  await writeFile(join(directory, 'package.json'), '{ "type": "module" }')

  const run: Installed['run'] = async (program, args, env = {}, folder = '') => {
    const child = spawn(program, args, {
      cwd: join(directory, folder),
      env: { PATH: process.env.PATH, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const [stdout, stderr, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close'),
    ])
    return { code, stdout, stderr }
  }
  return {
    directory,
    tarball,
    run,
    command: (args, env, folder) => run(process.execPath, [command, ...args], env, folder),
    remove: () => rm(directory, { recursive: true, force: true }),
  }
}
