// A WebSocket that knows who is logged in, and closes when they log out. More: docs/sockets.md
//
//     npm install koa-tessera koa ws
//     node web-socket.mjs        then open http://127.0.0.1:3000 in two tabs, and log out in one
import Koa from 'koa'
import { csrf, loadSettings, openSessions } from 'koa-tessera'
import { WebSocketServer } from 'ws'

const settings = await loadSettings({ overrides: { engine: 'file' } })
const { secretKey, secretKeyFallbacks } = settings
const sessions = await openSessions(settings)

const page = `<p id="says">not connected</p> <button name="log-in">Log in</button> <button name="log-out">Log out</button>
<script>
  const says = document.getElementById('says')
  const connect = () => {
    const socket = new WebSocket(location.origin.replace('http', 'ws'))
    socket.onmessage = ({ data }) => { says.textContent = data }
    socket.onclose = ({ code }) => { says.textContent = code === 4401 ? 'logged out' : 'not connected' }
  }
  for (const button of document.querySelectorAll('button'))
    button.onclick = async () => {
      await fetch('/' + button.name, { method: 'POST' })
      if (button.name === 'log-in') connect()
    }
  connect()
</script>`

const app = new Koa()
app.use(sessions.middleware())
app.use(csrf({ secretKey, secretKeyFallbacks }))
app.use(async (ctx) => {
  if (ctx.path === '/') ctx.body = page
  if (ctx.method !== 'POST') return
  const session = await ctx.session
  if (ctx.path === '/log-in') session.login('ada') // stands for the check of a password
  if (ctx.path === '/log-out') session.logout()
  ctx.status = 204
})

const server = app.listen(3000)
const sockets = new WebSocketServer({ noServer: true })

server.on('upgrade', async (req, socket, head) => {
  const refuse = (status) => socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`)
  socket.on('error', () => socket.destroy())
  try {
    // A page of another site can open a socket to this one, and the browser may send the cookie along.
    if (!isSameOrigin(req.headers)) return refuse('403 Forbidden')
    const session = await sessions.read(req)
    if (session?.user === undefined) return refuse('401 Unauthorized')
    sockets.handleUpgrade(req, socket, head, (connection) => {
      const stop = sessions.watch(session, () => connection.close(4401, 'the session is over'))
      connection.once('close', stop)
      connection.send(`Hello ${session.user}`)
    })
  } catch {
    // The store does not answer, which logs nobody out.
    refuse('503 Service Unavailable')
  }
})

function isSameOrigin({ origin, host }) {
  return URL.canParse(origin) && new URL(origin).host === host
}
