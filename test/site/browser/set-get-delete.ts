import { inBrowser } from './tour.js'

inBrowser(
  'Set, get, delete: the thirty seconds run down, and the greeting turns into another',
  async (tour, t) => {
    const { page, site } = tour
    /** The browser's cookie ends by its own clock, which nobody holds: so it is given anew for each thing to look at. */
    const set = async (name: string): Promise<void> => {
      await tour.open('/sessions/set-get-delete')
      await tour.fill({ Name: name }, 'Set session')
      await tour.reads('.result', /^Session is set\. It ends at .* UTC in \d+ seconds$/)
    }
    if (tour.scripts) await page.clock.install({ time: site.now })
    await tour.open('/sessions/set-get-delete')
    await tour.look('set-get-delete')
    await tour.fill({ Name: ' ' }, 'Set session')
    await tour.reads('.problem', 'A name is missing.')
    await tour.look('set-get-delete-problem')
    await tour.press('Get session')
    await tour.reads('#said', 'Session has expired')
    await set('Ada')
    await tour.look('set-get-delete-set')

    await set('Ada Lovelace, Countess and Enchantress')
    await tour.press('Get session')
    await tour.reads('#said', 'Hello, Ada Lovelace, Countess and Enchantress')
    await tour.look('set-get-delete-got')

    // Both clocks stand at one moment from here on, and go on when the test says so.
    site.now += 3_600_000
    if (tour.scripts) await page.clock.pauseAt(site.now)
    await set('Ada')
    const until = site.now + 30_000
    site.now = until - 20_000
    if (tour.scripts) await page.clock.runFor(10_000)
    await page.getByLabel('The name is not there.').check()
    await tour.press('Get session')
    await tour.reads('.token .countdown', 'in 20 seconds')
    t.is(await page.locator('#predicted').count(), 0, 'the time is not over yet')
    site.now = until - 1_000
    if (tour.scripts) await page.clock.runFor(19_000)
    else await tour.follow('Get session again')
    await tour.reads('#said', 'Hello, Ada')
    await tour.reads('.token .countdown', 'in 1 second')
    site.now = until
    if (tour.scripts) {
      await page.clock.runFor(1_000)
      await tour.reads('.token .countdown', 'over')
      await page.clock.resume()
      await page.getByRole('heading', { name: 'Session has expired' }).waitFor()
    } else await page.reload()
    await tour.reads('#said', 'Session has expired')
    await tour.reads('#predicted', /That is what happened\.$/)
    await tour.look('set-get-delete-expired')
    t.is(await page.locator('.token .countdown').count(), 0, 'and it is not loaded for ever')

    for (const [button, heading, lead, name] of [
      [
        'Delete the name',
        'Session is cleared',
        'The name is gone, and the session is still there.',
        'deleted',
      ],
      ['Flush the session', 'Session is cleared', 'Nothing of it is left.', 'flushed'],
    ] as const) {
      await set('Ada')
      await tour.press(button)
      await tour.reads('h1', heading)
      await tour.reads('.lead', lead)
      await tour.look(`set-get-delete-${name}`)
      const kept = (await tour.context.cookies()).some((cookie) => cookie.name === 'sessionid-short')
      t.is(kept, name === 'deleted', 'the browser has the cookie only as long as there is a session')
    }
  },
)
