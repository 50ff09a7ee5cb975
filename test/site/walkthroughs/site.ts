import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { type OpenSite, openSite as serveSite } from '../../../scripts/walkthrough/site.js'
import { Visitor } from '../../../scripts/walkthrough/visitor.js'
import { loadSiteSettings } from '../../../src/site/settings.js'
import { Browser } from '../../support/browser.js'
import { temporaryDirectory } from '../../support/server-process.js'

export { Page } from '../../../scripts/walkthrough/visitor.js'

/** The demo site on an engine, with the time in the test's hand. */
export interface Site extends OpenSite {
  /** Somebody with a browser and no cookies yet. */
  person(): Person
}

/** A store, and the cookie itself. `test/system/scripts/play.test.ts` plays every walkthrough on the other engines. */
const ENGINES = ['db', 'signed_cookies'] as const

/** Registers the test once for each of these engines. */
export function onEngines(title: string, run: (t: ExecutionContext, site: Site) => Promise<unknown>): void {
  for (const engine of ENGINES) {
    test(`${engine}: ${title}`, async (t) => run(t, await openSite(t, { SESSION_ENGINE: engine })))
  }
}

/** The site with settings of the test's own, as the environment would give them. */
export async function openSite(
  t: ExecutionContext,
  env: Readonly<Record<string, string>> = {},
): Promise<Site> {
  const directory = await temporaryDirectory(t)
  const settings = await loadSiteSettings({
    configDir: directory,
    env: {
      NODE_ENV: 'test',
      SECRET_KEY: 'a secret of the tests, and of nobody else',
      DATABASE_URL: `sqlite:${join(directory, 'sessions.sqlite')}`,
      // However busy the machine is, the store is not down.
      ENGINE_TIMEOUT: '60000',
      ...env,
    },
  })
  const site = await serveSite(settings, { warn: () => {}, error: () => {} })
  t.teardown(() => site.close())
  return Object.assign(site, { person: () => new Person(new Browser(site.url)) })
}

/** A visitor whose cookies the test can read and forge. */
export class Person extends Visitor<Browser> {
  get cookies(): Map<string, string> {
    return this.browser.cookies
  }

  /** Another tab or a copy of the browser: the same cookies, which go different ways from now on. */
  copy(): Person {
    return new Person(this.browser.copy())
  }
}
