type Environment = Readonly<Record<string, string | undefined>>;

/** Names shorter than this are too near to each other, and to those of other programs: POST, HOSTS. */
const SHORTEST = 7;
const LARGEST_DISTANCE = 2;

/** A variable that is set, and the setting that it was presumably meant to be. */
export interface Misspelling {
  readonly variable: string;
  readonly meant: string;
}

/** The variables whose names are a letter or two away from a setting's: set, they would change nothing. */
export function findMisspellings(environment: Environment, settings: readonly string[]): Misspelling[] {
  const known = new Set(settings);
  const candidates = settings.filter((name) => name.length >= SHORTEST);
  const found: Misspelling[] = [];
  for (const [variable, value] of Object.entries(environment)) {
    if (known.has(variable) || variable.length < SHORTEST || value === undefined || value.trim() === '') continue;
    const meant = candidates.find((name) => distance(variable.toUpperCase(), name) <= LARGEST_DISTANCE);
    if (meant !== undefined) found.push({ variable, meant });
  }
  return found;
}

/** How many letters must be changed, added or left out (Levenshtein). */
function distance(left: string, right: string): number {
  if (Math.abs(left.length - right.length) > LARGEST_DISTANCE) return Infinity;
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i++) {
    const next = [i];
    for (let j = 1; j <= right.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (left[i - 1] === right[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[right.length] ?? Infinity;
}

/** By what other programs are told of a PostgreSQL: libpq, its image, frameworks. */
const OTHER_ADDRESSES =
  /^(PGHOST|PGHOSTADDR|PGDATABASE|PGSERVICE|POSTGRES_(URL|URI|HOST|DB)|PG_(URL|HOST)|DB_(URL|HOST|NAME))$/;

/** The variables that tell other programs of a PostgreSQL, and this one nothing. */
export function otherAddresses(environment: Environment): string[] {
  return Object.keys(environment).filter((name) => OTHER_ADDRESSES.test(name) && environment[name]?.trim());
}
