import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { shownCookie } from '../../../src/site/inspector/cookies.js'
import { excerpt } from '../../../src/site/inspector/source.js'
import { root } from '../../support/root.js'

const demos = join(root, 'src/site/demos')

const regionsIn = (code: string): string[] =>
  [...code.matchAll(/^ *\/\/ #region (.+)$/gm)].map(([, name = '']) => name)

test('each canonical call belongs to a region of a demo, and is at most three lines', async (t) => {
  const files = (await readdir(demos, { recursive: true })).filter((file) => file.endsWith('.ts'))
  const regions = new Set<string>()
  for (const file of files)
    for (const region of regionsIn(await readFile(join(demos, file), 'utf8')))
      regions.add(`${file.replace(/\.ts$/, '')}#${region}`)
  const calls = regionsIn(await readFile(join(demos, 'canonical-calls.ts'), 'utf8'))
  t.true(calls.length > 40)
  for (const call of calls) {
    t.true(regions.has(call), call)
    const [file, region] = call.split('#')
    const shown = excerpt(`demos/${file}.ts#${region}`).call ?? ''
    t.true(shown.split('\n').length <= 3 && shown !== '', call)
  }
})

test('a canonical call names the cookies of its step, as the page and the browser show them', async (t) => {
  const calls = await readFile(join(demos, 'canonical-calls.ts'), 'utf8')
  const names = [...calls.matchAll(/ctx\.cookies\.[gs]et\('([^']+)'/g)].map(([, name = '']) => name)
  t.true(names.length > 8)
  // Any other cookie's value would be a hash.
  for (const name of new Set(names)) t.is(shownCookie(name, 'value'), 'value', name)
})

test('a page that names a region which is not there is a mistake that is told', (t) => {
  t.throws(() => excerpt('demos/four-ways.ts#nowhere'), { message: /no region nowhere in src\/site\/demos/ })
})
