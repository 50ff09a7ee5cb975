/** One walkthrough on the site's path. */
export interface Walkthrough {
  readonly slug: string
  readonly title: string
  /** What it shows, in one sentence. */
  readonly summary: string
  /** Where it begins: two pages where the same application exists with a cookie and with a session. */
  readonly entries: readonly Entry[]
  /** Whether it is about programming: whoever is new to this may skip it. */
  readonly isForEngineers?: true
}

/** A step of the path: one page that is visited, and ticked when it is done. */
export interface Entry {
  readonly href: string
  readonly label: string
  /** Its name in the visitor's progress. */
  readonly step: string
}

export interface Chapter {
  readonly title: string
  readonly text: string
  readonly walkthroughs: readonly Walkthrough[]
}

const entry = (href: string, label: string): Entry => ({
  href,
  label,
  step: href.slice(1).replaceAll('/', '-'),
})
/** The cookie is first: the session is the answer to what it lacks. */
const both = (name: string): readonly Entry[] => [
  entry(`/cookies/${name}`, 'In a cookie'),
  entry(`/sessions/${name}`, 'In a session'),
]
const only = (href: string): readonly Entry[] => [entry(href, 'Begin')]

/** The path, from "HTTP forgets" to "sessions at scale". */
export const chapters: readonly Chapter[] = [
  {
    title: 'HTTP forgets',
    text: 'A request tells the server nothing about the one before, unless it carries something from it.',
    walkthroughs: [
      {
        slug: 'one-request',
        title: 'One request, one response',
        summary: 'What your browser sends and what comes back, word for word, without a cookie and with one.',
        entries: only('/one-request'),
      },
      {
        slug: 'test-cookie',
        title: 'Test cookie',
        summary: 'Does this browser send cookies back? Two requests find out.',
        entries: only('/test-cookie'),
      },
      {
        slug: 'page-count',
        title: 'Page count',
        summary: 'Forge the number in a cookie, then try the same with a session.',
        entries: both('page-count'),
      },
      {
        slug: 'browser-tools',
        title: 'In your browser’s own tools',
        summary: 'Where to see your cookies, your requests and your record without these pages.',
        entries: only('/browser-tools'),
      },
      {
        slug: 'date-time',
        title: 'Name, then date and time',
        summary: 'A name in a cookie, and a page that greets with it each time.',
        entries: only('/cookies/date-time'),
      },
      {
        slug: 'lifetime',
        title: 'Temporary and persistent',
        summary: 'One cookie lasts until the browser closes, the other has a date.',
        entries: only('/cookies/lifetime'),
      },
      {
        slug: 'limits',
        title: 'The limits of cookies',
        summary:
          'Size, text only, open to the visitor, sent with each request, and not too many: try all five.',
        entries: only('/cookies/limits'),
      },
      {
        slug: 'four-ways',
        title: 'Four ways to remember',
        summary:
          'Four counters: in a cookie, in a session, in the address (URL rewriting) and in a hidden field.',
        entries: only('/four-ways'),
      },
    ],
  },
  {
    title: 'In a cookie, or on the server',
    text: 'The same application twice: first the browser holds the data, then only an id, and the server stores the data.',
    walkthroughs: [
      {
        slug: 'profile',
        title: 'Three-step profile',
        summary: 'Three forms for a name, an age and a friend’s name, and a page that shows all three.',
        entries: both('profile'),
      },
      {
        slug: 'cart',
        title: 'Shopping cart',
        summary: 'Items and quantities, for a few minutes, until the browser closes, or for two weeks.',
        entries: [entry('/cookies/cart-as-taught', 'A cookie for each item'), ...both('cart')],
      },
      {
        slug: 'set-get-delete',
        title: 'Set, get, delete',
        summary: 'A session that lives for thirty seconds, before and after it expires.',
        entries: only('/sessions/set-get-delete'),
      },
      {
        slug: 'library',
        title: 'Local library',
        summary: 'A catalogue that is the same for everybody, and a visit count that is yours.',
        entries: only('/sessions/library'),
      },
    ],
  },
  {
    title: 'In control',
    text: 'A session begins, changes its id, gets another end, and ends.',
    walkthroughs: [
      {
        slug: 'log-in',
        title: 'Log in, log out',
        summary: 'The log-in changes the id, the log-out ends the session, and a list shows your devices.',
        entries: only('/sessions/log-in'),
      },
      {
        slug: 'methods',
        title: 'Session methods',
        summary: 'A button for every method about a session’s end.',
        isForEngineers: true,
        entries: only('/sessions/methods'),
      },
      {
        slug: 'save-every-request',
        title: 'Save on every request',
        summary: 'Does reading move the end of a session? With one setting it does, up to a limit.',
        entries: only('/sessions/save-every-request'),
      },
      {
        slug: 'nested-change',
        title: 'Nested change',
        summary: 'A change inside a stored object: saved here, lost under Django’s rule.',
        isForEngineers: true,
        entries: only('/sessions/nested-change'),
      },
      {
        slug: 'csrf',
        title: 'The token in a form',
        summary: 'Who sent this form? A small bank with and without CSRF protection.',
        entries: only('/csrf'),
      },
      {
        slug: 'middleware-order',
        title: 'The order of middlewares',
        summary: 'What happens if the session stands below what uses it? Five small apps show it.',
        isForEngineers: true,
        entries: only('/middleware-order'),
      },
    ],
  },
  {
    title: 'Attacks, and what stops them',
    text: 'You attack your own session in a lab, and then stop the attack.',
    walkthroughs: [
      {
        slug: 'stolen-cookie',
        title: 'A stolen cookie',
        summary: 'A thief copies your cookie and is you, until you log out everywhere else.',
        entries: only('/labs/stolen-cookie'),
      },
      {
        slug: 'fixation',
        title: 'Session fixation',
        summary: 'An attacker plants an id before you log in. A new id at the log-in stops it.',
        entries: only('/labs/fixation'),
      },
      {
        slug: 'other-site',
        title: 'A form on another site',
        summary: 'Another site’s page pays with your coins, until the server checks where a form comes from.',
        entries: only('/labs/other-site'),
      },
      {
        slug: 'forged-cookie',
        title: 'A forged cookie',
        summary: 'Edit a signed cookie and a sealed one, send them, and see what the server says.',
        entries: only('/labs/forged-cookie'),
      },
      {
        slug: 'script',
        title: 'A script reads a cookie',
        summary: 'Two cookies, one of them HttpOnly. A script of the page sees one.',
        entries: only('/labs/script'),
      },
    ],
  },
  {
    title: 'Sessions at scale',
    text: 'Many requests at once, and many places to store sessions.',
    walkthroughs: [
      {
        slug: 'two-tabs',
        title: 'Two tabs at once',
        summary: 'Two requests change one session at the same moment. Are both changes kept?',
        entries: only('/sessions/two-tabs'),
      },
      {
        slug: 'engines',
        title: 'Engines',
        summary: 'The same session as a table row, a Redis key, a file and a cookie.',
        isForEngineers: true,
        entries: only('/engines'),
      },
      {
        slug: 'beside-django',
        title: 'Beside Django',
        summary: 'One session for a Django site and a Koa site: read, changed and signed as Django does.',
        isForEngineers: true,
        entries: only('/beside-django'),
      },
    ],
  },
]

/** The page after the last step. */
export const END = { href: '/in-your-own-words', title: 'In your own words' } as const

/** All walkthroughs, in the order of the path. */
export const walkthroughs: readonly Walkthrough[] = chapters.flatMap((chapter) => chapter.walkthroughs)

/** A step of the path, with where it is. */
export interface Step extends Entry {
  /** As a link names it. */
  readonly title: string
  readonly walkthrough: Walkthrough
  readonly chapter: Chapter
}

/** All steps, in the order of the path. An application that is there twice is two steps. */
export const steps: readonly Step[] = chapters.flatMap((chapter) =>
  chapter.walkthroughs.flatMap((walkthrough) =>
    walkthrough.entries.map((one) => ({ ...one, title: titleOf(walkthrough, one), walkthrough, chapter })),
  ),
)

function titleOf({ title, entries }: Walkthrough, { label }: Entry): string {
  return entries.length === 1 ? title : `${title}, ${label.toLowerCase()}`
}
