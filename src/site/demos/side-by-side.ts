import { type Excerpt, excerpt } from '../inspector/source.js'

const frameworks = [
  ['Django', 'views.py'],
  ['Express, with express-session', 'express.js'],
  ['Koa, with this package', 'koa.js'],
] as const

/** What differs, for each step that is there. */
const differences = {
  'page-count':
    'In Django and in Express two requests at the same moment read the same number, and one count is lost. This package calls the function again with the newest number, unless the session is in its cookie.',
  cart: 'Django does not notice a change inside the cart, so it has to be told. Django and Express write back all that they have read. If two tabs add an item at the same moment, one item is lost.',
  'log-in':
    'Django and this package change the id by themselves. In Express you do it by hand, and carry the data over. If you forget it, the id from before the log-in stays good: that is session fixation.',
  'test-cookie': 'Express has no methods for it. A value in the session is all that it takes.',
} as const

/** A step that is there in all three. */
export type SharedStep = keyof typeof differences

/** The same step in three frameworks. */
export interface SideBySide {
  /** What differs, in a few sentences. */
  readonly difference: string
  readonly sides: readonly { readonly framework: string; readonly lines: Excerpt }[]
}

/** The same step in Django, in Express and here. */
export function sideBySide(step: SharedStep): SideBySide {
  const sides = frameworks.map(([framework, file]) => ({
    framework,
    lines: excerpt(`demos/side-by-side/${file}#${step}`),
  }))
  return { difference: differences[step], sides }
}
