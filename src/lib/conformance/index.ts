/** @module koa-tessera/conformance */

import type { Case } from './case.js'
import { endingCases } from './ending-cases.js'
import { idCases } from './id-cases.js'
import { inCookieCases } from './in-cookie-cases.js'
import { indexCases } from './index-cases.js'
import { outageCases } from './outage-cases.js'
import { processCases } from './process-cases.js'
import { recordCases } from './record-cases.js'
import { restCases } from './rest-cases.js'
import { revocationCases } from './revocation-cases.js'
import { rotationCases } from './rotation-cases.js'
import { sealingCases } from './sealing-cases.js'
import { storeCases } from './store-cases.js'
import { sweepCases } from './sweep-cases.js'
import { updateCases } from './update-cases.js'

export { type Bench, type EmptyStore, openBench } from './bench.js'
export { type Case, type Need, runCase } from './case.js'

/** What every engine promises, whatever it stores in: the contract, a case each. For any test runner. */
export const conformanceCases: readonly Case[] = [
  ...storeCases,
  ...recordCases,
  ...idCases,
  ...updateCases,
  ...rotationCases,
  ...endingCases,
  ...sweepCases,
  ...restCases,
  ...sealingCases,
  ...outageCases,
  ...processCases,
  ...inCookieCases,
  ...indexCases,
  ...revocationCases,
]
