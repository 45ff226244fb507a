import { bodyOf, type RecordedRequest } from '../../src/recordings/exchange';
import { recordedBody } from './requests';

/** True if the sequence still shows the difference that is being shrunk, in its last exchange. */
export type StillDiffers = (requests: readonly RecordedRequest[]) => Promise<boolean>;

/**
 * The smallest sequence found that still differs: exchanges are dropped, then headers, the query, and pieces of bodies.
 * The last exchange is always the differing one. At most `budget` attempts are made.
 */
export async function shrink(
  requests: readonly RecordedRequest[],
  stillDiffers: StillDiffers,
  budget = 400,
): Promise<RecordedRequest[]> {
  let left = budget;
  const attempt: StillDiffers = async (candidate) => left-- > 0 && stillDiffers(candidate);

  let smallest = await withoutExchanges([...requests], attempt);
  for (let at = smallest.length - 1; at >= 0; at--) {
    const replaced = (request: RecordedRequest): RecordedRequest[] => smallest.with(at, request);
    const simpler = await simplified(smallest[at]!, (request) => attempt(replaced(request)));
    smallest = replaced(simpler);
  }
  return smallest;
}

type Works = (request: RecordedRequest) => Promise<boolean>;

async function withoutExchanges(requests: RecordedRequest[], attempt: StillDiffers): Promise<RecordedRequest[]> {
  const last = requests.at(-1)!;
  const before = await withoutParts(requests.slice(0, -1), (kept) => attempt([...kept, last]));
  return [...before, last];
}

/** Drops ever smaller runs of items for as long as the rest still works (Zeller's delta debugging, without complements). */
async function withoutParts<T>(items: T[], works: (kept: T[]) => Promise<boolean>): Promise<T[]> {
  let kept = items;
  if (kept.length > 0 && (await works([]))) return [];
  for (let size = Math.ceil(kept.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < kept.length;) {
      const fewer = kept.toSpliced(at, size);
      if (await works(fewer)) kept = fewer;
      else at += size;
    }
  }
  return kept;
}

async function simplified(request: RecordedRequest, works: Works): Promise<RecordedRequest> {
  let simplest = request;
  const take = async (candidate: RecordedRequest): Promise<void> => {
    if (await works(candidate)) simplest = candidate;
  };
  const headers = await withoutParts(request.headers, (kept) => works({ ...simplest, headers: kept }));
  simplest = { ...simplest, headers };
  if (/[?#]/.test(simplest.target)) await take({ ...simplest, target: simplest.target.replace(/[?#].*$/s, '') });
  if (bodyOf(simplest) !== null) await take(withBody(simplest, null));
  // Chunked framing does not survive the loss of bytes.
  if (headers.some(([name]) => /^transfer-encoding$/i.test(name))) return simplest;
  return withSmallerBody(simplest, works);
}

async function withSmallerBody(request: RecordedRequest, works: Works): Promise<RecordedRequest> {
  const body = bodyOf(request);
  if (body === null) return request;
  const members = topLevelMembers(request.body);
  if (members === undefined) {
    const bytes = await withoutParts([...body], (kept) => works(withBody(request, Buffer.from(kept))));
    return withBody(request, Buffer.from(bytes));
  }
  const text = (kept: readonly [string, unknown][]): string => JSON.stringify(Object.fromEntries(kept));
  // The member's values may only be respelled if that does not matter: numbers lose their digits in JSON.parse.
  if (!(await works({ ...request, body: text(members) }))) {
    const kept = await withoutParts(Array.from(request.body!), (characters) =>
      works({ ...request, body: characters.join('') }),
    );
    return { ...request, body: kept.join('') };
  }
  const kept = await withoutParts(members, (fewer) => works({ ...request, body: text(fewer) }));
  return { ...request, body: text(kept) };
}

function topLevelMembers(body: string | null | undefined): [string, unknown][] | undefined {
  try {
    const value: unknown = JSON.parse(body ?? '');
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return Object.entries(value);
  } catch {
    // Not JSON: its bytes are dropped instead.
  }
  return undefined;
}

function withBody(request: RecordedRequest, body: Buffer | null): RecordedRequest {
  const { method, target, headers } = request;
  return { method, target, headers, ...recordedBody(body) };
}
