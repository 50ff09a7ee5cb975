import { temporaryDirectory } from '../../support/server-process.js'
import { testOf } from '../../support/test-of.js'
import { openSite } from '../walkthroughs/site.js'
import { chromiumMissing, openProfile } from './chromium.js'
import { Tour } from './tour.js'

for (const scripts of [true, false]) {
  testOf(
    { title: `${scripts ? 'with' : 'without'} JavaScript`, missing: chromiumMissing },
    'Temporary and persistent: what closing the browser does',
    async (t) => {
      const directory = await temporaryDirectory(t)
      const site = await openSite(t)
      const open = async (): Promise<Tour> => {
        const context = await openProfile(directory, { javaScriptEnabled: scripts })
        t.teardown(() => context.close())
        const tour = new Tour(t, scripts, site, context, await context.newPage())
        await tour.open('/cookies/lifetime')
        return tour
      }

      const before = await open()
      await before.reads('.result', 'The browser sent neither.')
      await before.look('lifetime-neither')
      await before.press('Set the temporary cookie')
      await before.press('Set the persistent cookie')
      await before.reads('.result', 'The browser sent: temporary and persistent.')
      await before.look('lifetime-both')
      const tab = await before.tab()
      await before.page.close()
      await tab.goto(`${site.url}/cookies/lifetime`)
      t.is(await tab.locator('#temporary-brought').innerText(), 'yes', 'a closed tab is not enough')
      await before.context.close()

      const after = await open()
      await after.reads('.result', 'The browser sent: persistent.')
      await after.reads('#temporary-brought', 'no')
      await after.look('lifetime-reopened')
      await after.press('Delete both')
      await after.reads('.result', 'The browser sent neither.')
    },
  )
}
