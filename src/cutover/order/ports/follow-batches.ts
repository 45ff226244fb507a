import { STATUS_CODES } from 'node:http';
import { frame, readFrames } from '../../../follow/frames';
import type { Answer } from '../nouns';
import type { Batch, PlacedAnswer, PlacedRequest, Rules } from '../ports';

/** What green takes in one message: docs/following.md. */
const MOST_PLACES = 500;
const MOST_BYTES = 8 << 20;

/** Places that go in one message. */
export interface Message {
  readonly from: number;
  readonly upTo: number;
  readonly writes: readonly PlacedRequest[];
}

interface EntryHead {
  readonly place: number;
  readonly status?: number;
  readonly headers?: readonly string[];
  readonly withheld?: boolean;
  readonly forgotten?: boolean;
  readonly void?: boolean;
}

/** What green says of a message as a whole. */
export interface About {
  readonly place: number;
  readonly conflict?: { readonly place: number; readonly resource: string; readonly id: string };
}

/** Splits a batch as green takes it: up to 500 places and 8 MB, or a single write of any size. */
export function messagesOf({ after, upTo, writes }: Batch): Message[] {
  const messages: Message[] = [];
  let [from, bytes, some]: [number, number, PlacedRequest[]] = [after + 1, 0, []];
  const end = (place: number) => {
    if (place >= from) messages.push({ from, upTo: place, writes: some });
    [from, bytes, some] = [place + 1, 0, []];
  };
  const endBefore = (place: number) => {
    while (place - from > MOST_PLACES) end(from + MOST_PLACES - 1);
  };
  for (const write of writes) {
    endBefore(write.place);
    const size = sizeOf(write);
    const isFull = write.place - from >= MOST_PLACES || bytes + size > MOST_BYTES;
    if (isFull || size > MOST_BYTES) end(write.place - 1);
    some.push(write);
    bytes += size;
    if (size > MOST_BYTES) end(write.place);
  }
  endBefore(upTo + 1);
  end(upTo);
  return messages;
}

function sizeOf({ request: { target, headers, body } }: PlacedRequest): number {
  // Each character may take six in JSON, and the frame has its own.
  return body.length + 6 * (target.length + headers.reduce((sum, { length }) => sum + length + 3, 0)) + 300;
}

/** The frames of a message. */
export function messageFrames(batch: Batch, { from, upTo, writes }: Message, keep: boolean): Buffer[] {
  const { journal, term, settled } = batch;
  const pieces = frame({ journal, term, keep, settled });
  let at = 0;
  for (let place = from; place <= upTo; place++) {
    const write = writes[at];
    if (write?.place !== place) {
      pieces.push(...frame({ place, void: true }));
      continue;
    }
    at += 1;
    const { request, id, expected, resource, verb } = write;
    const { method, target, headers, body } = request;
    const isGiven = id !== null && verb === 'create' && expected !== 'refused';
    const head = {
      ...{ place, method, target, headers },
      // The owner has used it up, also where this side refuses the row.
      ...(isGiven ? { id: String(id), nextIds: { [resource]: String(id + 1) } } : {}),
      ...(expected === 'refused' ? { refused: true } : {}),
    };
    pieces.push(...frame(head, body));
  }
  return pieces;
}

/** What green answers to a message: what it says of all, and the answers of the places that have one. */
export function readAnswers(
  bytes: Buffer,
  rules: Pick<Rules, 'idOf' | 'digestOf'>,
  writes: readonly PlacedRequest[],
): { readonly about: About; readonly answers: PlacedAnswer[]; readonly forgotten: number[] } {
  const frames = readFrames(bytes);
  const first = frames.next();
  if (first.done === true) throw new Error('green answers nothing');
  const requests = new Map(writes.map((write) => [write.place, write]));
  const answers: PlacedAnswer[] = [];
  const forgotten: number[] = [];
  for (const { head, body } of frames) {
    const entry = head as EntryHead;
    const { place } = entry;
    if (entry.forgotten === true) forgotten.push(place);
    // Green would have carried it out: what counts is that it is not refused here.
    else if (entry.withheld === true) answers.push({ place, status: 200, id: null, digest: '' });
    else if (entry.status !== undefined) answers.push(answerOf(entry, body, rules, requests.get(place)));
  }
  return { about: first.value.head as About, answers, forgotten };
}

/** Answers that green has kept. */
export function readKept(bytes: Buffer, rules: Pick<Rules, 'idOf' | 'digestOf'>): PlacedAnswer[] {
  return [...readFrames(bytes)].map(({ head, body }) => answerOf(head as EntryHead, body, rules, undefined));
}

/** @param asked what it answers; without it, as for kept answers, only creates and replacements show their ids */
export function answerOf(
  { place, status = 0, headers = [] }: EntryHead,
  body: Buffer,
  rules: Pick<Rules, 'idOf' | 'digestOf'>,
  asked: Pick<PlacedRequest, 'verb' | 'request'> | undefined,
): PlacedAnswer {
  const answer: Answer = { status, reason: STATUS_CODES[status] ?? '', headers, body };
  const named = asked?.verb === 'create' ? undefined : /\/(\d{1,15})\/?(?:\?|$)/.exec(asked?.request.target ?? '')?.[1];
  const id = status >= 300 ? null : named === undefined ? (rules.idOf(answer) ?? null) : Number(named);
  return { place, status, id, digest: rules.digestOf(body), answer };
}
