import { type Case, type EmptyStore, runCase } from '../conformance/index.js'
import type { Paint } from './terminal.js'

/** What became of one case on one engine. */
type Verdict = 'kept' | 'does not apply' | 'no server' | Error

/** An engine or a store that is tried. */
export interface Subject {
  readonly title: string
  /** Stands above its column. */
  readonly head: string
  /** The package of the operating system without which its server cannot run. */
  readonly missing?: string
}

export interface Column {
  readonly under: Subject
  readonly verdicts: readonly Verdict[]
}

type MakeStore<Options> = () => EmptyStore<Options> | Promise<EmptyStore<Options>>

/** Tries every case, each on an empty store, one after the other; `onCase` hears how many are done. */
export async function tryAll<Options>(
  under: Subject,
  emptyStore: MakeStore<Options>,
  cases: readonly Case<Options>[],
  onCase: (done: number) => void = () => {},
): Promise<Column> {
  const verdicts: Verdict[] = []
  for (const one of cases) {
    verdicts.push(under.missing === undefined ? await verdictOf(emptyStore, one) : 'no server')
    onCase(verdicts.length)
  }
  return { under, verdicts }
}

async function verdictOf<Options>(emptyStore: MakeStore<Options>, one: Case<Options>): Promise<Verdict> {
  try {
    return (await runCase(one, emptyStore)) === undefined ? 'kept' : 'does not apply'
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

export function failuresIn(columns: readonly Column[]): number {
  return columns.flatMap(({ verdicts }) => verdicts).filter((verdict) => verdict instanceof Error).length
}

type Titled = Pick<Case, 'topic' | 'title'>

/** Cases below each other by topic, engines beside each other; what failed and what is missing stand below. */
export function tableOf(
  cases: readonly Titled[],
  columns: readonly Column[],
  { width, paint }: { readonly width: number; readonly paint: Paint },
): string {
  const cells = columns.map(({ under: { head } }) => head.length + 2).reduce((sum, each) => sum + each, 0)
  const room = Math.min(90, Math.max(36, width - 4 - cells))
  const line = (title: string, signs: readonly string[]): string =>
    `  ${title.padEnd(room)}  ${signs.join('')}`.trimEnd()

  const heads = columns.map(({ under }) => centred(under.head, under))
  const rows = cases.flatMap(({ topic, title }, index) => {
    const signs = columns.map(({ under, verdicts }) => signOf(verdicts[index], under, paint))
    const [first = '', ...more] = broken(title, room - 2)
    const row = [line(`  ${first}`, signs), ...more.map((part) => `    ${part}`)]
    return topic === cases[index - 1]?.topic ? row : ['', `  ${paint('bold', topic)}`, ...row]
  })
  return [paint('bold', line('', heads)), ...rows, '', ...notesOn(cases, columns, paint)].join('\n')
}

function notesOn(cases: readonly Titled[], columns: readonly Column[], paint: Paint): string[] {
  const missing = columns.flatMap(({ under: { title, missing } }) =>
    missing === undefined ? [] : [`  – ${title}: apt-get install ${missing}`],
  )
  const failures = columns.flatMap(({ under, verdicts }) =>
    verdicts.flatMap((verdict, index) =>
      verdict instanceof Error
        ? [paint('red', `  ✗ ${under.title}: ${cases[index]?.title}`), indented(verdict.message), '']
        : [],
    ),
  )
  const all = columns.flatMap(({ verdicts }) => verdicts)
  const kept = all.filter((verdict) => verdict === 'kept').length
  const failed = failuresIn(columns)
  const sum = `  ${kept} ✓ kept   ${all.filter((verdict) => verdict === 'does not apply').length} · do not apply   `
  return [...failures, ...missing, `${sum}${paint(failed > 0 ? 'red' : 'green', `${failed} ✗ broken`)}`]
}

function signOf(verdict: Verdict | undefined, under: Subject, paint: Paint): string {
  if (verdict instanceof Error) return paint('red', centred('✗', under))
  if (verdict === 'kept') return paint('green', centred('✓', under))
  return paint('dim', centred(verdict === 'no server' ? '–' : '·', under))
}

/** In the middle of the engine's column. */
function centred(text: string, { head }: Subject): string {
  const width = head.length + 2
  return text.padStart(Math.ceil((width + text.length) / 2)).padEnd(width)
}

/** Broken between words into lines of at most `width` characters. */
function broken(text: string, width: number): string[] {
  return (text.match(new RegExp(`\\S.{0,${width - 1}}(?=\\s|$)`, 'gu')) ?? []).map((part) => part.trimEnd())
}

function indented(text: string): string {
  return text.replace(/^/gm, '      ')
}
