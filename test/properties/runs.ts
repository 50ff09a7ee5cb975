import fc from 'fast-check'

/** Where nobody asks for more: milliseconds for one property, whatever the machine is busy with. */
const LONGEST = 5000

/**
 * Tries the property so many times, or for a few seconds; `PROPERTY_RUNS=1000` tries as often as that. What fails is
 * made as small as it goes, and is tried again with the `PROPERTY_SEED` that the failure names.
 *
 * @throws Error with the counterexample and what was wrong with it.
 */
export async function holds<Values>(
  property: fc.IAsyncProperty<Values> | fc.IProperty<Values>,
  usually: number,
): Promise<void> {
  const { PROPERTY_RUNS: times, PROPERTY_SEED: seed } = process.env
  await fc.assert(property, {
    ...(times === undefined
      ? { numRuns: usually, interruptAfterTimeLimit: LONGEST }
      : { numRuns: Number(times) }),
    includeErrorInReport: true,
    ...(seed !== undefined && { seed: Number(seed) }),
  })
}
