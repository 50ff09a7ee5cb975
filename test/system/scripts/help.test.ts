import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test from 'ava'
import { root } from '../../support/root.js'
import { Script } from './script.js'

test('every script of package.json that is ours says with --help what it does, does nothing, and ends with 0', async (t) => {
  const { scripts } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>
  }
  const page = join(root, 'docs/settings.md')
  const before = await readFile(page, 'utf8')
  const own = Object.values(scripts).flatMap((line) => {
    const [, name, args = ''] = /node build\/scripts\/([\w-]+)\.js(.*)$/.exec(line) ?? []
    return name === undefined ? [] : [{ name, args: args.split(' ').filter(Boolean) }]
  })
  t.true(own.length >= 10)
  for (const { name, args } of own) {
    const { code, stdout, stderr } = await new Script(t, name, [...args, '--help']).end()
    t.is(code, 0, name)
    t.is(stderr, '', name)
    t.regex(stdout, /^Usage: .+\n\n[A-Z][\s\S]+\.\n[\s\S]*--help/, name)
    t.true(
      stdout.split('\n').every((line) => line.length <= 120),
      `${name}: lines that fit`,
    )
  }
  t.is(await readFile(page, 'utf8'), before)
})

test('npm start -- --help prints how to start the server, and starts none', async (t) => {
  const server = join(root, 'build/src/site/server.js')
  const { stdout } = await promisify(execFile)(process.execPath, [server, '--help'], { cwd: root })
  t.regex(stdout, /^Usage: npm start\n\nServes/)
})
