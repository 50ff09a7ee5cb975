import { END, type Step, steps, type Walkthrough } from './walkthroughs.js'

/** A page's place on the path. */
export interface Place extends Walkthrough {
  /** The chapter's title. */
  readonly chapter: string
  readonly step: string
  /** The address of the step's first page. */
  readonly href: string
  /** The number of the step, from 1. */
  readonly number: number
  readonly count: number
  readonly next: Step | undefined
  /**
   * Where somebody goes on who skips what is about programming; undefined unless this step or the next one is.
   */
  readonly nextForAll: { readonly href: string; readonly title: string } | undefined
}

/** The place of the page at `path`, which is an entry of a walkthrough or below one. */
export function placeOf(path: string): Place | undefined {
  const at = steps.findIndex(({ href }) => path === href || path.startsWith(`${href}/`))
  const here = steps[at]
  if (here === undefined) return undefined
  const { walkthrough, chapter, step, href } = here
  const skips = walkthrough.isForEngineers || steps[at + 1]?.walkthrough.isForEngineers
  return {
    ...walkthrough,
    chapter: chapter.title,
    step,
    href,
    number: at + 1,
    count: steps.length,
    next: steps[at + 1],
    nextForAll: skips ? nextForAll(at) : undefined,
  }
}

/** The first step for everybody after the one at `at`, or the end of the path. */
export function nextForAll(at: number): { readonly href: string; readonly title: string } {
  return steps[at + 1 + skippedAfter(at).length] ?? END
}

/** The steps for programmers that follow the one at `at`, up to the next one for everybody. */
export function skippedAfter(at: number): readonly Step[] {
  const following = steps.slice(at + 1)
  const end = following.findIndex((step) => !step.walkthrough.isForEngineers)
  return end === -1 ? following : following.slice(0, end)
}
