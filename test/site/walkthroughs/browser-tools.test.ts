import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test, { type ExecutionContext } from 'ava'
import { withDatabase } from '../../../src/site/demos/library/database.js'
import { temporaryDirectory } from '../../support/server-process.js'
import { onEngines, openSite } from './site.js'

const HERE = '/browser-tools'

onEngines('looking begins no session, and the page never has the cookie’s value', async (t, site) => {
  const person = site.person()
  const none = await person.open(HERE)
  t.regex(none.text('#record') ?? '', /^Begin a session first/)
  t.deepEqual([...person.cookies.keys()], ['csrftoken'])
  const page = await person.submit(none, `${HERE}/begin`)
  const value = person.cookies.get('sessionid') ?? ''
  t.true(value.length > 20)
  t.false(page.html.includes(value))
  t.regex(page.all('.own').join(), /^sessionid ?#[0-9a-f]{8}… ?your session$/)
  for (let at = 0; at < 500; at++) person.cookies.set(`c${at}`, '<b>')
  const many = await person.open(HERE)
  t.is(many.all('.all-cookies tbody tr').length, 50)
  t.notRegex(many.html, /<b>"/)
})

test('the command finds the record in the store', async (t) => {
  const directory = await temporaryDirectory(t)
  const databaseUrl = `sqlite:${join(directory, 'own.sqlite')}`
  const [, path = '', sql = ''] =
    /^sqlite3 (\S+) "(.*)"$/.exec(await commandOn(t, { DATABASE_URL: databaseUrl })) ?? []
  t.is(path, join(directory, 'own.sqlite'))
  const rows = await withDatabase(path, 'read', ({ all }) => all(sql))
  t.is(rows.length, 1)
  t.regex(JSON.stringify(rows), /lookedFor/)

  const cat = await commandOn(t, { SESSION_ENGINE: 'file', SESSION_FILE_PATH: directory })
  const { stdout } = await promisify(execFile)('/bin/sh', ['-c', cat])
  t.regex(stdout, /lookedFor/)
})

test('a server for others, and an engine without a tool, name no command', async (t) => {
  t.is(await commandOn(t, { NODE_ENV: 'production' }), '')
  t.is(await commandOn(t, { SESSION_ENGINE: 'cache' }), '')
})

/** The command on the page of somebody with a session; empty without one. */
async function commandOn(t: ExecutionContext, env: Readonly<Record<string, string>>): Promise<string> {
  const person = (await openSite(t, env)).person()
  return (await person.submit(await person.open(HERE), `${HERE}/begin`)).text('#command') ?? ''
}
