import type { Context } from 'koa'
import { csrf, openSessions, type Session, type Sessions } from '../../lib/index.js'

/**
 * The calls that the inspector shows before a demo's own code: each alone, as an application would write it. A region is
 * named after the region of the demo that it belongs to. Nothing runs this function; it is here for the compiler, so that no
 * page shows a call that does not exist.
 */
export async function canonicalCalls(ctx: Context, session: Session, sessions: Sessions): Promise<void> {
  const count = Number(ctx.cookies.get('count') ?? 0)
  const [user, handle, note] = ['ada', 'a handle', 'bread']
  const item = ['milk', 1] as const
  const { app } = ctx
  const secretKey = 'of the settings'

  // #region one-request/pages#cookie
  ctx.cookies.set('first-cookie', 'hello')
  // #endregion
  // #region one-request/pages#removed
  ctx.cookies.set('first-cookie', null)
  // #endregion

  // #region four-ways#cookie
  ctx.cookies.set('four-ways', String(count + 1))
  // #endregion
  // #region four-ways#session
  session.transform('fourWays', (n = 0) => n + 1)
  // #endregion

  // #region test-cookie#set
  session.setTestCookie()
  // #endregion
  // #region test-cookie#check
  session.testCookieWorked()
  // #endregion
  // #region test-cookie#delete
  session.deleteTestCookie()
  // #endregion

  // #region cookie-page-count#count
  ctx.cookies.set('count', String(count + 1), { maxAge: 14 * 86_400 * 1000 }) // milliseconds
  // #endregion
  // #region session-page-count#count
  session.transform('pageCount', (n = 0) => n + 1)
  // #endregion
  // #region session-page-count#forge
  await sessions.open(String(ctx.query.id))
  // #endregion

  // #region beside-django#put
  session.set('besideDjango', note)
  // #endregion

  // #region browser-tools#begin
  session.set('lookedFor', 'and found')
  // #endregion

  // #region cookie-date-time#name
  ctx.cookies.set('date-time-name', 'Ada')
  // #endregion
  // #region cookie-date-time#read
  ctx.cookies.get('date-time-name')
  // #endregion

  // #region cookie-lifetime#temporary
  ctx.cookies.set('temporary', 'now')
  // #endregion
  // #region cookie-lifetime#persistent
  ctx.cookies.set('persistent', 'now', { maxAge: 180 * 1000 }) // milliseconds
  // #endregion
  // #region cookie-lifetime#delete
  ctx.cookies.set('persistent', null)
  // #endregion

  // #region profile/memories#cookie
  ctx.cookies.set('profile_name', 'Ada')
  // #endregion
  // #region profile/memories#session
  session.transform('profile', (old = {}) => ({ ...old, name: 'Ada' }))
  // #endregion

  // #region cart/cookie#add
  ctx.cookies.set('cart', JSON.stringify([item]), { maxAge: 180 * 1000 }) // milliseconds
  // #endregion
  // #region cart/session#recall
  session.get('cart', [])
  // #endregion
  // #region cart/session#add
  session.transform('cart', (items = []) => [...items, item])
  session.setExpiry(120)
  // #endregion

  // #region cart/as-taught#add
  ctx.cookies.set('cart.milk', '1', { maxAge: 180 * 1000 }) // milliseconds
  // #endregion

  // #region cookie-limits#size
  ctx.cookies.set('limit-size', 'x'.repeat(4096 - 'limit-size'.length))
  // #endregion

  // #region set-get-delete#set
  session.set('name', 'Ada')
  // #endregion
  // #region set-get-delete#get
  session.get('greeting', 'Good day')
  // #endregion
  // #region set-get-delete#missing
  session.get('colour', 'red')
  // #endregion
  // #region set-get-delete#delete
  session.delete('name')
  session.clear()
  session.flush()
  // #endregion

  // #region library/pages#visits
  session.transform('numVisits', (n = 0) => n + 1)
  // #endregion

  // #region log-in#connection
  session.user
  // #endregion
  // #region log-in#log-in
  session.login(user)
  // #endregion
  // #region log-in#log-out
  session.logout()
  // #endregion
  // #region log-in#members
  if (!session.user) ctx.redirect('/log-in')
  // #endregion

  // #region devices#gate
  session.authenticatedWithin(600)
  // #endregion
  // #region devices#list
  await sessions.forUser(user, { current: session })
  // #endregion
  // #region devices#end
  await sessions.revoke(user, handle)
  // #endregion
  // #region devices#end-others
  await sessions.revokeOthers(session)
  // #endregion
  // #region devices#again
  session.login(user)
  // #endregion

  // #region session-methods#getters
  session.getExpiryAge()
  session.getExpiryDate()
  session.getExpireAtBrowserClose()
  // #endregion
  // #region session-methods#set-expiry
  session.setExpiry(60)
  // #endregion
  // #region session-methods#set-date
  session.setExpiry(new Date('2030-01-01'))
  // #endregion
  // #region session-methods#clear-expired
  await sessions.clearExpired()
  // #endregion
  // #region session-methods#cycle-key
  session.cycleKey()
  // #endregion

  // #region save-every-request#on
  await openSessions({ saveEveryRequest: true, absoluteTimeout: 120 })
  // #endregion

  // #region small-apps/csrf#bank
  app.use(csrf({ secretKey }))
  // #endregion

  // #region nested-change#begin
  session.set('my_car', { make: 'mini', wheels: 'steel' })
  // #endregion
  // #region nested-change#modified
  session.modified = true
  // #endregion

  // #region two-tabs/one-click#add
  session.transform('twoTabs', (list = []) => [...list, 'left'])
  // #endregion
  // #region two-tabs/by-hand#send
  session.transform('twoTabsByHand', (list = []) => [...list, note])
  // #endregion

  // #region labs/fixation#log-in
  session.login(user)
  // #endregion
  // #region labs/stolen-cookie#end-others
  await sessions.revokeOthers(session)
  session.cycleKey()
  // #endregion
  // #region labs/forged-cookie#role
  session.get('role')
  // #endregion
  // #region labs/script#set
  ctx.cookies.set('lab-one', 'secret-1', { httpOnly: false })
  ctx.cookies.set('lab-two', 'secret-2', { httpOnly: true })
  // #endregion
}
