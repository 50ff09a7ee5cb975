import type { Scene } from '../scene.js'

const HERE = '/sessions/set-get-delete'

export const setGetDelete: Scene = {
  slug: 'set-get-delete',
  async play({ visitor, other, cookieName, revocable, later, say, check, reads, holds }) {
    const { browser } = visitor
    const cookie = `${cookieName}-short`
    await say('A session of thirty seconds. Set it, and get it.')
    const page = await visitor.open(HERE)
    await visitor.submit(page, `${HERE}/set`, { name: 'Ada' })
    await holds('name', 'Ada')
    await later(29)
    await say('Reading it does not prolong it: a second is left.')
    await reads(await visitor.open(`${HERE}/get`), '#said', 'Hello, Ada')
    const copy = other(browser.stolen())
    await later(1)
    await say('Thirty seconds. The browser drops the cookie; one who keeps it finds the session over.')
    await check('the browser has no cookie', browser.cookie(cookie) === undefined)
    await reads(await visitor.open(`${HERE}/get`), '#said', 'Session has expired')
    await reads(await copy.open(`${HERE}/get`), '#said', 'Session has expired')

    await say('Delete takes the name, and leaves the session.')
    await visitor.submit(page, `${HERE}/set`, { name: 'Grace' })
    let gone = await visitor.submit(page, `${HERE}/delete`)
    await reads(gone, '.lead', 'There is no name any more, but there is a session.')
    await holds('name', undefined)
    await visitor.submit(page, `${HERE}/set`, { name: 'Grace' })
    const thief = other(browser.copy())
    await say('Flush takes the session, record and cookie. Somebody has made a copy of the cookie before.')
    gone = await visitor.submit(page, `${HERE}/flush`)
    await reads(gone, '.lead', 'There is no session. Nothing is left of one.')
    await check('the browser has no cookie', browser.cookie(cookie) === undefined)
    await say(revocable ? 'The copy opens nothing.' : 'The copy stays good until its end: it is the session.')
    await reads(await thief.open(`${HERE}/get`), '#said', revocable ? 'Session has expired' : 'Hello, Grace')
  },
}
