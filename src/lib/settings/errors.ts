/** One thing that is wrong with the settings. */
export interface SettingFault {
  /** The setting as it was spelled, or the file that cannot be read. */
  readonly name: string
  /** As anybody may see it: secrets are redacted. `undefined` for a file that cannot be read. */
  readonly value: string | undefined
  /** Where it was given: "environment", "config/local.json5", "options". */
  readonly layer: string
  /** What is wrong, after the name: "is not a whole number". */
  readonly problem: string
  /** What to do, as a sentence. */
  readonly remedy: string
}

/** The settings cannot be used. The message names every fault, each with what would be right, and no secret. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError'
  readonly code = 'E_SETTINGS'
  readonly faults: readonly SettingFault[]

  constructor(faults: readonly SettingFault[]) {
    const heading = faults.length === 1 ? 'A setting is wrong:' : `${faults.length} settings are wrong:`
    super([heading, ...faults.map(faultText)].join('\n\n'))
    this.faults = faults
  }
}

/** A fault in two lines, indented, for a terminal. */
export function faultText({ name, value, layer, problem, remedy }: SettingFault): string {
  const subject = value === undefined ? name : `${name} = ${value} (${layer})`
  return `  ${subject} ${problem}.\n    ${remedy}`
}
