import { Random } from './random';
import { type FuzzRequest, RequestMaker } from './requests';

type Make = (maker: RequestMaker) => FuzzRequest;

/** What sequences are made of: the share of a hundred sequences, and what their requests are besides ordinary ones. */
const THEMES: readonly (readonly [share: number, name: string, ordinaryPercent: number, make: Make])[] = [
  [31, 'flow', 100, (maker) => maker.ordinary()],
  [30, 'fields', 20, (maker) => maker.fields()],
  [14, 'bodies', 20, (maker) => maker.body()],
  [8, 'paths', 30, (maker) => maker.path()],
  [6, 'cors', 25, (maker) => maker.cors()],
  [4, 'methods', 25, (maker) => maker.method()],
  [3, 'heads', 40, (maker) => maker.head()],
  [4, 'divergent', 50, (maker) => maker.divergent()],
];

/** The names of the themes. */
export const THEME_NAMES: readonly string[] = THEMES.map(([, name]) => name);

/** A sequence that starts from an empty store. */
export interface FuzzSequence {
  /** `<theme>/<seed>-<number>`: with them the same sequence can be made again. */
  name: string;
  theme: string;
  requests: FuzzRequest[];
}

/** The sequence with this number of the campaign with this seed; always the same. */
export function makeSequence(seed: number, number: number): FuzzSequence {
  const random = new Random(seed, number);
  const maker = new RequestMaker(random);
  const [theme, ordinaryPercent, make] = random.weighted(
    ...THEMES.map(([share, ...rest]) => [share, () => rest] as const),
  );
  const requests: FuzzRequest[] = [];
  for (let left = random.int(5, 60); left > 0; left--) {
    requests.push(random.chance(ordinaryPercent) ? maker.ordinary() : make(maker));
  }
  // What the writes have left in the store shows in these, whatever the sequence was about.
  requests.push(maker.list(), maker.analytics(), { kind: 'list', request: listOf('/api/collections') });
  return { name: `${theme}/${String(seed)}-${String(number)}`, theme, requests };
}

function listOf(target: string): FuzzRequest['request'] {
  return { method: 'GET', target, headers: [], body: null };
}
