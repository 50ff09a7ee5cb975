import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import Koa, { type Context } from 'koa'
import { isFromThisMachine } from '../../middleware/requests.js'
import { queryValue } from '../kit/page.js'
import { questions } from '../predictions/questions.js'

/** The paths of this site to which the forms of the other one are sent. */
export interface Targets {
  readonly unchecked: string
  readonly checked: string
}

/** Asked on the other site, and told by this one. */
const QUESTION = questions.get('other-site')

/** Nothing of our own site’s looks: whoever comes here is elsewhere. */
const STYLE = `
  body { margin: 0; background: #3b0764; color: #fff; font: 1.05rem/1.55 system-ui, sans-serif; }
  main { max-width: 36rem; margin: 0 auto; padding: 2rem 1.25rem; }
  h1 { margin: 0 0 1rem; color: #fde047; font: 800 2.75rem/1.1 system-ui, sans-serif; }
  form { margin: 1.5rem 0; padding: 1rem 1.25rem; border: 2px dashed #fde047; border-radius: 1rem; }
  fieldset { margin: 0 0 1rem; padding: 0; border: 0; }
  legend { padding: 0; font-weight: 600; }
  label { display: block; padding: 0.3rem 0; }
  p { overflow-wrap: anywhere; }
  form p { margin: 0; }
  button { margin-right: 0.5rem; padding: 0.6rem 1.1rem; border: 0; border-radius: 2rem; background: #fde047;
    color: #1c1917; font: inherit; font-weight: 700; cursor: pointer; }
  :focus-visible { outline: 3px solid #fff; outline-offset: 2px; }
`
const STYLE_SOURCE = `'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`

/** Names of this machine. To a browser they are two sites, and two ports of one name are one site. */
export const NAMES: readonly string[] = ['localhost', '127.0.0.1']

/**
 * Another site: a page with two forms, on a port of its own of this machine. It listens from the first visit of its lab on,
 * on the server's loopback address, and ends with the process. It answers browsers of this machine only.
 */
export class OtherOrigin {
  readonly #host: string
  readonly #port: number
  readonly #targets: Targets
  #listening: Promise<number> | undefined

  /** `port`: 0 for any free one. */
  constructor({ host, port, targets }: { host: string; port: number; targets: Targets }) {
    this.#host = host
    this.#port = port
    this.#targets = targets
  }

  /**
   * The port of the other site, whose forms are sent to the port `ours`.
   *
   * @throws Error of Node if the port cannot be had; the next call tries again.
   */
  port(ours: number): Promise<number> {
    this.#listening ??= this.#listen(ours).catch((error: unknown) => {
      this.#listening = undefined
      throw error
    })
    return this.#listening
  }

  async #listen(ours: number): Promise<number> {
    const app = new Koa()
    app.silent = true
    app.use((ctx) => this.#answer(ctx, ours))
    const server = createServer(app.callback())
    // Nobody has to close it: it keeps no process alive.
    server.on('connection', (socket) => socket.unref())
    server.listen(this.#port, this.#host).unref()
    await once(server, 'listening')
    const address = server.address()
    return typeof address === 'object' && address !== null ? address.port : this.#port
  }

  #answer(ctx: Context, ours: number): void {
    // A foreign name that leads to this machine (DNS rebinding) gets nothing.
    if (!isFromThisMachine(ctx)) ctx.throw(403)
    if (ctx.path !== '/' || ctx.method !== 'GET') return
    const to = NAMES.find((name) => name === queryValue(ctx, 'to')) ?? ctx.hostname
    const target = `http://${to}:${ours}`
    ctx.set({
      'Cache-Control': 'no-store',
      'Content-Security-Policy': `default-src 'none'; style-src ${STYLE_SOURCE}; form-action ${target}; base-uri 'none'; frame-ancestors 'none'`,
      'X-Content-Type-Options': 'nosniff',
    })
    ctx.type = 'html'
    ctx.body = pageFor(`http://${ctx.host}`, target, this.#targets)
  }
}

/** `origin` and `target` have been checked: they have characters of a host and a port only. */
function pageFor(origin: string, target: string, { unchecked, checked }: Targets): string {
  const { text, answers } = QUESTION ?? { text: '', answers: [] }
  const choices = answers.map(
    (one) =>
      `<label><input type="radio" name="prediction" value="other-site.${one.value}"> ${one.text}</label>`,
  )
  const prediction = `<fieldset><legend>Predict, then click. ${text}</legend>${choices.join('')}</fieldset>`
  return `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>You have won · somebody else’s page</title>
  <style>${STYLE}</style>
</head>
<body>
  <main>
    <h1>You have won!</h1>
    <p>This page belongs to somebody else: <b>${origin}</b>. Each button is a form that is sent to <b>${target}</b>. A real attacker
      writes something nicer on it, or lets a script press it.</p>
    <form method="post" action="${target}${unchecked}">
      ${prediction}
      <p><button type="submit">Collect the prize</button> to an address that checks nothing</p>
    </form>
    <form method="post" action="${target}${checked}"><p><button type="submit">Collect it there</button> to an address that checks where a form comes from</p></form>
  </main>
</body>
</html>
`
}
