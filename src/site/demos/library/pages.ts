import Router from '@koa/router'
import { seeOther, show } from '../kit/page.js'
import { type Catalogue, CatalogueUnavailable } from './catalogue.js'

declare module '../../../lib/index.js' {
  interface SessionData {
    numVisits: number
  }
}

const HERE = '/sessions/library'

/** A small library: the catalogue is in a database and the same for everybody, the visit count is in the session. */
export function library(catalogue: Catalogue): Router {
  const router = new Router({ prefix: HERE })

  // #region visits
  router.get('/', async (ctx) => {
    const session = await ctx.session
    session.transform('numVisits', (before = 0) => before + 1)
    const counts = await ifThere(catalogue.counts())
    // Read when the page is rendered, after the commit: another tab may have counted meanwhile.
    const locals = { counts, visits: () => session.get('numVisits', 0) }
    const sources = ['demos/library/pages.ts#visits', 'demos/library/catalogue.ts#counts']
    show(ctx, { view: 'library', title: 'Local library', locals, sources })
  })
  // #endregion

  router.post('/start-again', async (ctx) => {
    const session = await ctx.session
    session.delete('numVisits')
    seeOther(ctx, HERE)
  })

  // #region books
  router.get('/books', async (ctx) => {
    const books = await ifThere(catalogue.books())
    const sources = ['demos/library/pages.ts#books']
    show(ctx, { view: 'library-books', title: 'Books of the local library', locals: { books }, sources })
  })
  // #endregion

  // #region authors
  router.get('/authors', async (ctx) => {
    const authors = await ifThere(catalogue.authors())
    const sources = ['demos/library/pages.ts#authors']
    show(ctx, {
      view: 'library-authors',
      title: 'Authors of the local library',
      locals: { authors },
      sources,
    })
  })
  // #endregion

  return router
}

/** Without the catalogue the page is shown and says so: the session does not depend on it. */
async function ifThere<Result>(asked: Promise<Result>): Promise<Result | undefined> {
  try {
    return await asked
  } catch (error) {
    if (error instanceof CatalogueUnavailable) return undefined
    throw error
  }
}
