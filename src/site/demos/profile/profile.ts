import Router from '@koa/router'
import type { Context } from 'koa'
import { z } from 'zod'
import { type Form, readForm, storedLine, type Typed, whole } from '../kit/form.js'
import { queryValue, seeOther, show } from '../kit/page.js'
import { sessionEntries } from '../kit/session-entries.js'

/** What each answer has to be, in a form and in a cookie. */
export const answers = z.object({
  name: storedLine('A name'),
  age: whole('An age', 0, 150),
  friend: storedLine('A friend’s name'),
})

/** What has been answered so far. */
export type Profile = {
  [Field in keyof z.output<typeof answers>]?: z.output<typeof answers>[Field] | undefined
}

/** Where a profile is kept from one step to the next: the two versions differ in this alone. */
export interface ProfileMemory {
  readonly kind: 'cookie' | 'session'
  recall(ctx: Context): Promise<Profile>
  /** Adds the answer to those that are there. */
  keep(ctx: Context, answer: Profile): Promise<void>
  forget(ctx: Context): Promise<void>
}

interface Step {
  readonly field: keyof Profile
  /** Below the profile's own address. */
  readonly path: string
  /** In the list of the steps. */
  readonly name: string
  readonly question: string
  /** Of the field, and in the results. */
  readonly label: string
  readonly read: (ctx: Context) => Form<Profile>
}

const steps: readonly Step[] = [
  {
    field: 'name',
    path: '/',
    name: 'Name',
    question: 'What is your name?',
    label: 'Your name',
    read: (ctx) => readForm(ctx, answers.pick({ name: true })),
  },
  {
    field: 'age',
    path: '/age',
    name: 'Age',
    question: 'How old are you?',
    label: 'Your age',
    read: (ctx) => readForm(ctx, answers.pick({ age: true })),
  },
  {
    field: 'friend',
    path: '/friend',
    name: 'Friend',
    question: 'Who is your friend?',
    label: 'Your friend’s name',
    read: (ctx) => readForm(ctx, answers.pick({ friend: true })),
  },
]
const RESULTS = '/results'

/** Three forms, each with one answer, and a page that shows all three. */
export function profile(memory: ProfileMemory): Router {
  const here = `/${memory.kind}s/profile`
  const router = new Router({ prefix: here })
  const hrefOf = (path: string): string => (path === '/' ? here : here + path)

  steps.forEach((step, at) => {
    const next = steps[at + 1]?.path ?? RESULTS

    // #region step
    router.get(step.path, async (ctx) => {
      const known = await memory.recall(ctx)
      const missing = firstMissing(known, steps.slice(0, at))
      if (missing !== undefined) return ctx.redirect(`${hrefOf(missing.path)}?skipped`)
      await page(ctx, step, known)
    })

    router.post(step.path, async (ctx) => {
      const form = step.read(ctx)
      if (!form.ok) return page(ctx, step, await memory.recall(ctx), form, 422)
      await memory.keep(ctx, form.value)
      seeOther(ctx, hrefOf(next))
    })
    // #endregion
  })

  // #region results
  router.get(RESULTS, async (ctx) => {
    const known = await memory.recall(ctx)
    const missing = firstMissing(known, steps)
    if (missing !== undefined) return ctx.redirect(`${hrefOf(missing.path)}?skipped`)
    await page(ctx, undefined, known)
  })
  // #endregion

  router.post('/start-again', async (ctx) => {
    await memory.forget(ctx)
    seeOther(ctx, here)
  })

  async function page(
    ctx: Context,
    step: Step | undefined,
    known: Profile,
    form: { typed?: Typed; problems?: Typed } = {},
    status = 200,
  ): Promise<void> {
    const shown = {
      entries: memory.kind === 'session' ? sessionEntries(await ctx.session) : undefined,
      kind: memory.kind,
      here,
      known,
      step: step && { ...step, href: hrefOf(step.path), number: steps.indexOf(step) + 1 },
      steps: steps.map((one) => ({ ...one, href: hrefOf(one.path) })),
      results: here + RESULTS,
      skipped:
        step !== undefined && known[step.field] === undefined && queryValue(ctx, 'skipped') !== undefined,
      value: step && (form.typed?.[step.field] ?? known[step.field]),
      problem: step && form.problems?.[step.field],
    }
    show(
      ctx,
      {
        view: step === undefined ? 'profile/results' : 'profile/step',
        title: `${step?.name ?? 'Results'}: profile in a ${memory.kind}`,
        locals: shown,
        sources: [
          `demos/profile/memories.ts#${memory.kind}`,
          `demos/profile/profile.ts#${step === undefined ? 'results' : 'step'}`,
        ],
      },
      status,
    )
  }

  return router
}

function firstMissing(known: Profile, wanted: readonly Step[]): Step | undefined {
  return wanted.find(({ field }) => known[field] === undefined)
}
