import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { otherSide, type SideName } from '../traffic/side-name';
import type { RawAnswer, RawRequest } from '../traffic/raw-message';
import type { WriteRoute } from '../traffic/write-route';

/** What went apart. */
export type EvidenceKind =
  /** The follower refused what the owner applied. */
  | 'refused'
  /** The follower would have applied what the owner refused. */
  | 'accepted'
  /** Both applied it, and render the row differently. */
  | 'different-row'
  /** The owner stored a row that it cannot render (the old server, after a number that is not finite). */
  | 'unrenderable'
  /** The follower gave another id than the owner. */
  | 'ids-apart'
  /** The owner gave an id that the order does not explain: somebody wrote past the gateway, or it lost its data. */
  | 'owner-ids';

export interface EvidenceLine {
  readonly kind: EvidenceKind;
  readonly place: number;
  readonly owner: SideName;
  readonly route: WriteRoute;
  /** The row that the sides disagree about. */
  readonly id: number | null;
  readonly request: RawRequest;
  readonly answer?: RawAnswer | undefined;
  /** One sentence for the operator. */
  readonly explanation: string;
}

const NAME = 'divergent.jsonl';

/**
 * The writes that one side took otherwise than the other, in `divergent.jsonl` beside the journal, one a line. While there
 * is any that nobody has accepted, no promotion is possible.
 */
export class Evidence {
  private readonly known = new Set<string>();
  private readonly rows = new Set<string>();
  private readonly places = new Set<number>();
  private readonly refused: Record<SideName, Set<number>> = { blue: new Set(), green: new Set() };
  private lines = 0;

  constructor(private readonly directory: string) {
    const file = join(directory, NAME);
    if (!existsSync(file)) return;
    for (const text of readFileSync(file, 'utf8').split('\n')) {
      if (text.trim() === '') continue;
      this.note(JSON.parse(text) as EvidenceLine);
    }
  }

  get count(): number {
    return this.lines;
  }

  get file(): string {
    return join(this.directory, NAME);
  }

  /** Keeps a piece, durably; one that a restart finds a second time counts once. */
  add(line: EvidenceLine): void {
    if (this.known.has(keyOf(line))) return;
    const { request, answer, ...rest } = line;
    const text = JSON.stringify({
      at: new Date().toISOString(),
      ...rest,
      request: { ...request, body: undefined, body_b64: request.body.toString('base64') },
      ...(answer && { answer: { ...answer, body: undefined, body_b64: answer.body.toString('base64') } }),
    });
    const descriptor = openSync(this.file, 'a', 0o600);
    try {
      writeSync(descriptor, `${text}\n`);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    this.note(line);
  }

  /** True if the sides are known to disagree about this row: a later write to it follows from that. */
  concerns({ resource }: WriteRoute, id: number | null): boolean {
    return id !== null && this.rows.has(`${resource}:${id}`);
  }

  /** True if there is a piece about the write at this place. */
  has(place: number): boolean {
    return this.places.has(place);
  }

  /** The ids of collections whose create this side refused as a follower. */
  refusedCreates(follower: SideName): Iterable<number> {
    return this.refused[follower];
  }

  isRefusedCreate(follower: SideName, id: number): boolean {
    return this.refused[follower].has(id);
  }

  /** Puts everything aside, under a name with the place, when the follower was filled anew. */
  async archive(place: number): Promise<void> {
    if (this.lines > 0) await rename(this.file, join(this.directory, `divergent-before-${place}.jsonl`));
    this.known.clear();
    this.rows.clear();
    this.places.clear();
    for (const ids of Object.values(this.refused)) ids.clear();
    this.lines = 0;
  }

  private note(line: EvidenceLine): void {
    this.known.add(keyOf(line));
    this.places.add(line.place);
    const isRefusal = line.kind === 'refused' || line.kind === 'unrenderable';
    if (isRefusal && line.route.verb === 'create' && line.id !== null) this.refused[otherSide(line.owner)].add(line.id);
    if (line.id !== null) this.rows.add(`${line.route.resource}:${line.id}`);
    this.lines++;
  }
}

function keyOf({ kind, place, id }: Pick<EvidenceLine, 'kind' | 'place' | 'id'>): string {
  return `${kind}:${place}:${id ?? ''}`;
}
