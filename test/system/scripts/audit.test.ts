import { existsSync, readFileSync } from 'node:fs'
import test from 'ava'
import { requirements } from '../../../scripts/audit/requirements.js'
import { sessionSettings } from '../../../src/lib/settings/definitions.js'
import { root } from '../../support/root.js'
import { Script } from './script.js'

test('npm run audit covers S01 to S73, each once, and none is open', async (t) => {
  const { code, stdout } = await new Script(t, 'audit', ['--json']).end()
  t.is(code, 0)
  const findings: readonly { id: string; verdict: string }[] = JSON.parse(stdout)
  t.deepEqual(
    findings.map(({ id }) => id),
    Array.from({ length: 73 }, (_, index) => `S${String(index + 1).padStart(2, '0')}`),
  )
  t.deepEqual(
    findings.filter(({ verdict }) => verdict === 'open'),
    [],
  )
})

test('each of its tests stands in the file that it names', async (t) => {
  const { stdout } = await new Script(t, 'audit', ['--json', '--all']).end()
  const findings: readonly { id: string; tests: readonly { file: string; title: string }[] }[] =
    JSON.parse(stdout)
  t.true(findings.flatMap(({ tests }) => tests).length > 150)
  for (const { id, tests } of findings) {
    for (const { file, title } of tests) {
      t.true(title.includes(id), `${id}: ${title}`)
      t.true(readFileSync(`${root}${file}`, 'utf8').includes(title), file)
    }
  }
})

test('each setting and each document that it names is there', (t) => {
  const names = sessionSettings.map(({ name }) => name)
  for (const { id, settings = [], documents = [] } of requirements) {
    for (const name of settings) t.true(names.includes(name), `${id}: ${name}`)
    for (const place of documents) {
      const [file = '', anchor] = place.split('#')
      t.true(existsSync(`${root}${file}`), `${id}: ${file}`)
      if (anchor === undefined) continue
      const headings = readFileSync(`${root}${file}`, 'utf8').match(/^#+ .*$/gm) ?? []
      const anchors = headings.map((line) =>
        line
          .replace(/^#+ /, '')
          .toLowerCase()
          .replaceAll(/[^\w -]/g, '')
          .replaceAll(' ', '-'),
      )
      t.true(anchors.includes(anchor), `${id}: ${place}`)
    }
  }
})

test('each file that docs/audit.md says was broken is there', (t) => {
  const rows = readFileSync(`${root}docs/audit.md`, 'utf8').match(/^\| S\d\d.*$/gm) ?? []
  t.true(rows.length >= 30)
  for (const row of rows) {
    const [, , files = ''] = row.split('|')
    for (const [, file = ''] of files.matchAll(/`([^`]+)`/g))
      t.true(existsSync(`${root}src/lib/${file}`), file)
  }
})

test('it prints one requirement with all its tests, and knows a number that there is not', async (t) => {
  const one = await new Script(t, 'audit', ['--only', 's27', '--all']).end()
  t.is(one.code, 0)
  t.regex(one.stdout, /S27 no late write/)
  t.notRegex(one.stdout, /S26/)
  t.true((one.stdout.match(/^ +test /gm) ?? []).length > 3)
  const none = await new Script(t, 'audit', ['--only', 'S99']).end()
  t.is(none.code, 1)
  t.regex(none.stderr, /no such requirement among S99: give numbers from S01 to S73/)
})
