import fc from 'fast-check'

/**
 * Tries the property so many times; with `PROPERTY_FACTOR=20` twenty times as often. What fails is made as small as it
 * goes, and is tried again with the `PROPERTY_SEED` that the failure names.
 *
 * @throws Error with the counterexample and what was wrong with it.
 */
export async function holds<Values>(
  property: fc.IAsyncProperty<Values> | fc.IProperty<Values>,
  times: number,
): Promise<void> {
  const { PROPERTY_FACTOR: factor = 1, PROPERTY_SEED: seed } = process.env
  await fc.assert(property, {
    numRuns: Math.ceil(times * Number(factor)),
    includeErrorInReport: true,
    ...(seed !== undefined && { seed: Number(seed) }),
  })
}
