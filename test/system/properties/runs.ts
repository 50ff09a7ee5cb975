import fc from 'fast-check'

/** Where nobody asks for more: milliseconds for one property, whatever the machine is busy with. */
const LONGEST = 6000

/**
 * Tries the property so many times, or for a few seconds; with `PROPERTY_FACTOR=20` twenty times as often, however long
 * it takes. What fails is made as small as it goes, and is tried again with the `PROPERTY_SEED` that the failure names.
 *
 * @throws Error with the counterexample and what was wrong with it.
 */
export async function holds<Values>(
  property: fc.IAsyncProperty<Values> | fc.IProperty<Values>,
  times: number,
): Promise<void> {
  const { PROPERTY_FACTOR: factor, PROPERTY_SEED: seed } = process.env
  await fc.assert(property, {
    numRuns: Math.ceil(times * Number(factor ?? 1)),
    ...(factor === undefined && { interruptAfterTimeLimit: LONGEST }),
    includeErrorInReport: true,
    ...(seed !== undefined && { seed: Number(seed) }),
  })
}
