import Router from '@koa/router'
import { show } from './kit/page.js'
import { END } from './walkthroughs.js'

/** A question that somebody can answer who has taken the path. */
interface Question {
  readonly question: string
  readonly answer: string
  /** The step that shows it. */
  readonly href: string
  readonly step: string
}

const questions: readonly Question[] = [
  {
    question: 'Why does a server not know that two requests came from you?',
    answer:
      'HTTP is stateless: each request stands alone. Only what the browser sends along can tell, such as a cookie.',
    href: '/one-request',
    step: 'One request, one response',
  },
  {
    question: 'Who keeps a cookie, and who can change it?',
    answer: 'Your browser keeps it. Whoever has the browser can read it, change it, copy it and remove it.',
    href: '/cookies/page-count',
    step: 'Page count, in a cookie',
  },
  {
    question: 'When does a cookie end, and who decides?',
    answer: 'The server names the end, and the browser keeps to it, or not. The server is never told.',
    href: '/cookies/lifetime',
    step: 'Temporary and persistent',
  },
  {
    question: 'What is in the browser when a cart is in a session?',
    answer: 'An id that nobody can guess. The cart is on the server, and only the server can change it.',
    href: '/sessions/cart',
    step: 'Shopping cart, in a session',
  },
  {
    question: 'A session has expired, and its cookie has not. What does the next request get?',
    answer: 'No session. The record has ended, and the server decides by the record.',
    href: '/sessions/set-get-delete',
    step: 'Set, get, delete',
  },
  {
    question: 'Somebody copies your session’s cookie. What then?',
    answer: 'They are you, until that session ends. “Log out everywhere else” ends it at once.',
    href: '/labs/stolen-cookie',
    step: 'A stolen cookie',
  },
  {
    question: 'Why does a log-in change the session’s id?',
    answer: 'Somebody may have planted the old id, to be you after the log-in. The old id is then worthless.',
    href: '/labs/fixation',
    step: 'Session fixation',
  },
  {
    question: 'How can a page of somebody else act in your name, and what stops it?',
    answer:
      'It lets your browser send a form, and your cookies go along. The server asks where a form comes from, and for a token.',
    href: '/labs/other-site',
    step: 'A form on another site',
  },
  {
    question: 'A cookie is signed, or it is sealed. What is the difference?',
    answer:
      'Anybody can read a signed one, and nobody a sealed one. Neither can be changed without the server’s key.',
    href: '/labs/forged-cookie',
    step: 'A forged cookie',
  },
  {
    question: 'Two tabs change one session at the same moment. What can be lost?',
    answer:
      'Elsewhere the slower one overwrites the other. Here the store notices, and both changes are kept.',
    href: '/sessions/two-tabs',
    step: 'Two tabs at once',
  },
]

/** The end of the path: questions to answer oneself, each with its answer folded. */
export function inYourOwnWords(): Router {
  const router = new Router()
  router.get(END.href, (ctx) => {
    show(ctx, { view: 'in-your-own-words', title: END.title, locals: { own: questions }, forms: false })
  })
  return router
}
