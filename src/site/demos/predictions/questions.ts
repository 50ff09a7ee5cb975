/** A page that shows what came of a step: its view, and the view's variables. */
export interface Shown {
  readonly view: string
  readonly locals: Readonly<Record<string, unknown>>
}

/** One of the answers to a question: what the server does, in a sentence. */
export interface Answer {
  readonly value: string
  readonly text: string
}

/** What a page asks before a step. The answer is what the server then really does. */
export interface Question {
  readonly text: string
  readonly answers: readonly Answer[]
  /** The form's field that the outcome is compared with. */
  readonly field?: string
  /**
   * The value of the answer that came true, by what the page after the step shows; undefined for a page that does not
   * tell. `sent`: what was typed in `field`.
   */
  readonly outcome: (page: Shown, sent: string) => string | undefined
}

const answer = (value: string, text: string): Answer => ({ value, text })

/** An outcome that one view tells. */
const on =
  (view: string, tell: (locals: Shown['locals'], sent: string) => string | undefined): Question['outcome'] =>
  (page, sent) =>
    page.view === view ? tell(page.locals, sent) : undefined

/** A member of what a page shows, whatever it is. */
const member = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? Object.entries(value).find(([key]) => key === name)?.[1]
    : undefined

const listed = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

const SAVED = [answer('saved', 'The change is saved.'), answer('lost', 'The change is lost.')]
const saved = on('nested-change', ({ outcome }) => {
  if (outcome === 'the change was saved') return 'saved'
  return String(outcome).startsWith('the change was lost') ? 'lost' : undefined
})

const IN = [answer('in', 'It answers as if you had sent it.'), answer('out', 'It answers: not logged in.')]
const isIn = (status: unknown) => (status === undefined ? undefined : status === 200 ? 'in' : 'out')

/** What had ended before the button shows nothing about the button. */
const stayed = on('set-get-delete-delete', ({ id, isLate }) =>
  isLate === true ? undefined : id === undefined ? 'ends' : 'stays',
)

