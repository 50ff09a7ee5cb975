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
    answer:
      'Your browser keeps it. There you can read it, change it, copy it and remove it. The server changes it with a response.',
    href: '/cookies/page-count',
    step: 'Page count, in a cookie',
  },
  {
    question: 'When does a cookie end, and who decides?',
    answer:
      'With Max-Age it ends after that many seconds, without it when the browser closes. ' +
      'The server names the end, and the browser removes the cookie. Nobody tells the server.',
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
    answer:
      'They are you, until that session ends or gets a new id. ' +
      '“Log out everywhere else” gives it a new id at once. The copy is then worthless.',
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
      'It makes your browser send a form, and your cookies may go along. SameSite=Lax keeps them out of a form of another site. ' +
      'The server also asks the browser where the form comes from. An older browser does not say, so there the token counts.',
    href: '/labs/other-site',
    step: 'A form on another site',
  },
  {
    question: 'A cookie is signed, or it is sealed. What is the difference?',
    answer:
      'Anybody can read a signed one. Only the server can read a sealed one. You can change either, and the server then refuses it.',
    href: '/labs/forged-cookie',
    step: 'A forged cookie',
  },
  {
    question: 'Two tabs change one session at the same moment. What can be lost?',
    answer:
      'One of the two changes. In many libraries the later write replaces the earlier one. Here the store notices, and both are kept.',
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
