import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const read = (path) => JSON.parse(readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8'))
const inRoot = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url))

/** What package.json exports, as the sources that it is built from. A command is no module to import. */
const sources = Object.entries(read('package.json').exports)
  .filter(([, entry]) => typeof entry === 'object')
  .map(([, { default: file }]) => inRoot(file.replace(/^\.\/dist\/(.*)\.js$/, 'src/lib/$1.ts')))

/** @type {import('typedoc').TypeDocOptions} */
export default {
  name: 'koa-tessera',
  entryPoints: sources,
  tsconfig: inRoot('tsconfig.build.json'),
  // The project's own TypeScript is a later one, and checks the sources.
  skipErrorChecking: true,
  out: inRoot('build/api'),
  readme: 'none',
  excludePrivate: true,
  excludeProtected: true,
  excludeInternal: true,
  githubPages: false,
  disableSources: true,
  includeVersion: true,
  sort: ['kind', 'alphabetical'],
  // Every public name has a doc comment, and every link leads somewhere: else the command fails.
  validation: { notExported: true, invalidLink: true, notDocumented: true },
  // A property such as `createdAt` or `status` may say enough by its name.
  requiredToBeDocumented: ['Class', 'Interface', 'TypeAlias', 'Function', 'Variable', 'Method', 'Accessor'],
  // Parts of a public type's own shape, which nobody has to name.
  intentionallyNotExported: [
    'AnyKeyv',
    'App',
    'ENGINE_NAMES',
    'Happened',
    'ModulePath',
    'Next',
    'None',
    'OfSession',
    'OfUser',
    'Range',
    'Refusal',
    'Renewal',
    'ShownSession',
    'Text',
    'needs',
  ],
  treatValidationWarningsAsErrors: true,
}
