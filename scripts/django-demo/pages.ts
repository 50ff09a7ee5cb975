/** What the page of Koa shows. */
export interface KoaPage {
  readonly user: string | undefined
  readonly session: object
  /** The column `session_data` of the session's row. */
  readonly stored: string | undefined
  /** For forms that come to Koa. */
  readonly token: string
  /** For forms that go to Django. */
  readonly djangoToken: string
}

/** Both sites side by side. Each form answers with this page, so that both are read anew. */
export const twoSites = `<!doctype html>
<html lang="en"><title>One visitor, two sites</title><link rel="stylesheet" href="/style.css">
<h1>One visitor, two sites</h1>
<p>Django is on the left, Koa is on the right. Both use one session, which is one row of Django’s table.
Log in on one side, put something into the basket on both, and log out on the other side.</p>
<div class="sites">
<iframe title="Django" src="/django/"></iframe>
<iframe title="Koa" src="/koa/"></iframe>
</div>
`

export const style = `
body { font: 16px/1.5 system-ui, sans-serif; margin: 1.5rem; max-width: 75rem }
.sites { display: grid; grid-template-columns: repeat(auto-fit, minmax(20rem, 1fr)); gap: 1rem }
iframe { width: 100%; height: 42rem; border: 1px solid #888; border-radius: 6px }
dt { font-weight: bold } dd { margin: 0 0 .5rem; overflow-wrap: anywhere }
form { margin: .5rem 0 } label { display: block } button { padding: .3rem .8rem }
pre { white-space: pre-wrap; overflow-wrap: anywhere; background: #f2f2f2; padding: .5rem }
`

export function koaPage({ user, session, stored, token, djangoToken }: KoaPage): string {
  const mine = `<input type="hidden" name="csrfmiddlewaretoken" value="${escaped(token)}">`
  const djangos = `<input type="hidden" name="csrfmiddlewaretoken" value="${escaped(djangoToken)}">`
  const [payload = '', time = '', signature = ''] = stored?.split(':') ?? []
  return `<!doctype html>
<html lang="en"><title>Koa</title><link rel="stylesheet" href="/style.css">
<h2>Koa, with Tessera</h2>
<dl>
  <dt>djangoUser(session)</dt><dd id="user">${escaped(user ?? 'nobody')}</dd>
  <dt>the session</dt><dd><pre id="session">${escaped(JSON.stringify(session, undefined, 2))}</pre></dd>
  <dt>its row in django_session: data, second and signature</dt>
  <dd id="stored">${stored === undefined ? 'none' : `${escaped(payload)}<b>:</b>${escaped(time)}<b>:</b>${escaped(signature)}`}</dd>
</dl>
<form method="post" action="/koa/basket" target="_top">${mine}<button>Put coffee into the basket</button></form>
<form method="post" action="/django/basket" target="_top">${djangos}<button name="item" value="cake">Put cake into the basket, by a form that goes to Django</button></form>
${
  user === undefined
    ? `<form method="post" action="/koa/log-in" target="_top">${mine}
  <label>Name <input name="username" value="ada"></label>
  <label>Password <input name="password" value="lovelace"></label>
  <button>Log in</button>
</form>`
    : `<form method="post" action="/koa/log-out" target="_top">${mine}<button>Log out</button></form>`
}
`
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)
}
