import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Requirement } from './requirements.js'

/** A test that bears a requirement's number. */
export interface NamedTest {
  readonly file: string
  /** As it stands in the file. */
  readonly title: string
}

/** A requirement with what it is met by. */
export interface Finding extends Requirement {
  readonly tests: readonly NamedTest[]
  readonly verdict: 'met' | 'not applicable' | 'open'
}

/** A title bears its numbers at its beginning: "S27 S31 a late write…"; an engine's name may stand before them. */
const TITLE = /(['"`])((?:[\w ]+: )?S\d\d[a-c]?(?:,? (?:and )?S\d\d[a-c]?)*[ ,:].*?)\1/g
const NUMBER = /\bS\d\d/g

/** Every test under `directories` that bears numbers, by number. */
export function testsByNumber(
  root: string,
  directories: readonly string[],
): ReadonlyMap<string, NamedTest[]> {
  const found = new Map<string, NamedTest[]>()
  for (const directory of directories) {
    for (const file of sourcesIn(root, directory)) {
      for (const [, , title = ''] of readFileSync(join(root, file), 'utf8').matchAll(TITLE)) {
        for (const number of new Set(numbersOf(title))) {
          found.set(number, [...(found.get(number) ?? []), { file, title }])
        }
      }
    }
  }
  return found
}

/** Only those at the beginning: a sentence may name another rule. */
function numbersOf(title: string): string[] {
  const [head = ''] = /^(?:[\w ]+: )?(?:S\d\d[a-c]?[ ,:]*(?:and )?)+/.exec(title) ?? []
  return head.match(NUMBER) ?? []
}

function sourcesIn(root: string, directory: string): string[] {
  return readdirSync(join(root, directory), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `${directory}/${name}`)
    .sort()
}

export function findingsFor(
  requirements: readonly Requirement[],
  tests: ReadonlyMap<string, readonly NamedTest[]>,
): readonly Finding[] {
  return requirements.map((requirement) => {
    const own = tests.get(requirement.id) ?? []
    return { ...requirement, tests: own, verdict: verdictOn(requirement, own) }
  })
}

function verdictOn(
  { notApplicable, documents }: Requirement,
  tests: readonly NamedTest[],
): Finding['verdict'] {
  if (notApplicable !== undefined) return 'not applicable'
  return tests.length > 0 || documents !== undefined ? 'met' : 'open'
}
