import Router from '@koa/router'
import { show } from './kit/page.js'

/** A word that the pages use, and where to see what it means. */
export interface Term {
  /** Its place on the page: `/glossary#same-site`. */
  readonly id: string
  readonly term: string
  /** One sentence or two. */
  readonly meaning: string
  /** The step that shows it. */
  readonly href: string
  readonly step: string
}

/** In alphabetical order. */
export const terms: readonly Term[] = [
  {
    id: 'absolute-timeout',
    term: 'Absolute timeout',
    meaning:
      'A session ends this long after it began, or after the last log-in, even if it is used. A thief cannot keep a stolen session alive for ever.',
    href: '/sessions/save-every-request',
    step: 'Save on every request',
  },
  {
    id: 'attribute',
    term: 'Attribute',
    meaning:
      'A part of a Set-Cookie line after the value, such as Max-Age=180. It tells the browser what to do with the cookie.',
    href: '/cookies/lifetime',
    step: 'Temporary and persistent',
  },
  {
    id: 'conflict',
    term: 'Conflict',
    meaning:
      'A write names the version that it read, and the store has another by now. The store refuses, and the write is tried again.',
    href: '/sessions/two-tabs',
    step: 'Two tabs at once',
  },
  {
    id: 'cookie',
    term: 'Cookie',
    meaning:
      'A name and a value that a server gives to a browser. The browser sends them back with each request to that site.',
    href: '/one-request',
    step: 'One request, one response',
  },
  {
    id: 'csrf',
    term: 'CSRF, cross-site request forgery',
    meaning:
      'Another site’s page makes your browser send a form to this site. The browser adds your cookies, so the form counts as yours.',
    href: '/csrf',
    step: 'The token in a form',
  },
  {
    id: 'engine',
    term: 'Engine',
    meaning:
      'The part of the server that keeps sessions: in a database, Redis, files, memory or the cookie itself.',
    href: '/engines',
    step: 'Engines',
  },
  {
    id: 'fixation',
    term: 'Fixation',
    meaning:
      'An attacker plants a session id in your browser and waits until you log in with it. A new id at each log-in stops that.',
    href: '/labs/fixation',
    step: 'Session fixation',
  },
  {
    id: 'flush',
    term: 'Flush',
    meaning: 'To end a session: its data, its record and its cookie go. A log-out does it.',
    href: '/sessions/set-get-delete',
    step: 'Set, get, delete',
  },
  {
    id: 'handle',
    term: 'Handle',
    meaning:
      'A short name of one of your sessions, for a list of devices. Whoever has an id has the session, and a handle lets nobody in.',
    href: '/sessions/log-in/devices',
    step: 'Log in, log out',
  },
  {
    id: 'hash',
    term: 'Hash',
    meaning:
      'A short text that is computed from a longer one. Nobody can compute the longer one from it, so it may be shown.',
    href: '/browser-tools',
    step: 'In your browser’s own tools',
  },
  {
    id: 'header',
    term: 'Header',
    meaning: 'A line of a request or a response: a name, a colon and a value. Cookies travel in two of them.',
    href: '/one-request',
    step: 'One request, one response',
  },
  {
    id: 'hijacking',
    term: 'Hijacking',
    meaning:
      'Somebody copies the cookie of your session and uses it. For the server that person is you, until the session ends or gets a new id.',
    href: '/labs/stolen-cookie',
    step: 'A stolen cookie',
  },
  {
    id: 'http',
    term: 'HTTP and HTTPS',
    meaning:
      'The rules by which browsers and servers talk. With HTTPS nobody on the way can read what they say.',
    href: '/one-request',
    step: 'One request, one response',
  },
  {
    id: 'http-only',
    term: 'HttpOnly',
    meaning:
      'A cookie with this attribute cannot be read by scripts in the page. The browser still sends it.',
    href: '/labs/script',
    step: 'A script reads a cookie',
  },
  {
    id: 'id',
    term: 'Id',
    meaning:
      'A long text that the server draws by chance for each session. The cookie holds it, and nobody can guess it.',
    href: '/sessions/page-count',
    step: 'Page count, in a session',
  },
  {
    id: 'idle-timeout',
    term: 'Idle timeout',
    meaning: 'A session ends when nobody has used it for this long. Each use moves the end.',
    href: '/sessions/save-every-request',
    step: 'Save on every request',
  },
  {
    id: 'json',
    term: 'JSON',
    meaning: 'A way to write numbers, texts and lists as one text, such as ["milk",2].',
    href: '/cookies/cart',
    step: 'Shopping cart, in a cookie',
  },
  {
    id: 'key',
    term: 'Key',
    meaning:
      'In a session: the name under which a value is kept, such as pageCount. A secret key is something else: a text that only the server has, to sign and seal with.',
    href: '/sessions/set-get-delete',
    step: 'Set, get, delete',
  },
  {
    id: 'max-age',
    term: 'Max-Age',
    meaning:
      'For how many seconds a browser keeps a cookie. Without it the cookie ends when the browser closes, and 0 removes it.',
    href: '/cookies/lifetime',
    step: 'Temporary and persistent',
  },
  {
    id: 'middleware',
    term: 'Middleware',
    meaning:
      'A part of a server through which each request passes, such as the one that gives it a session. For those who program.',
    href: '/middleware-order',
    step: 'The order of middlewares',
  },
  {
    id: 'origin',
    term: 'Origin and port',
    meaning:
      'A server’s address: scheme, name and port, the number after the colon. Two ports of one name are two origins, and one site.',
    href: '/labs/other-site',
    step: 'A form on another site',
  },
  {
    id: 'percent-encoded',
    term: 'Percent-encoded',
    meaning:
      'A cookie or an address cannot hold some characters. Each byte of them is written as % and two digits or letters: é is %C3%A9.',
    href: '/cookies/profile',
    step: 'Profile',
  },
  {
    id: 'record',
    term: 'Record',
    meaning: 'What the server stores of one session: its data and its end, under a hash of the id.',
    href: '/browser-tools',
    step: 'In your browser’s own tools',
  },
  {
    id: 'redirect',
    term: 'Redirect',
    meaning: 'A response that sends the browser to another address. Its status is 303 or 302.',
    href: '/cookies/date-time',
    step: 'Name, then date and time',
  },
  {
    id: 'rotation',
    term: 'Rotation',
    meaning: 'A session gets a new id, and its data stays. A copy of the old id is soon worthless.',
    href: '/sessions/log-in',
    step: 'Log in, log out',
  },
  {
    id: 'same-site',
    term: 'Same-site',
    meaning:
      'Two pages are same-site if they share the scheme and the registered domain. SameSite=Lax keeps a cookie out of forms that come from another site.',
    href: '/labs/other-site',
    step: 'A form on another site',
  },
  {
    id: 'sealed',
    term: 'Sealed',
    meaning: 'Encrypted and signed: only the server can read the value, and only the server can make one.',
    href: '/labs/forged-cookie',
    step: 'A forged cookie',
  },
  {
    id: 'session',
    term: 'Session',
    meaning:
      'What a server remembers about one browser from one request to the next. The browser holds an id, the server holds the data.',
    href: '/sessions/page-count',
    step: 'Page count, in a session',
  },
  {
    id: 'session-cookie',
    term: 'Session cookie',
    meaning:
      'The cookie that holds a session’s id. Elsewhere the name often means a cookie that ends when the browser closes.',
    href: '/cookies/lifetime',
    step: 'Temporary and persistent',
  },
  {
    id: 'signed',
    term: 'Signed',
    meaning:
      'The server adds a code that only its secret key can make. Everybody can read a signed value, but nobody else can change it.',
    href: '/four-ways',
    step: 'Four ways to remember',
  },
  {
    id: 'stateless',
    term: 'Stateless',
    meaning:
      'Each HTTP request stands alone. Nothing in it tells the server about the request before, unless the browser sends it along.',
    href: '/one-request',
    step: 'One request, one response',
  },
  {
    id: 'status',
    term: 'Status',
    meaning:
      'A response begins with it: 200 done, 302 or 303 go to another page, 400 not understood, 422 the form has a mistake. ' +
      'Status 401 wants a log-in, 403 refuses, 404 finds no page, 500 is the server’s fault, 503 says try later.',
    href: '/one-request',
    step: 'One request, one response',
  },
  {
    id: 'store',
    term: 'Store',
    meaning: 'The place where the server keeps its records: a database, files or its memory.',
    href: '/engines',
    step: 'Engines',
  },
  {
    id: 'token',
    term: 'Token, csrftoken',
    meaning:
      'A secret text that this site puts into each of its forms, and into the cookie csrftoken. A form without it may come from another site.',
    href: '/csrf',
    step: 'The token in a form',
  },
  {
    id: 'url-rewriting',
    term: 'URL rewriting',
    meaning:
      'The server writes what it wants to remember into each link. Whoever sees the address sees it, and can pass it on.',
    href: '/four-ways',
    step: 'Four ways to remember',
  },
  {
    id: 'version',
    term: 'Version',
    meaning:
      'A number that the store changes with each write of a record. It shows whether somebody else has written since.',
    href: '/sessions/two-tabs',
    step: 'Two tabs at once',
  },
  {
    id: 'xss',
    term: 'XSS, cross-site scripting',
    meaning:
      'An attacker’s script runs in a page of this site. It can do what you can do there, and it reads each cookie without HttpOnly.',
    href: '/labs/script',
    step: 'A script reads a cookie',
  },
]

/** The words that the pages use. */
export function glossary(): Router {
  const router = new Router()
  router.get('/glossary', (ctx) => {
    show(ctx, { view: 'glossary', title: 'Glossary', locals: { terms }, forms: false })
  })
  return router
}
