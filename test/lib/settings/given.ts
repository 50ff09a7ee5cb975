import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import type { OwnDefinitions } from '../../../src/lib/settings/definitions.js'
import { type SettingFault, SettingsError } from '../../../src/lib/settings/errors.js'
import { checkOptions, type LoadOptions, loadSettings, readSettings } from '../../../src/lib/settings/load.js'
import { temporaryDirectory } from '../../support/server-process.js'

export const LONG_KEY = 'only for these tests, and known to everybody'

/** A `config` directory with these files; each is named without its ending and holds JSON5. */
export async function configWith(
  t: ExecutionContext,
  files: Readonly<Record<string, string>>,
): Promise<string> {
  const configDir = join(await temporaryDirectory(t), 'config')
  await mkdir(configDir)
  await Promise.all(
    Object.entries(files).map(([stem, text]) => writeFile(join(configDir, `${stem}.json5`), text)),
  )
  return configDir
}

/** Options with which only what the test says is read. */
export function only<Own extends OwnDefinitions = Record<never, never>>(
  options: LoadOptions<Own>,
): LoadOptions<Own> {
  return { configDir: 'no-such-directory', env: {}, ...options }
}

/** The error that these layers are refused with. */
export async function refusal(t: ExecutionContext, options: LoadOptions): Promise<SettingsError> {
  return t.throwsAsync(loadSettings(only(options)), { instanceOf: SettingsError, code: 'E_SETTINGS' })
}

/** What these layers are warned of. */
export async function warningsOf(options: LoadOptions): Promise<readonly string[]> {
  return (await readSettings(only(options))).warnings
}

/** The only fault of these layers. */
export async function theFault(t: ExecutionContext, options: LoadOptions): Promise<SettingFault> {
  const { faults } = await refusal(t, options)
  const [fault] = faults
  if (fault === undefined || faults.length > 1) throw new Error(`not one fault: ${JSON.stringify(faults)}`)
  return fault
}

/** The error that these options are refused with. */
export function optionsRefusal(
  t: ExecutionContext,
  options: Readonly<Record<string, unknown>>,
): SettingsError {
  return t.throws(() => checkOptions(options), { instanceOf: SettingsError, code: 'E_SETTINGS' })
}
