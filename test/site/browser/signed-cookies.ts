import { goThePath } from './first-pages.js'
import { inBrowser } from './tour.js'

inBrowser(
  'The whole path on signed_cookies',
  async (tour, t) => {
    await goThePath(tour, t, 'signed')
    const [session] = (await tour.context.cookies()).filter(({ name }) => name === 'sessionid')
    t.regex(session?.value ?? '', /^e1\./, 'the session is in the cookie')
  },
  { SESSION_ENGINE: 'signed_cookies' },
)
