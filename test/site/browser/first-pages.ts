import type { ExecutionContext } from 'ava'
import { END, steps } from '../../../src/site/demos/walkthroughs.js'
import type { Tour } from './tour.js'

/** Goes the whole path by its buttons, and looks at the first page of each step; pictures begin with `name`. */
export async function goThePath(tour: Tour, t: ExecutionContext, name: string): Promise<void> {
  const count = steps.length
  await tour.open(steps[0]?.href ?? '')
  for (const [place, { step, href }] of steps.entries()) {
    t.is(new URL(tour.page.url()).pathname, href)
    await tour.reads('.whereabouts', new RegExp(` ${place + 1} of ${count}$`))
    await tour.look(`${name}-${step}`)
    await tour.press(place + 1 < count ? 'Done, go on' : 'Done, to the end of the path')
  }
  t.is(new URL(tour.page.url()).pathname, END.href)
  await tour.look(`${name}-end`)
  await tour.open('/')
  await tour.reads('.progress label', new RegExp(`finished ${count} of ${count}`))
}
