import type { Scene, Stage } from '../scene.js'

const LOG_IN = '/sessions/log-in'
const DEVICES = `${LOG_IN}/devices`

export const logIn: Scene = {
  slug: 'log-in',
  async play(stage) {
    const { visitor, other, cookieName, endsCopies, say, check, reads, holds } = stage
    const { browser } = visitor
    await say('A session before the log-in. An attacker has seen its cookie, or planted it.')
    await visitor.open('/sessions/page-count')
    const [before, attacker] = [browser.cookie(cookieName), other(browser.copy())]
    await say('The members’ page redirects to the form, and the form redirects back.')
    const form = await visitor.open(`${LOG_IN}/members`)
    // Where Django uses the same sessions.
    if (form.has('#shared')) return reads(form, '#shared', /^Nobody can log in here/)
    let page = await visitor.submit(form, LOG_IN, { username: 'Ada', password: 'not compared with anything' })
    await reads(page, 'h1', 'Members')
    await reads(page, '.lead b', 'Ada')
    await check('the log-in has changed the cookie', browser.cookie(cookieName) !== before)
    await holds('pageCount', 1)
    await say('The old cookie is worthless: it logs nobody in.')
    await reads(await attacker.open(`${LOG_IN}/members`), 'h1', 'Log in')

    await say('A visitor who is logged in does not see the form.')
    page = await visitor.open(LOG_IN)
    await reads(page, 'h1', 'You are logged in')
    await check('there is no field for a password', !page.has('#password'))
    await yourDevices(stage)
    const copy = other(browser.copy())
    await say('Log out in a second tab. That logs out the first one too.')
    page = await visitor.submit(await visitor.open(LOG_IN), `${LOG_IN}/out`)
    await reads(page, 'h1', 'You are logged out.')
    await check('the browser has no session', browser.cookie(cookieName) === undefined)
    await reads(await visitor.open(`${LOG_IN}/members`), 'h1', 'Log in')
    await say(
      endsCopies
        ? 'A copy of the cookie, made while Ada was logged in, is worthless.'
        : 'A copy of the cookie, made while Ada was logged in, works until it expires: this engine cannot revoke it.',
    )
    await reads(await copy.open(`${LOG_IN}/members`), 'h1', endsCopies ? 'Log in' : 'Members')
  },
}

/** One browser ends what another one began. */
async function yourDevices({ visitor, other, revocable, say, later, check, reads }: Stage): Promise<void> {
  const phone = other()
  await say('The same user logs in in another browser.')
  await phone.submit(await phone.open(LOG_IN), LOG_IN, { username: 'Ada', password: 'nor is this one' })
  let page = await visitor.open(DEVICES)
  if (!revocable) {
    await say('Sessions in cookies cannot be listed. The devices’ page says so.')
    await reads(page, '.result', /^There is no list/)
    return
  }
  await say('Both sessions are in the list, without their ids.')
  const devices = page.all('.devices h2')
  await check('the page shows two sessions', devices.length === 2, devices.length)
  await check('one of them is this browser', page.all('.devices .mark').length === 1)
  await say('Ten minutes later the page asks for the password before it ends a session.')
  await later(600)
  page = await visitor.submit(await visitor.open(DEVICES), `${DEVICES}/again`, { password: 'nor this one' })
  await say('Log out everywhere else. The other browser’s next request is from nobody.')
  page = await visitor.submit(page, `${DEVICES}/end-others`)
  await reads(page, '.result', /^1 session has ended/)
  await reads(await phone.open(`${LOG_IN}/members`), 'h1', 'Log in')
}

const METHODS = '/sessions/methods'

export const sessionMethods: Scene = {
  slug: 'methods',
  async play({ visitor, other, cookieName: siteCookie, given, later, say, check, reads, holds }) {
    // They have a cookie of their own: whatever end they get, the site's session stays.
    const cookieName = `${siteCookie}-methods`
    await say('Asking changes nothing: it begins no session.')
    for (const [call, answer] of [
      ['getExpiryAge', /^\d+$/],
      ['getExpiryDate', /^\d{4}-\d\d-\d\dT[\d:.]+Z$/],
      ['getExpireAtBrowserClose', /^(true|false)$/],
    ] as const)
      await reads(await visitor.open(`${METHODS}?call=${call}`), '#answer', answer)
    await check('the browser has no session', visitor.browser.cookie(cookieName) === undefined)

    const page = await visitor.open(METHODS)
    const press = (expiry: string) => visitor.submit(page, `${METHODS}/set-expiry`, { expiry })
    await say('setExpiry with seconds, with 0, and with null to return to the settings.')
    await reads(await press('60'), '#age', '60')
    await check('the cookie has Max-Age=60', /; Max-Age=60;/.test(given(cookieName)))
    await reads(await press('0'), '#browser', 'true')
    await check('the cookie has no date', !/max-age|expires/i.test(given(cookieName)))
    await press('null')
    await say('With a date the session ends then, however often it is saved before.')
    const until = page.value('#until') ?? ''
    await reads(
      await visitor.submit(page, `${METHODS}/set-date`, { until }),
      '#call',
      `setExpiry(new Date('${until}:00.000Z'))`,
    )

    await say('cycleKey: the same data under a new id.')
    const id = visitor.browser.cookie(cookieName)
    await visitor.submit(page, `${METHODS}/cycle-key`)
    await check('the cookie is another one', visitor.browser.cookie(cookieName) !== id)
    await say('One minute to live, and then clearExpired: it answers how many records it removed.')
    await press('60')
    const copy = other(visitor.browser.stolen())
    await later(60)
    await reads(await copy.open(`${METHODS}?call=getExpiryAge`), '#id', 'undefined')
    await reads(await visitor.submit(page, `${METHODS}/clear-expired`), '#answer', /^\d+$/)

    await say('A date in the past ends the session at once.')
    await reads(
      await visitor.submit(page, `${METHODS}/set-date`, { until: '2001-01-01T00:00' }),
      '.result',
      /^The moment had passed/,
    )
    await holds('lastCall', undefined)
  },
}

