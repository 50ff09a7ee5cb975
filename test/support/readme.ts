import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './root.js'

/** The code of the README that begins with `// name`, word for word. */
export function codeOfReadme(name: string): string {
  const readme = readFileSync(join(root, 'README.md'), 'utf8')
  const blocks = [...readme.matchAll(/^```\w+\n(.*?)^```$/gms)].map(([, code = '']) => code)
  const found = blocks.find((code) => new RegExp(`^// ${name.replaceAll('.', '\\.')}(:|$)`, 'm').test(code))
  if (found === undefined) throw new Error(`README.md has no code that begins with // ${name}`)
  return found
}