const list: Readonly<Record<string, Question>> = {
  'cookie-forge': {
    text: 'You set the cookie to another number. What does the server do?',
    answers: [
      answer('believed', 'It counts on from the forged number.'),
      answer('noticed', 'It notices, and counts on from the real one.'),
    ],
    field: 'forged',
    outcome: on('cookie-page-count', ({ count }, sent) =>
      count === Number(sent) + 1 ? 'believed' : 'noticed',
    ),
  },
  'session-forge': {
    text: 'You send an id that you made up. What does the server do?',
    answers: [
      answer('opened', 'It opens a session of that id.'),
      answer('nothing', 'It finds no session of that id.'),
    ],
    outcome: on('session-page-count', ({ found }) =>
      found === undefined ? undefined : found === true ? 'opened' : 'nothing',
    ),
  },
  'test-cookie': {
    text: 'The response before set a cookie. Does this browser send it back?',
    answers: [answer('worked', 'The cookie comes back.'), answer('nothing', 'No cookie comes back.')],
    outcome: ({ view }) =>
      view === 'test-cookie/worked' ? 'worked' : view === 'test-cookie/no-cookies' ? 'nothing' : undefined,
  },
  tampered: {
    text: 'You write a million into the address, and leave the code behind it as it is. What does the server do?',
    answers: [
      answer('believed', 'It counts from a million.'),
      answer('noticed', 'It notices, and starts at 0.'),
    ],
    outcome: on('four-ways', ({ isTampered, counts }) =>
      isTampered === true ? 'noticed' : member(counts, 'address') === 1_000_000 ? 'believed' : undefined,
    ),
  },
  'get-session': {
    text: 'You set the session, and wait until its time is over. Then you press the button. Is the name still there?',
    answers: [answer('there', 'The name is there.'), answer('gone', 'The name is not there.')],
    // Before the time is over nothing is known, and without a cookie nothing has expired.
    outcome: on('set-get-delete-get', ({ id, sent }) =>
      sent !== undefined && id === undefined ? 'gone' : undefined,
    ),
  },
  'delete-key': {
    text: 'You have just set the session. Now its name is deleted. Is there still a session?',
    answers: [answer('stays', 'There is still a session.'), answer('ends', 'There is no session.')],
    outcome: stayed,
  },
  flush: {
    text: 'You have just set the session. Now flush() is called. Is there still a session?',
    answers: [
      answer('stays', 'There is still a session, an empty one.'),
      answer('ends', 'There is no session.'),
    ],
    outcome: stayed,
  },
  'log-in': {
    text: 'What happens to the session’s id when you log in?',
    answers: [
      answer('stays', 'The id stays.'),
      answer('changes', 'The id changes.'),
      answer('first', 'There is no id before.'),
    ],
    outcome: on('log-in-inside', ({ before, now }) =>
      before ? (before === now ? 'stays' : 'changes') : 'first',
    ),
  },
  'log-out': {
    text: 'Your session may hold a page count or a cart. Where is its data after the log-out?',
    answers: [answer('kept', 'It is still in a session.'), answer('gone', 'It is gone with the session.')],
    outcome: on('log-in-out', ({ isAnonymous }) => (isAnonymous === true ? 'kept' : 'gone')),
  },
  compared: { text: 'What is stored?', answers: SAVED, outcome: saved },
  ignored: { text: 'What is stored?', answers: SAVED, outcome: saved },
  modified: { text: 'What is stored?', answers: SAVED, outcome: saved },
  race: {
    text: 'Two requests change the same list at the same moment. What is in it afterwards?',
    answers: [
      answer('both', 'Both changes are kept.'),
      answer('one', 'One change is lost.'),
      answer('none', 'Both are lost.'),
    ],
    outcome: on('two-tabs', ({ outcome }) => {
      const kept = member(member(outcome, 'kept'), 'list')
      return kept === undefined ? undefined : (['none', 'one', 'both'][listed(kept).length] ?? undefined)
    }),
  },
  'stolen-cookie': {
    text: 'The thief sends the copied cookie. What does the server do?',
    answers: IN,
    outcome: on('labs/stolen-cookie', ({ tries }) => isIn(member(listed(tries).at(-1), 'status'))),
  },
  fixation: {
    text: 'The attacker sends the planted id. What does the server do?',
    answers: IN,
    field: 'app',
    outcome: on('labs/fixation', ({ apps }, sent) => {
      const one = listed(apps).find((candidate) => member(candidate, 'app') === sent)
      const planted = member(one, 'planted')
      // An id with which nobody has logged in lets nobody in anywhere: that proves nothing.
      return member(planted, 'loggedIn') === true
        ? isIn(member(member(planted, 'seen'), 'status'))
        : undefined
    }),
  },
  'forged-cookie': {
    text: 'You change the cookie without the key. What does the server do?',
    answers: [
      answer('admin', 'It takes you for an admin.'),
      answer('guest', 'It takes you for a guest, as before.'),
      answer('refused', 'It refuses the whole cookie.'),
    ],
    field: 'kind',
    outcome: on('labs/forged-cookie', ({ cookies }, sent) => {
      const one = listed(cookies).find((candidate) => member(candidate, 'kind') === sent)
      if (member(one, 'value') === undefined) return undefined
      const role = member(one, 'role')
      return typeof role === 'string' ? role : 'refused'
    }),
  },
  'other-site': {
    text: 'You press the first button. What does the server that has your purse do?',
    answers: [
      answer('paid', 'It takes a coin from your purse.'),
      answer('alone', 'It takes nothing: your cookie did not come.'),
    ],
    outcome: on('labs/other-site', ({ cameAlone, payment }) =>
      cameAlone === true ? 'alone' : payment === undefined ? undefined : 'paid',
    ),
  },
  script: {
    text: 'Which of these two cookies can a script in the page read?',
    answers: [
      answer('both', 'It can read both.'),
      answer('one', 'It can read lab-one only.'),
      answer('none', 'It can read neither.'),
    ],
    outcome: on('labs/script', ({ areSet }) => (areSet === true ? 'one' : undefined)),
  },
}

/** All questions, by the names that forms give. */
export const questions: ReadonlyMap<string, Question> = new Map(Object.entries(list))
