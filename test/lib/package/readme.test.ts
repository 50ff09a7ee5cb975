import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import * as tessera from '../../../src/lib/index.js'
import { Session } from '../../../src/lib/session/session.js'
import { SessionMap } from '../../../src/lib/session/session-map.js'
import { browser, chromiumMissing, closeBrowser } from '../../site/browser/chromium.js'
import { application } from '../../support/application.js'
import { codeIn } from '../../support/documents.js'
import { root } from '../../support/root.js'
import { testOf } from '../../support/test-of.js'

test.after.always(closeBrowser)

testOf(
  { title: 'Chromium', missing: chromiumMissing },
  'the README’s fifteen lines count 1, 2, 3, whatever else a browser asks for, and go on at another process',
  async (t) => {
    const code = codeIn('README.md', 'app.mjs')
    t.is(code.trimEnd().split('\n').length, 1 + 15)
    const { start } = await application(t, { 'app.mjs': code })
    const [first, second] = [await start('app.mjs'), await start('app.mjs')]
    const page = await (await browser()).newPage()
    const seen: (string | null)[] = []
    for (const { url } of [first, first, second]) {
      await page.goto(url)
      seen.push(await page.textContent('body'))
      // Chromium without a window asks for no icon of its own.
      t.is(await page.evaluate(async () => (await fetch('/favicon.ico')).status), 404)
    }
    t.deepEqual(seen, ['visit 1', 'visit 2', 'visit 3'])
  },
)

test('the README names every method of a session and every error', async (t) => {
  const readme = await readFile(join(root, 'README.md'), 'utf8')
  const own = (of: object): string[] => Object.getOwnPropertyNames(of)
  const members = [...own(Session.prototype), ...own(SessionMap.prototype)]
  const errors = Object.entries(tessera).flatMap(([name, made]) =>
    typeof made === 'function' && made.prototype instanceof Error ? [name] : [],
  )
  t.true(members.length > 30 && errors.length > 10)
  const unnamed = [...members, ...errors].filter(
    (name) => !['constructor', 'toJSON'].includes(name) && !new RegExp(`[\`.]${name}\\b`).test(readme),
  )
  t.deepEqual(unnamed, [])
})
