import { type Case, conformanceCases } from '../../../src/lib/conformance/index.js'
import type { EngineOptions } from '../../../src/lib/engines/registry.js'
import { atRestCases } from './at-rest-cases.js'
import { limitCases } from './limit-cases.js'
import { optionCases } from './option-cases.js'

/** What every engine promises, and what ours do that have settings. */
export const ownCases: readonly Case<Partial<EngineOptions>>[] = [
  ...conformanceCases,
  ...limitCases,
  ...optionCases,
  ...atRestCases,
]
