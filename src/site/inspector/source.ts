import { readFileSync } from 'node:fs'
import hljs from 'highlight.js/lib/core'
import typescript from 'highlight.js/lib/languages/typescript'
import { root } from '../root.js'

hljs.registerLanguage('typescript', typescript)

/** An excerpt of our own source. */
export interface Excerpt {
  /** `src/site/demos/cart/cart.ts` */
  readonly file: string
  /** The number of the first line, from 1. */
  readonly line: number
  /** HTML: the lines, escaped and highlighted by classes. */
  readonly html: string
}

const sources = new URL('src/site/', root)

const excerpts = new Map<string, Excerpt>()

/**
 * The lines between `// #region name` and `// #endregion` in a file of `src/site/`. The name is the file's and the region's:
 * `demos/cart/cart.ts#add`.
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
  const lines = readFileSync(new URL(file, sources), 'utf8').split('\n')
  const begin = lines.findIndex((line) => line.trim() === `// #region ${region}`)
  const end = lines.findIndex((line, at) => at > begin && line.trim() === '// #endregion')
  if (begin === -1 || end === -1) throw new Error(`there is no region ${region} in src/site/${file}`)
  const code = dedent(lines.slice(begin + 1, end))
  return {
    file: `src/site/${file}`,
    line: begin + 2,
    html: hljs.highlight(code, { language: 'typescript' }).value,
  }
}

function dedent(lines: readonly string[]): string {
  const indents = lines.filter((line) => line.trim() !== '').map((line) => line.search(/\S/))
  const least = Math.min(...indents)
  return lines.map((line) => line.slice(least)).join('\n')
}
