import { isUtf8 } from 'node:buffer';
import { appendFile, mkdir, readdir, readFile, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { bodyOf, type Exchange, type RecordedRequest } from '../../recordings/exchange';
import { recordingLine } from '../../recordings/files';
import { recordedResponse } from '../../recordings/record';
import type { AnsweredPair } from './exchange-observer';
import { SIDES, type SideName } from '../traffic/side-name';
import type { ReviewedRule } from './rules/reviewed-rule';

/** How much is kept at most: exchanges without an explanation, exchanges of each rule, and bytes altogether. */
export interface KeptLimits {
  unexplained: number;
  explained: number;
  bytes: number;
}

const DEFAULT_KEPT_LIMITS: KeptLimits = { unexplained: 500, explained: 20, bytes: 64 * 1024 * 1024 };

/** Stands for what no rule explains, in the names of files and sequences. */
const UNEXPLAINED = 'unexplained';

// They hold what clients sent, cookies included.
const PRIVATE_FOLDER = { recursive: true, mode: 0o700 };
const PRIVATE_FILE = { mode: 0o600 };

/**
 * Differing exchanges as recordings: `blue/NAME.jsonl` holds the old side's answers and `green/NAME.jsonl` the new one's
 * to the same requests, where NAME is `unexplained` or that of a rule. `replay` reads either, and `diff` compares them.
 */
export class KeptExchanges {
  private written: Promise<unknown> = Promise.resolve();
  private bytes = 0;
  private readonly counts = new Map<string, number>();
  private failure: Error | undefined;
  /** Exchanges that were not kept because of the limits. */
  dropped = 0;

  private constructor(
    private readonly folder: string,
    private readonly limits: KeptLimits,
  ) {}

  /** Makes the folder if need be, and cuts off what a crash has left of a last exchange. @throws Error if it cannot be made or read */
  static async open(folder: string, limits: KeptLimits = DEFAULT_KEPT_LIMITS): Promise<KeptExchanges> {
    const kept = new KeptExchanges(folder, limits);
    for (const side of SIDES) await mkdir(join(folder, side), PRIVATE_FOLDER);
    await kept.mend();
    return kept;
  }

  /** How many exchanges are kept under this name. */
  count(name: string): number {
    return this.counts.get(name) ?? 0;
  }

  /** Writes the exchange behind what is being written already; returns at once. */
  keep(pair: AnsweredPair, rule: ReviewedRule | undefined): void {
    this.written = this.written
      .then(() => this.append(pair, rule))
      .catch((error: unknown) => {
        this.failure ??= error as Error;
      });
  }

  /** Waits until all is written. @throws the first error that writing met */
  async settled(): Promise<void> {
    await this.written;
    if (this.failure !== undefined) throw this.failure;
  }

  private async append(pair: AnsweredPair, rule: ReviewedRule | undefined): Promise<void> {
    const name = rule?.name ?? UNEXPLAINED;
    const count = this.counts.get(name) ?? (await this.countKept(name));
    const most = rule === undefined ? this.limits.unexplained : this.limits.explained;
    const size = pair.blue.body.length + pair.green.body.length;
    if (count >= most || this.bytes + size > this.limits.bytes) {
      this.dropped += 1;
      return;
    }
    for (const side of SIDES) {
      const line = `${recordingLine(exchangeOf(pair, side, name, count + 1, rule))}\n`;
      await appendFile(this.file(side, name), line, PRIVATE_FILE);
      this.bytes += line.length;
    }
    this.counts.set(name, count + 1);
  }

  /** Both files of a name hold the same exchanges, in whole lines. */
  private async mend(): Promise<void> {
    const names = new Set((await Promise.all(SIDES.map((side) => readdir(join(this.folder, side))))).flat());
    for (const name of names) {
      if (!name.endsWith('.jsonl')) continue;
      const files = SIDES.map((side) => join(this.folder, side, name));
      const ends = await Promise.all(files.map((file) => lineEnds(file)));
      const lines = Math.min(...ends.map(({ length }) => length));
      for (const [index, file] of files.entries()) {
        await truncate(file, ends[index]?.[lines - 1] ?? 0).catch(ignoreAbsent);
      }
    }
  }

  /** The exchanges of this name that an earlier process kept. */
  private async countKept(name: string): Promise<number> {
    let count = 0;
    for (const side of SIDES) {
      const text = await readFile(this.file(side, name), 'latin1').catch((error: unknown) => {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
        throw error;
      });
      this.bytes += text.length;
      count = Math.max(count, text.split('\n').length - 1);
    }
    this.counts.set(name, count);
    return count;
  }

  private file(side: SideName, name: string): string {
    return join(this.folder, side, `${name}.jsonl`);
  }
}

/** Where the whole lines of a file end, in bytes; none if there is no such file. */
async function lineEnds(file: string): Promise<number[]> {
  const bytes = await readFile(file).catch((error: unknown) => {
    ignoreAbsent(error);
    return Buffer.alloc(0);
  });
  const ends: number[] = [];
  for (let end = bytes.indexOf(0x0a); end >= 0; end = bytes.indexOf(0x0a, end + 1)) ends.push(end + 1);
  return ends;
}

/** @throws the error, if it is another one */
function ignoreAbsent(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
}

function exchangeOf(pair: AnsweredPair, side: SideName, name: string, n: number, rule?: ReviewedRule): Exchange {
  const request = replayable(pair.request);
  const place = `${request.method} ${pair.route}`.replace(/[^A-Za-z0-9]+/g, '-').replace(/^-|-$/g, '');
  return {
    seq: `${name}/${place}`,
    n,
    request,
    response: recordedResponse(request, pair[side]),
    ...(rule === undefined ? noteOf(pair) : { reason: rule.sentence }),
  };
}

function noteOf({ note }: AnsweredPair): { reason?: string } {
  return note === undefined ? {} : { reason: note };
}

const FRAMING = new Set(['connection', 'keep-alive', 'transfer-encoding', 'content-length', 'te', 'trailer']);

/** The body is kept without the framing it came in, as text if it is some, and a replay frames it anew. */
function replayable(request: RecordedRequest): RecordedRequest {
  const { method, target } = request;
  const headers = request.headers.filter(([name]) => !FRAMING.has(name.toLowerCase()));
  const bytes = bodyOf(request);
  if (bytes === null) return { method, target, headers, body: null };
  return isUtf8(bytes)
    ? { method, target, headers, body: bytes.toString('utf8') }
    : { method, target, headers, body_b64: bytes.toString('base64') };
}
