import { createHash } from 'node:crypto';

const OPEN = Buffer.from('[');
const COMMA = Buffer.from(',');
const CLOSE = Buffer.from(']');

/** How many rows a list has, and the SHA-256 of its bytes. */
export interface ListSummary {
  readonly rows: number;
  /** Hexadecimal; what `curl -s URL | sha256sum` prints for a list of the API. */
  readonly sha256: string;
}

/** Puts rows together to the list that the API would answer, and computes its digest. */
export class ListDigest {
  private readonly hash = createHash('sha256');
  private count = 0;

  get rows(): number {
    return this.count;
  }

  /** @returns the bytes that these rows add to the list */
  add(rows: readonly Buffer[]): Buffer {
    const parts: Buffer[] = [];
    for (const row of rows) {
      parts.push(this.count === 0 ? OPEN : COMMA, row);
      this.count += 1;
    }
    const bytes = Buffer.concat(parts);
    this.hash.update(bytes);
    return bytes;
  }

  /** Called once, behind the last row. @returns the bytes that end the list, and its summary */
  end(): { bytes: Buffer; summary: ListSummary } {
    const bytes = this.count === 0 ? Buffer.concat([OPEN, CLOSE]) : CLOSE;
    this.hash.update(bytes);
    return { bytes, summary: { rows: this.count, sha256: this.hash.digest('hex') } };
  }
}
