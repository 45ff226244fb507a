import { UsageError } from '../../../command-line';
import type { Resource } from '../../traffic/resource';

/** What is known of the id that a list's next row gets. */
export interface NextIdFacts {
  readonly resource: Resource;
  /** Of all rows of the source, those included that could not be read; 0 without any. */
  readonly highestId: bigint;
  /** What the operator gave. */
  readonly given: bigint | undefined;
  /** What the probe found. */
  readonly probed: bigint | undefined;
}

/**
 * The id that the next created row gets: as given, as probed, else the one behind the highest. Locations cannot be
 * deleted, so theirs is always the one behind the highest.
 *
 * @param warn takes a sentence if the id is a guess
 * @throws UsageError if the given one belongs to a row
 */
export function nextIdOf(
  { resource, highestId, given, probed }: NextIdFacts,
  warn: (sentence: string) => void,
): bigint {
  const least = highestId + 1n;
  if (given !== undefined && given < least) {
    throw new UsageError(
      `--next-id ${resource}=${given} is taken: the highest id is ${highestId}, so give ${least} or more`,
    );
  }
  if (given !== undefined) return given;
  // Rows may have been created since the probe.
  if (probed !== undefined) return probed > least ? probed : least;
  if (resource === 'collections') {
    warn(
      `collections: the next id is taken to be ${least}, the highest id + 1. If newer rows were deleted, the old API's next ` +
        'id is higher: --probe finds out, --next-id collections=N says',
    );
  }
  return least;
}
