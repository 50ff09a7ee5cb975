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
    text: 'A request tells the server nothing about the one before, unless it carries something from it.',
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
    ],
  },
  {
    title: 'The server remembers',
    text: 'The browser holds only an id. The server stores the data.',
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
        summary: 'Items and quantities, for three minutes, until the browser closes, or for two weeks.',
        entries: both('cart'),
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
        entries: only('/sessions/methods'),
      },
      {
        slug: 'nested-change',
        title: 'Nested change',
        summary: 'A change inside a stored object: saved here, lost under Django’s rule.',
        entries: only('/sessions/nested-change'),
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
