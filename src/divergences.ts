/** A point in which this server answers otherwise than the old one. */
export interface Divergence {
  /** Its number in docs/divergences.md, which says what both servers answer. A number that was given stays. */
  readonly point: number;
  /** What the fuzzer's and the gateway's rules call it. */
  readonly name: string;
  /** Its heading in the document. */
  readonly title: string;
}

/** Every point there is: the one place where their numbers are given. */
export const DIVERGENCES = [
  { point: 1, name: 'enumerations', title: '`waste_type`, `unit` and `status` are enumerations' },
  { point: 2, name: 'restart', title: 'Records and ids survive a restart' },
  { point: 3, name: 'own-pages', title: "The pages are this server's own" },
  { point: 4, name: 'non-finite-number', title: 'Numbers that are not finite, in a field for a number' },
  { point: 5, name: 'non-finite-echo', title: 'Numbers that are not finite, anywhere else' },
  { point: 6, name: 'half-surrogate', title: 'Half a surrogate pair in a text' },
  { point: 7, name: 'half-surrogate-echo', title: 'Half a surrogate pair in what an error repeats' },
  { point: 8, name: 'undecodable-body', title: 'A body that is neither JSON nor UTF-8' },
  { point: 9, name: 'year-zero', title: 'The year 0000' },
  { point: 10, name: 'overflowing-sum', title: 'A sum that overflows' },
  { point: 11, name: 'deepest-nesting', title: '967 or 968 nested arrays or objects' },
  { point: 12, name: 'nul-in-file-name', title: 'U+0000 in the name of a static file' },
  { point: 13, name: 'unavailable', title: '503: nothing was changed, try again' },
  { point: 14, name: 'unknown-outcome', title: '504: the outcome of a write is unknown' },
  { point: 15, name: 'body-limit', title: '413: the body is larger than `BODY_LIMIT`' },
  { point: 16, name: 'head-limit', title: '431: the head is larger than `HEAD_LIMIT`' },
  { point: 17, name: 'request-timeout', title: '408: the request takes longer than `REQUEST_TIMEOUT` to arrive' },
  { point: 18, name: 'chunk-extension', title: 'Chunk extensions of 16 KB or more' },
  { point: 19, name: 'upgrade', title: '`Upgrade` is ignored' },
  { point: 20, name: 'tab-in-header', title: 'A TAB in a header that is repeated in the answer' },
  { point: 21, name: 'unread-list', title: 'A long list whose client stops reading' },
  { point: 22, name: 'header-white-space', title: 'White space at the end of a repeated header' },
  { point: 23, name: 'trailers', title: 'Trailers of a chunked body are not headers' },
  { point: 24, name: 'half-close', title: 'A client that closes its sending half' },
  { point: 25, name: 'values-limit', title: '413: the values of a body need more than 128 MB of memory' },
  { point: 26, name: 'repeated-input', title: 'A 422 that would repeat more than a million characters' },
  { point: 27, name: 'no-room', title: '503: no room for a large body or a large answer' },
  { point: 28, name: 'unread-answer', title: 'An answer that nobody reads' },
  { point: 29, name: 'malformed-behind-many', title: 'Malformed bytes behind more than 16 requests' },
  { point: 30, name: 'database-rule', title: '403: a rule of the database refuses the change' },
] as const satisfies readonly Divergence[];

export type DivergenceName = (typeof DIVERGENCES)[number]['name'];

const POINTS: ReadonlyMap<string, number> = new Map(DIVERGENCES.map(({ name, point }) => [name, point]));

/** The number of a point in docs/divergences.md. */
export function pointOf(name: DivergenceName): number {
  return POINTS.get(name) ?? NaN;
}