const NESTED_CHANGE = '/sessions/nested-change'

export const nestedChange: Scene = {
  slug: 'nested-change',
  async play({ visitor, say, reads, holds }) {
    const car = (wheels: string) => ({ make: 'mini', wheels })
    await say('A car in the session, on steel wheels.')
    let page = await visitor.submit(await visitor.open(NESTED_CHANGE), `${NESTED_CHANGE}/begin`)
    await holds('my_car', car('steel'))
    await say('car.wheels = "alloy", and no more: the session compares the object and saves the change.')
    page = await visitor.submit(page, `${NESTED_CHANGE}/compared`)
    await reads(page, '#outcome', 'the change was saved')
    await holds('my_car', car('alloy'))
    await say('The same line with NESTED_CHANGES=ignore, as in Django: the change is lost without an error.')
    page = await visitor.submit(page, `${NESTED_CHANGE}/django/ignored`)
    await reads(page, '#outcome', 'the change was lost')
    await holds('my_car', car('alloy'))
    await say('session.modified = true tells the session of the change.')
    page = await visitor.submit(page, `${NESTED_CHANGE}/django/modified`)
    await reads(page, '#outcome', 'the change was saved')
    await holds('my_car', car('steel'))
  },
}

const SAVE = '/sessions/save-every-request'

export const saveEveryRequest: Scene = {
  slug: 'save-every-request',
  async play({ visitor, later, say, check, reads }) {
    await say('SAVE_EVERY_REQUEST: a session of thirty seconds, and each read moves its end.')
    await visitor.submit(await visitor.open(SAVE), `${SAVE}/begin`)
    for (let reading = 1; reading <= 4; reading++) {
      await later(25)
      await reads(await visitor.open(SAVE), '#moved', /^\d+ seconds$/)
    }
    await say('After two minutes it ends, though it was used all the time: that is the absolute timeout.')
    await later(20)
    await reads(await visitor.open(SAVE), '#none', /^There is no session now/)

    await say('With the setting off, no read moves the end.')
    await visitor.submit(await visitor.open(`${SAVE}/off`), `${SAVE}/off/begin`)
    await later(29)
    await reads(await visitor.open(`${SAVE}/off`), '#moved', 'nothing')
    await later(1)
    await check('it has ended', (await visitor.open(`${SAVE}/off`)).has('#none'))
  },
}

export const csrf: Scene = {
  slug: 'csrf',
  async play({ visitor, say, reads }) {
    await say(
      'A small bank with csrf(), and one without. The other site’s form brings the visitor’s cookies ...',
    )
    let page = await visitor.open('/csrf?from=other-site&token=none')
    await reads(page, '#guarded', /answered 403 ?balance: 100 of 100/)
    await reads(page, '#open', /answered 200 ?balance: 90 of 100/)
    await say('... and the bank’s own form is paid by both.')
    page = await visitor.open('/csrf?from=this-site&token=right')
    await reads(page, '#guarded', /answered 200 ?balance: 90 of 100/)
    await say('A browser that does not say where a form comes from needs the token of its own page.')
    page = await visitor.open('/csrf?from=silent&token=other')
    await reads(page, '#guarded', /answered 403 ?balance: 100 of 100/)
  },
}

const ORDER = '/middleware-order'

export const middlewareOrder: Scene = {
  slug: 'middleware-order',
  async play({ visitor, say, reads }) {
    await say('What uses the session stands below its middleware. Five small apps, each with another order.')
    await reads(await visitor.open(`${ORDER}?order=right`), '#run tbody', /^GET \/ 200 visits: 1/)
    await say('The handler first: there is no session yet.')
    await reads(
      await visitor.open(`${ORDER}?order=handler-first`),
      '#run tbody',
      /^GET \/ 500 there is no ctx/,
    )
    await say('The token first, the parser last, a change too late: each says what is wrong.')
    await reads(await visitor.open(`${ORDER}?order=token-first`), '#run tbody', /^GET \/ 500 csrf\(\) binds/)
    await reads(
      await visitor.open(`${ORDER}?order=parser-last`),
      '#run tbody',
      /403 Nothing was done with this form/,
    )
    await reads(await visitor.open(`${ORDER}?order=too-late`), '#run tbody', /nothing was saved/)
  },
}
