import type { RawAnswer } from './raw-message';

/** An answer of the gateway's own, in the form of the API's errors. */
export function ownAnswer(status: number, reason: string, detail = reason, extra: readonly string[] = []): RawAnswer {
  const body = Buffer.from(JSON.stringify({ detail }));
  const headers = [...extra, 'content-type', 'application/json', 'content-length', String(body.length)];
  return { status, reason, headers, body, isOwn: true };
}

/** 503: nothing was done, and later it may be. */
export function unavailable(detail: string): RawAnswer {
  return ownAnswer(503, 'Service Unavailable', `Service Unavailable: ${detail}`, ['retry-after', '1']);
}

/** 504: the owner's answer did not come. @param outcome what is known of the write */
export function answerLost(outcome: 'unknown' | 'applied' | 'absent'): RawAnswer {
  const known = {
    unknown: 'the outcome of this write is not known yet',
    applied: 'the write was carried out, its answer was lost',
    absent: 'the write was not carried out',
  };
  return ownAnswer(504, 'Gateway Timeout', `Gateway Timeout: ${known[outcome]}`);
}

/** The answer that was lost, from the row that it would have shown. */
export function rowAnswer(row: Buffer): RawAnswer {
  const headers = ['content-length', String(row.length), 'content-type', 'application/json'];
  return { status: 200, reason: 'OK', headers, body: row, isOwn: true };
}

/** What the old server answers to what it cannot read. */
export const UNREADABLE: RawAnswer = {
  status: 400,
  reason: 'Bad Request',
  headers: ['content-type', 'text/plain; charset=utf-8', 'content-length', '30'],
  body: Buffer.from('Invalid HTTP request received.'),
};
