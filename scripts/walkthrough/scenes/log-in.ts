import type { Scene } from '../scene.js'

const HERE = '/sessions/log-in'

export const logIn: Scene = {
  slug: 'log-in',
  async play({ visitor, other, cookieName, revocable, say, check, reads, holds }) {
    const { browser } = visitor
    await say('A session before the log-in. Somebody has seen its cookie, or planted it.')
    await visitor.open('/sessions/page-count')
    const [before, attacker] = [browser.cookie(cookieName), other(browser.copy())]
    await say('The page for members sends to the form, and the form back to it.')
    const form = await visitor.open(`${HERE}/members`)
    let page = await visitor.submit(form, HERE, { username: 'Ada', password: 'not compared with anything' })
    await reads(page, 'h1', 'Members')
    await reads(page, '.lead b', 'Ada')
    await check('the log-in has changed the cookie', browser.cookie(cookieName) !== before)
    await holds('pageCount', 1)
    await say('What was seen before is worthless: it logs nobody in.')
    await reads(await attacker.open(`${HERE}/members`), 'h1', 'Log in')

    await say('Who is logged in is not shown the form.')
    page = await visitor.open(HERE)
    await reads(page, 'h1', 'You are logged in')
    await check('there is no field for a password', !page.has('#password'))
    const copy = other(browser.copy())
    await say('Log out in a second tab. It ends everything, in the first one too.')
    page = await visitor.submit(await visitor.open(HERE), `${HERE}/out`)
    await reads(page, 'h1', 'You are logged out.')
    await check('the browser has no session', browser.cookie(cookieName) === undefined)
    await reads(await visitor.open(`${HERE}/members`), 'h1', 'Log in')
    await say(
      revocable
        ? 'A copy of the cookie, made while Ada was logged in, leads nowhere.'
        : 'A copy of the cookie, made while Ada was logged in, is Ada until its end: this engine can take nothing back.',
    )
    await reads(await copy.open(`${HERE}/members`), 'h1', revocable ? 'Log in' : 'Members')
  },
}
