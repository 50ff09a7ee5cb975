import { type Case, type EmptyStore, runCase } from '../conformance/index.js'
import type { Paint } from './terminal.js'

/** What became of one case on one engine. */
type Verdict = 'kept' | Skipped | 'no server' | Error

/** The case says nothing about the engine. */
export class Skipped {
  /** `why`: the engine has no `index`, for example. */
  constructor(readonly why: string) {}
}

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
    const why = await runCase(one, emptyStore)
    return why === undefined ? 'kept' : new Skipped(why)
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

export function failuresIn(columns: readonly Column[]): number {
  return columns.flatMap(({ verdicts }) => verdicts).filter((verdict) => verdict instanceof Error).length
}

type Titled = Pick<Case, 'topic' | 'title'>

interface Printing {
  /** Columns of the terminal. */
  readonly width: number
  readonly paint: Paint
}

/** A list for one engine, a table for several. */
export function reportOf(
  cases: readonly Titled[],
  columns: readonly Column[],
  { width, paint }: Printing,
): string {
  const [only, another] = columns
  const isList = only !== undefined && another === undefined && only.under.missing === undefined
  return isList ? listOf(cases, only, { width, paint }) : tableOf(cases, columns, { width, paint })
}

/** What is kept by topic, then what does not apply by reason; what failed stands below. */
function listOf(cases: readonly Titled[], column: Column, { width, paint }: Printing): string {
  const room = Math.min(90, Math.max(36, width - 8))
  const { title } = column.under
  const group = (head: string, sign: string, of: readonly string[]): string[] => {
    const lines = of.flatMap((one) => {
      const [first = '', ...more] = broken(one, room)
      return [`    ${sign} ${first}`, ...more.map((part) => `      ${part}`)]
    })
    return [`  ${paint('bold', head)}`, ...lines, '']
  }
  const verdicts = cases.map((one, index) => ({ one, verdict: column.verdicts[index] }))
  const kept = new Map<string, string[]>()
  const skipped = new Map<string, string[]>()
  for (const { one, verdict } of verdicts) {
    if (verdict === 'kept') add(kept, one.topic, one.title)
    else if (verdict instanceof Skipped) add(skipped, verdict.why, one.title)
  }
  return [
    `  What ${title} keeps`,
    '',
    ...[...kept].flatMap(([topic, of]) => group(topic, paint('green', '✓'), of)),
    ...(skipped.size > 0 ? [`  What does not apply to ${title}`, ''] : []),
    ...[...skipped].flatMap(([why, of]) => group(why, paint('dim', '·'), of)),
    ...notesOn(cases, [column], paint),
  ].join('\n')
}

function add(groups: Map<string, string[]>, name: string, title: string): void {
  const group = groups.get(name)
  if (group) group.push(title)
  else groups.set(name, [title])
}

/** Cases below each other by topic, engines beside each other; what failed and what is missing stand below. */
function tableOf(cases: readonly Titled[], columns: readonly Column[], { width, paint }: Printing): string {
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
  const sum = `  ${kept} ✓ kept   ${all.filter((verdict) => verdict instanceof Skipped).length} · do not apply   `
  return [...failures, ...missing, `${sum}${paint(failed > 0 ? 'red' : 'green', `${failed} ✗ broken`)}`]
}

function signOf(verdict: Verdict | undefined, under: Subject, paint: Paint): string {
  if (verdict instanceof Error) return paint('red', centred('✗', under))
  if (verdict === 'kept') return paint('green', centred('✓', under))
  return paint('dim', centred(verdict instanceof Skipped ? '·' : '–', under))
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
