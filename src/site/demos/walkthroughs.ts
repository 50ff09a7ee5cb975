/** One walkthrough on the site's path. */
export interface Walkthrough {
  readonly slug: string
  readonly title: string
  /** What it shows, in one sentence. */
  readonly summary: string
  /** Where it begins: two pages where the same application exists with a cookie and with a session. */
  readonly entries: readonly Entry[]
}

export interface Entry {
  readonly href: string
  readonly label: string
}

export interface Chapter {
  readonly title: string
  readonly text: string
  readonly walkthroughs: readonly Walkthrough[]
}

const both = (name: string): readonly Entry[] => [
  { href: `/cookies/${name}`, label: 'In a cookie' },
  { href: `/sessions/${name}`, label: 'In a session' },
]
const only = (href: string): readonly Entry[] => [{ href, label: 'Begin' }]

/** The path, from "HTTP forgets" to "sessions at scale". */
export const chapters: readonly Chapter[] = [
  {
    title: 'HTTP forgets',
    text: 'Each request is a stranger to the server, unless it brings something along.',
    walkthroughs: [
      {
        slug: 'four-ways',
        title: 'Four ways to remember',
        summary: 'One counter, kept in a cookie, in a session, in the address and in the form itself.',
        entries: only('/four-ways'),
      },
      {
        slug: 'test-cookie',
        title: 'Test cookie',
        summary: 'Whether this browser brings cookies back at all, found out in two requests.',
        entries: only('/test-cookie'),
      },
      {
        slug: 'page-count',
        title: 'Page count',
        summary: 'Forge the number in the cookie; then try it with the session.',
        entries: both('page-count'),
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
        summary: 'A cookie until the browser closes, and one with a date.',
        entries: only('/cookies/lifetime'),
      },
    ],
  },
  {
    title: 'The server remembers',
    text: 'The browser holds an id and nothing else. What belongs to it stands on the server.',
    walkthroughs: [
      {
        slug: 'profile',
        title: 'Three-step profile',
        summary: 'A name, an age, a friend’s name: three forms, and a page that has them all.',
        entries: both('profile'),
      },
      {
        slug: 'cart',
        title: 'Shopping cart',
        summary: 'Items and quantities, for three minutes, until the browser closes, or for two weeks.',
        entries: both('cart'),
      },
      {
        slug: 'set-get-delete',
        title: 'Set, get, delete',
        summary: 'A session of thirty seconds, and what it looks like when it is over.',
        entries: only('/sessions/set-get-delete'),
      },
      {
        slug: 'library',
        title: 'Local library',
        summary: 'A catalogue that is everybody’s, and a visit count that is yours.',
        entries: only('/sessions/library'),
      },
    ],
  },
  {
    title: 'In control',
    text: 'A session begins, changes its id, is given another end, and is ended.',
    walkthroughs: [
      {
        slug: 'log-in',
        title: 'Log in, log out',
        summary: 'A new id at the log-in, none after the log-out, and every device where you are logged in.',
        entries: only('/sessions/log-in'),
      },
      {
        slug: 'methods',
        title: 'Session methods',
        summary: 'Every method about a session’s end, as a button with its result.',
        entries: only('/sessions/methods'),
      },
      {
        slug: 'nested-change',
        title: 'Nested change',
        summary: 'New wheels for a car in the session: noticed here, lost with Django’s rule.',
        entries: only('/sessions/nested-change'),
      },
    ],
  },
  {
    title: 'Sessions at scale',
    text: 'Many requests at once, and many places to keep what they need.',
    walkthroughs: [
      {
        slug: 'two-tabs',
        title: 'Two tabs at once',
        summary: 'Two requests that change one session at the same moment, and what becomes of both.',
        entries: only('/sessions/two-tabs'),
      },
      {
        slug: 'engines',
        title: 'Engines',
        summary: 'The same session as a table row, a Redis key, a file and a cookie.',
        entries: only('/engines'),
      },
    ],
  },
]

/** All walkthroughs, in the order of the path. */
export const walkthroughs: readonly Walkthrough[] = chapters.flatMap((chapter) => chapter.walkthroughs)

/** A page's place on the path. */
export interface Place extends Walkthrough {
  /** The chapter's title. */
  readonly chapter: string
  /** From 1. */
  readonly number: number
  readonly count: number
  readonly next: Walkthrough | undefined
}

/** The place of the page at `path`, which is an entry of a walkthrough or below one. */
export function placeOf(path: string): Place | undefined {
  const at = walkthroughs.findIndex(({ entries }) =>
    entries.some(({ href }) => path === href || path.startsWith(`${href}/`)),
  )
  const here = walkthroughs[at]
  if (here === undefined) return undefined
  const chapter = chapters.find((one) => one.walkthroughs.includes(here))?.title ?? ''
  return { ...here, chapter, number: at + 1, count: walkthroughs.length, next: walkthroughs[at + 1] }
}
