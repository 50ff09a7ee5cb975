import type { Scene } from '../scene.js'

export const pageCount: Scene = {
  slug: 'page-count',
  title: 'Page count, by cookie and by session',
  async play({ visitor, say, check, reads }) {
    await say('The count in a cookie: reload, and it counts.')
    await visitor.open('/cookies/page-count')
    let page = await visitor.open('/cookies/page-count')
    await reads(page, '#count', '2')
    await say('It is forged as easily as it is read.')
    page = await visitor.submit(page, '/cookies/page-count/forge', { forged: '1000' })
    await reads(page, '#count', '1001')

    await say('The count in a session: the browser has an id.')
    await visitor.open('/sessions/page-count')
    page = await visitor.open('/sessions/page-count')
    await reads(page, '#count', '2')
    await say('An id that somebody made up opens nothing.')
    page = await visitor.submit(page, '/sessions/page-count/forge', { id: 'a'.repeat(32) })
    await reads(page, '.result', /^No session is there under that id/)

    const id = await visitor.cookie('sessionid')
    page = await visitor.submit(page, '/sessions/page-count/start-again')
    await reads(page, '#count', '1')
    await check('the new session has another id', (await visitor.cookie('sessionid')) !== id)
  },
}
