/** `npm run django-demo`: a Django site and a Koa site that share each visitor's session. */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { atEnd, run } from './command-line.js'
import { koaSite } from './django-demo/koa-site.js'
import { startDjango } from './django-demo/python.js'

const { port } = new Command('npm run django-demo --')
  .description(
    'Serves a small Django site and a Koa site that share sessions in one table of Django. Ctrl-C ends both.',
  )
  .option('--port <number>', 'where to serve', '3000')
  .allowExcessArguments(false)
  .parse()
  .opts<{ readonly port: string }>()

const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort())

await run(async () => {
  const directory = await mkdtemp(join(tmpdir(), 'tessera-django-demo-'))
  atEnd(() => rm(directory, { recursive: true, force: true }))
  const database = join(directory, 'db.sqlite3')
  const secretKey = randomBytes(48).toString('base64')
  console.log('Django makes its tables …')
  const django = await startDjango({ SECRET_KEY: secretKey, DATABASE: database })
  atEnd(() => django.stop())
  const site = await koaSite({ database, secretKey, djangoPort: django.port })
  atEnd(() => site.close())
  const server = site.app.listen(Number(port), '127.0.0.1')
  await once(server, 'listening')
  atEnd(() => {
    server.closeAllConnections()
    server.close()
  })
  console.log(`Both are at http://127.0.0.1:${(server.address() as AddressInfo).port}/ (Ctrl-C ends them)`)
  if (!stop.signal.aborted) await once(stop.signal, 'abort')
})
