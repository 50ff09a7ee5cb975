import type { Scene } from '../scene.js'

const HERE = '/sessions/two-tabs'
const BY_HAND = `${HERE}/by-hand`

export const twoTabs: Scene = {
  slug: 'two-tabs',
  async play({ visitor, revocable, say, check, reads }) {
    await say('One click: the server sends itself two requests in this session, at the same moment.')
    let page = await visitor.submit(await visitor.open(HERE), `${HERE}/race`)
    const both = /Your session now has: (left and right|right and left), and the keys of/
    const one = /Your session now has: (left|right), and the keys of/
    await reads(page, '#kept', revocable ? both : one)
    await say('The same as others do it, who write back the whole session that they read.')
    await reads(page, '#others', /^That record had: (left|right)\.$/)

    await say('By hand: two tabs of one browser, which send their forms at the same moment.')
    page = await visitor.submit(await visitor.open(BY_HAND), `${BY_HAND}/begin`)
    const tabs = await Promise.all(['milk', 'bread'].map((item) => visitor.submit(page, BY_HAND, { item })))
    for (const tab of tabs) await reads(tab, '[role=status]', /^The other tab’s request came/)
    const items = (await visitor.open(BY_HAND)).all('#items li').sort().join(', ')
    if (revocable) {
      await check('both items are in the session: bread, milk', items === 'bread, milk', items)
    } else {
      await say('Each answer brought a whole session in its cookie, and the later cookie stands.')
      await check('one item is in the session', items === 'milk' || items === 'bread', items)
    }
  },
}
