import type { Scene } from '../scene.js'

const HERE = '/sessions/methods'

export const sessionMethods: Scene = {
  slug: 'methods',
  async play({ visitor, other, cookieName, given, later, say, check, reads, holds }) {
    await say('Questions change nothing: no session has begun for them.')
    for (const [call, answer] of [
      ['getExpiryAge', /^\d+$/],
      ['getExpiryDate', /^\d{4}-\d\d-\d\dT[\d:.]+Z$/],
      ['getExpireAtBrowserClose', /^(true|false)$/],
    ] as const)
      await reads(await visitor.open(`${HERE}?call=${call}`), '#answer', answer)
    await check('the browser has no session', visitor.browser.cookie(cookieName) === undefined)

    const page = await visitor.open(HERE)
    const press = (expiry: string) => visitor.submit(page, `${HERE}/set-expiry`, { expiry })
    await say('setExpiry: with seconds, with 0, and with null to take it back.')
    await reads(await press('60'), '#age', '60')
    await check('the cookie has Max-Age=60', /; Max-Age=60;/.test(given(cookieName)))
    await reads(await press('0'), '#browser', 'true')
    await check('the cookie has no date', !/max-age|expires/i.test(given(cookieName)))
    await press('null')
    await say('With a date it ends then, however often it is saved before.')
    const until = page.value('#until') ?? ''
    await reads(
      await visitor.submit(page, `${HERE}/set-date`, { until }),
      '#call',
      `setExpiry(new Date('${until}:00.000Z'))`,
    )

    await say('cycleKey: the same data under another id.')
    const id = visitor.browser.cookie(cookieName)
    await visitor.submit(page, `${HERE}/cycle-key`)
    await check('the cookie is another one', visitor.browser.cookie(cookieName) !== id)
    await say('A minute of life, and then clearExpired: it answers how many records went.')
    await press('60')
    const copy = other(visitor.browser.stolen())
    await later(60)
    await reads(await copy.open(`${HERE}?call=getExpiryAge`), '#id', 'undefined')
    await reads(await visitor.submit(page, `${HERE}/clear-expired`), '#answer', /^\d+$/)

    await say('A date that has passed ends it at once.')
    await reads(
      await visitor.submit(page, `${HERE}/set-date`, { until: '2001-01-01T00:00' }),
      '.result',
      /^The moment had passed/,
    )
    await holds('lastCall', undefined)
  },
}
