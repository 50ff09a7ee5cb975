import { goThePath } from './first-pages.js'
import { inBrowser } from './tour.js'

inBrowser(
  'The whole path in production, without the panel',
  async (tour, t) => {
    await goThePath(tour, t, 'production')
    await tour.open('/engines')
    t.is(await tour.page.locator('.inspector').count(), 0)
    await tour.reads('#whose', /^This server shows no records/)
  },
  { NODE_ENV: 'production' },
)
