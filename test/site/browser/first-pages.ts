import type { ExecutionContext } from 'ava'
import { walkthroughs } from '../../../src/site/demos/walkthroughs.js'
import type { Tour } from './tour.js'

/** Goes the whole path by its buttons, and looks at the first page of each walkthrough; pictures begin with `name`. */
export async function goThePath(tour: Tour, t: ExecutionContext, name: string): Promise<void> {
  const count = walkthroughs.length
  await tour.open(walkthroughs[0]?.entries[0]?.href ?? '')
  for (const [place, { slug, entries }] of walkthroughs.entries()) {
    for (const [at, { href, label }] of entries.entries()) {
      if (at > 0) await tour.follow(label)
      t.is(new URL(tour.page.url()).pathname, href)
      await tour.reads('.whereabouts', new RegExp(` ${place + 1} of ${count}$`))
      await tour.look(`${name}-${slug}${at > 0 ? `-${at + 1}` : ''}`)
    }
    await tour.press(place + 1 < count ? 'Done, go on' : 'Done, back to the path')
  }
  t.is(new URL(tour.page.url()).pathname, '/')
  await tour.reads('.progress label', new RegExp(`finished ${count} of ${count}`))
}
