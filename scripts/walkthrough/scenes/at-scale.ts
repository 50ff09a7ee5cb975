import { ENGINE_NAMES } from '../../../src/lib/engines/names.js'
import type { Scene } from '../scene.js'

const TWO_TABS = '/sessions/two-tabs'
const BY_HAND = `${TWO_TABS}/by-hand`

export const twoTabs: Scene = {
  slug: 'two-tabs',
  async play({ visitor, revocable, say, check, reads }) {
    await say('One click: the server sends itself two requests in this session at the same moment.')
    let page = await visitor.submit(await visitor.open(TWO_TABS), `${TWO_TABS}/race`)
    const both = /Your session now has: (left and right|right and left), and the keys of/
    const one = /Your session now has: (left|right), and the keys of/
    await reads(page, '#kept', revocable ? both : one)
    await say('The same race in a library that writes back the whole session.')
    await reads(page, '#others', /^That record had: (left|right)\.$/)

    await say('By hand: two tabs of one browser send their forms at the same moment.')
    page = await visitor.submit(await visitor.open(BY_HAND), `${BY_HAND}/begin`)
    const tabs = await Promise.all(['milk', 'bread'].map((item) => visitor.submit(page, BY_HAND, { item })))
    for (const tab of tabs) await reads(tab, '[role=status]', /^The other tab’s request came/)
    const items = (await visitor.open(BY_HAND)).all('#items li').sort().join(', ')
    if (revocable) {
      await check('both items are in the session: bread, milk', items === 'bread, milk', items)
    } else {
      await say('Each response set a cookie with a whole session. The browser keeps the later one.')
      await check('one item is in the session', items === 'milk' || items === 'bread', items)
    }
  },
}

export const engines: Scene = {
  slug: 'engines',
  async play({ visitor, cookieName, say, check, reads, holds }) {
    await say('The page names the engine. Without a session it shows an example.')
    let page = await visitor.open('/engines')
    const runs = page.text('#runs') ?? ''
    await reads(page, '#whose', /^You have no session yet/)
    await say('With a session: the same session as each engine stores it.')
    page = await visitor.submit(page, '/engines/begin')
    await reads(page, '#whose', /^This is your own session/)
    await holds('engines', runs)
    for (const name of ENGINE_NAMES)
      await check(`it is shown as ${name} stores it`, page.all(`#shape-${name} dd`).length > 0)
    await say('The page shows no cookie that gives access.')
    const cookie = visitor.browser.cookie(cookieName) ?? ''
    await check('the page does not have the cookie', cookie !== '' && !page.html.includes(cookie))

    await say('Somebody is logged in and counts, in an engine that is about to be changed.')
    page = await visitor.submit(page, '/engines/log-in')
    const user = page.text('#change-user') ?? ''
    page = await visitor.submit(page, '/engines/count')
    await reads(page, '#change-engine', 'cache')
    await reads(page, '#change-count', '2')
    await say('The engine changes to db, which knows the old one: the session moves with the first request.')
    page = await visitor.submit(page, '/engines/change')
    await reads(page, '#change-engine', 'db')
    await reads(page, '#change-user', user)
    await reads(page, '#change-db', /"counted":2/)
    await reads(page, '#change-cache', /"move":"moved"/)
    page = await visitor.submit(page, '/engines/count')
    await reads(page, '#change-count', '3')
  },
}

const DJANGO = '/beside-django'

export const besideDjango: Scene = {
  slug: 'beside-django',
  async play({ visitor, say, reads }) {
    await say(
      'A note goes into the session. The page shows it as Django stores a session: data, second and signature.',
    )
    const page = await visitor.submit(await visitor.open(DJANGO), DJANGO, { note: 'bread' })
    await reads(page, '#payload', /^eyJiZXNpZGVEamFuZ28iOiJicmVhZCJ9$/)
    await reads(page, '#json', '{"besideDjango":"bread"}')
    await say('What was signed is read.')
    const text = ['payload', 'second', 'signature'].map((part) => page.text(`#${part}`) ?? '').join(':')
    const read = await visitor.submit(page, `${DJANGO}/read`, { text })
    await reads(read, '#read', /says {"besideDjango":"bread"}\.$/)
    await say('Another character, and it is no session.')
    const changed = await visitor.submit(page, `${DJANGO}/read`, { text: text.replace('e', 'f') })
    await reads(changed, '#read', /^No key has signed this text/)
  },
}
