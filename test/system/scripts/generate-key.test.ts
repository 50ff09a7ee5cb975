import test from 'ava'
import { loadSettings } from '../../../src/lib/settings/load.js'
import { only } from '../../lib/settings/given.js'
import { Script } from './script.js'

test('S55 npm run generate-key prints a line for a shell, with a key that production takes, another each time', async (t) => {
  const keys = new Set<string>()
  for (let run = 0; run < 2; run++) {
    const { code, stdout, stderr } = await new Script(t, 'koa-tessera', ['generate-key']).end()
    t.like({ code, stderr }, { code: 0, stderr: '' })
    const [, key = ''] = /^SECRET_KEY=([\w-]{64})\n$/.exec(stdout) ?? []
    const { secretKey } = await loadSettings(only({ env: { NODE_ENV: 'production', SECRET_KEY: key } }))
    t.is(secretKey, key)
    keys.add(key)
  }
  t.is(keys.size, 2)
})

test('--plain prints the key alone', async (t) => {
  const { stdout } = await new Script(t, 'koa-tessera', ['generate-key', '--plain']).end()
  t.regex(stdout, /^[\w-]{64}\n$/)
})

test('what is no option is refused', async (t) => {
  const { code, stdout, stderr } = await new Script(t, 'koa-tessera', ['generate-key', '--bytes', '1']).end()
  t.like({ code, stdout }, { code: 2, stdout: '' })
  t.regex(stderr, /unknown option '--bytes'/)
})
