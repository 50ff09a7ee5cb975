import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './root.js'

/** The code of a page, such as `README.md`, that begins with `// name`, word for word. */
export function codeIn(page: string, name: string): string {
  const text = readFileSync(join(root, page), 'utf8')
  const blocks = [...text.matchAll(/^```\w+\n(.*?)^```$/gms)].map(([, code = '']) => code)
  const found = blocks.find((code) => new RegExp(`^// ${name.replaceAll('.', '\\.')}(:|$)`, 'm').test(code))
  if (found === undefined) throw new Error(`${page} has no code that begins with // ${name}`)
  return found
}
