import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { temporaryDirectory } from '../../support/server-process.js'
import { testOf } from '../../support/test-of.js'
import { openSite } from '../walkthroughs/site.js'
import { chromiumMissing, openProfile } from './chromium.js'
import { inBrowser, Tour } from './tour.js'

inBrowser('Test cookie: set, check, delete', async (tour, t) => {
  await tour.open('/test-cookie')
  await tour.look('test-cookie-begin')
  await tour.press('Set the test cookie')
  await tour.reads('h1', 'Has it come back?')
  await tour.look('test-cookie-set')
  await tour.press('Check for it')
  await tour.reads('h1', 'Cookies work')
  await tour.look('test-cookie-worked')
  await tour.press('Delete the test cookie')
  await tour.reads('h1', 'The test cookie is deleted')
  await tour.look('test-cookie-not-set')
  await tour.follow('Set it')
  t.is(new URL(tour.page.url()).pathname, '/test-cookie')
})

/** What a person sets under "Privacy": no site may keep cookies. */
const BLOCKED = { profile: { default_content_setting_values: { cookies: 2 } } }

for (const scripts of [true, false]) {
  testOf(
    { title: `${scripts ? 'with' : 'without'} JavaScript`, missing: chromiumMissing },
    'Test cookie: a browser that blocks cookies is told that they are not working',
    async (t) => {
      const directory = await temporaryDirectory(t)
      await mkdir(join(directory, 'Default'))
      await writeFile(join(directory, 'Default', 'Preferences'), JSON.stringify(BLOCKED))
      const site = await openSite(t)
      const context = await openProfile(directory, { javaScriptEnabled: scripts })
      t.teardown(() => context.close())
      const tour = new Tour(t, scripts, site, context, await context.newPage())

      await tour.open('/test-cookie')
      await tour.press('Set the test cookie')
      await tour.reads('h1', 'Has it come back?')
      await tour.press('Check for it')
      await tour.reads('h1', 'No cookie came')
      await tour.look('test-cookie-no-cookies')
      await tour.follow('Check again')
      await tour.reads('h1', 'No cookie came')
      for (const path of ['/sessions/log-in', '/sessions/cart', '/cookies/page-count']) {
        await tour.open(path)
        t.is(await tour.page.locator('.cookies-off').count(), 0, 'a first visit brings none')
      }
      await tour.follow('Load again')
      await tour.reads('.cookies-off b', 'This browser keeps no cookies.')
      await tour.look('cookies-off')
      await tour.open('/sessions/log-in')
      await tour.fill({ Username: 'ada', Password: 'ada' }, 'Log in')
      await tour.reads('.cookies-off b', 'This browser keeps no cookies.')
      t.deepEqual(await context.cookies(), [])
    },
  )
}
