/** Beyond this share of the machine, others disturbed a measurement. */
export const DISTURBED = 0.1;

/**
 * Measures, and measures again as long as others disturb it. The calmest counts, whatever it shows.
 *
 * @param repeats how often at most it is measured again
 * @param othersCpu the share of the machine that others took meanwhile: 0.5 is a half
 */
export async function calmestOf<T>(
  repeats: number,
  measure: () => Promise<T>,
  othersCpu: (measured: T) => number,
): Promise<T> {
  let calmest = await measure();
  for (let again = 0; again < repeats && othersCpu(calmest) > DISTURBED; again += 1) {
    const measured = await measure();
    if (othersCpu(measured) < othersCpu(calmest)) calmest = measured;
  }
  return calmest;
}
