import type { Scene } from '../scene.js'

const HERE = '/sessions/library'

export const library: Scene = {
  slug: 'library',
  async play({ visitor, other, say, reads, holds }) {
    await say('The catalogue is everybody’s, and stands in a database of its own.')
    let page = await visitor.open(HERE)
    await reads(page, '#books', /^\d+$/)
    await reads(page, '#copies', /^\d+$/)
    await reads(page, '#available', /^\d+$/)
    await reads(page, '#authors', /^\d+$/)
    await say('The visit count is the visitor’s own, and stands in the session.')
    await reads(page, '#visits', 'You have visited this page 1 time.')
    await visitor.open(HERE)
    page = await visitor.open(HERE)
    await reads(page, '#visits', 'You have visited this page 3 times.')
    await holds('numVisits', 3)
    await say('Somebody else begins at one; so does who asks for it.')
    await reads(await other().open(HERE), '#visits', 'You have visited this page 1 time.')
    page = await visitor.submit(page, `${HERE}/start-again`)
    await reads(page, '#visits', 'You have visited this page 1 time.')
  },
}
