import type { Scene } from '../scene.js'

const COOKIE = '/cookies/page-count'
const SESSION = '/sessions/page-count'

export const pageCount: Scene = {
  slug: 'page-count',
  async play({ visitor, other, cookieName, revocable, say, check, reads, holds }) {
    await say('The count in a cookie: reload, and it counts.')
    await visitor.open(COOKIE)
    let page = await visitor.open(COOKIE)
    await reads(page, '#count', '2')
    await say('It is forged as easily as it is read.')
    page = await visitor.submit(page, `${COOKIE}/forge`, { forged: '1000' })
    await reads(page, '#count', '1001')

    await say('The count in a session: the cookie is nothing that could be counted up.')
    await visitor.open(SESSION)
    page = await visitor.open(SESSION)
    await reads(page, '#count', '2')
    await holds('pageCount', 2)
    await say('An id that somebody made up opens nothing.')
    page = await visitor.submit(page, `${SESSION}/forge`, { id: 'a'.repeat(32) })
    await reads(page, '.result', /^No session is there under that id/)
    const forger = other()
    forger.browser.setCookie(cookieName, 'a'.repeat(32))
    await reads(await forger.open(SESSION), '#count', '1')

    const { browser } = visitor
    const [id, copy] = [browser.cookie(cookieName), other(browser.stolen())]
    await say('Start again, and the session ends. Somebody has made a copy of the cookie before.')
    page = await visitor.submit(page, `${SESSION}/start-again`)
    await reads(page, '#count', '1')
    await check('the new session has another cookie', browser.cookie(cookieName) !== id)
    await say(
      revocable
        ? 'The copy leads nowhere: it begins a session of its own.'
        : 'The copy is the old session: what no server keeps, no server can end.',
    )
    await reads(await copy.open(SESSION), '#count', revocable ? '1' : '3')
  },
}
