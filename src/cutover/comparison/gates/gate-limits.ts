/** What each gate demands of the new side. */
export interface GateLimits {
  /** Least number of equal comparisons for a pass. */
  comparisons: number;
  /** Least number of comparisons on each route that clients use. */
  routeComparisons: number;
  /** By how much green's share of errors may be above blue's: 0.001 is one more in a thousand. */
  errorRate: number;
  /** How many times blue's P95 green's may be, on each route. */
  p95Ratio: number;
  /** A P95 of green's up to this many milliseconds is fast enough, whatever blue's is. */
  latencyFloor: number;
  /** Least number of answers of a side, and of either side on a route, that a verdict can rest on. */
  answers: number;
  /** Writes that the follower may lack. */
  behind: number;
}

/**
 * - `routeComparisons`: if none of 30 differs, fewer than one in ten does (with 95 % certainty).
 * - `latencyFloor`: blue answers from memory, green waits for a disk, so that a write takes 2 ms on a good disk and 20 ms on a
 *   bad one, where blue takes 1 ms. What is answered within 50 ms nobody notices who waits for a page (100 ms), whatever the factor.
 * - `behind`: about a second's worth of writes of a follower that takes a thousand a second.
 */
export const DEFAULT_GATE_LIMITS: Readonly<GateLimits> = {
  comparisons: 1000,
  routeComparisons: 30,
  errorRate: 0.001,
  p95Ratio: 1.5,
  latencyFloor: 50,
  answers: 100,
  behind: 1000,
};

/** The limits that hold, as the control port shows them. */
export interface GateSettingsStatus {
  readonly limits: Readonly<GateLimits>;
  /** Those that were changed while a gateway ran, in place of what it was started with. */
  readonly changed: readonly (keyof GateLimits)[];
}
