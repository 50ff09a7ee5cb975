import test from 'ava'
import { END, steps } from '../../src/site/demos/walkthroughs.js'
import { openSite, type Page } from './walkthroughs/site.js'

/** The most words of a sentence that explains. */
const MOST_WORDS = 20

/** What a page explains, sentence by sentence; what it quotes, and the inspector, apart. */
function sentencesOf(page: Page): string[] {
  const texts = page.all('.stage p, .stage li, .stage .lead, #content > p, .glossary dd')
  return texts.flatMap((text) => text.split(/(?<=[.!?]”?)\s+(?=[A-Z“])/))
}

const wordsIn = (sentence: string): number => sentence.match(/\p{L}[\p{L}’'-]*/gu)?.length ?? 0

for (const env of [{ SESSION_ENGINE: 'db' }, { SESSION_ENGINE: 'signed_cookies', NODE_ENV: 'production' }]) {
  test(`${env.SESSION_ENGINE}: no sentence on a step’s first page has more than ${MOST_WORDS} words`, async (t) => {
    const site = await openSite(t, env)
    const person = site.person()
    // With a session the pages have more to tell.
    await person.open('/sessions/page-count')
    const long: string[] = []
    for (const href of ['/', '/glossary', END.href, ...steps.map((step) => step.href)]) {
      const page = await person.open(href)
      t.is(page.status, 200, href)
      for (const sentence of sentencesOf(page))
        if (wordsIn(sentence) > MOST_WORDS) long.push(`${href}: ${sentence}`)
    }
    t.deepEqual(long, [])
  })
}
