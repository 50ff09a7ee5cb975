import { readFileSync } from 'node:fs'
import hljs from 'highlight.js/lib/core'
import python from 'highlight.js/lib/languages/python'
import typescript from 'highlight.js/lib/languages/typescript'
import { root } from '../root.js'

hljs.registerLanguage('python', python)
hljs.registerLanguage('typescript', typescript)

/** An excerpt of our own source. */
export interface Excerpt {
  /** `src/site/demos/cart/cart.ts` */
  readonly file: string
  /** The number of the first line, from 1. */
  readonly line: number
  /** HTML: the lines, escaped and highlighted by classes. */
  readonly html: string
  /** HTML: the call that it is about, as any application would write it; undefined where there is no such call. */
  readonly call: string | undefined
  /** Whether it is short enough to be shown at once. */
  readonly isShort: boolean
}

/** More lines than this are folded. */
const SHORT = 6

/** Where the calls of an excerpt stand, in a region of the excerpt's name. */
const CALLS = 'demos/canonical-calls.ts'

const sources = new URL('src/site/', root)

const excerpts = new Map<string, Excerpt>()

/**
 * The lines between `// #region name` and `// #endregion` in a file of `src/site/`, in Python `# region name` and
 * `# endregion`. The name is the file's and the region's: `demos/cart/cart.ts#add`.
 *
 * @throws Error if there is no such file or region: the page that names it is wrong.
 */
export function excerpt(name: string): Excerpt {
  const known = excerpts.get(name) ?? read(name)
  excerpts.set(name, known)
  return known
}

function read(name: string): Excerpt {
  const [file = '', region = ''] = name.split('#')
  const found = regionOf(file, region)
  if (found === undefined) throw new Error(`there is no region ${region} in src/site/${file}`)
  const call = regionOf(CALLS, name.replace(/^demos\/(.*)\.ts#/, '$1#'))
  return {
    file: `src/site/${file}`,
    line: found.line,
    html: highlighted(found.code, file.endsWith('.py') ? 'python' : 'typescript'),
    call: call && highlighted(call.code, 'typescript'),
    isShort: found.code.split('\n').length <= SHORT,
  }
}

function regionOf(
  file: string,
  region: string,
): { readonly line: number; readonly code: string } | undefined {
  const lines = readFileSync(new URL(file, sources), 'utf8').split('\n')
  const [opening, closing] = file.endsWith('.py')
    ? ['# region', '# endregion']
    : ['// #region', '// #endregion']
  const begin = lines.findIndex((line) => line.trim() === `${opening} ${region}`)
  const end = lines.findIndex((line, at) => at > begin && line.trim() === closing)
  if (begin === -1 || end === -1) return undefined
  return { line: begin + 2, code: dedent(lines.slice(begin + 1, end)) }
}

function highlighted(code: string, language: 'python' | 'typescript'): string {
  return hljs.highlight(code, { language }).value
}

function dedent(lines: readonly string[]): string {
  const indents = lines.filter((line) => line.trim() !== '').map((line) => line.search(/\S/))
  const least = Math.min(...indents)
  return lines.map((line) => line.slice(least)).join('\n')
}
