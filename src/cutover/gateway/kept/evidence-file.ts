import { open, readFile, rename, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import type { OneSided } from '../../order/one-sided';
import type { Evidence, EvidenceStore } from '../../order/ports';
import type { Resource } from '../../traffic/resource';
import type { KeptFacts } from './gateway-facts';

const NAME = 'divergent.jsonl';
const NEWLINE = 0x0a;
const NONE: OneSided = { blue: 0, green: 0 };

/** What the two sides made of a write, as far as it is at hand. */
export interface Witnessed {
  readonly request?: object;
  readonly owner?: object;
  readonly follower?: object;
}

/** Who has seen the answers of both sides. */
export interface Witness {
  witnessed(place: number): Witnessed;
  /** The sides are made equal: what was seen before is of no matter. */
  forget(): void;
}

/**
 * The writes that one side took otherwise than the other, in `divergent.jsonl` beside the journal, one a line. While there
 * is any that nobody has accepted, no promotion is possible.
 */
export class EvidenceFile implements EvidenceStore {
  private readonly known = new Set<string>();
  /** Rows that one side has and the other has not. */
  private readonly apart = new Set<string>();
  private lines = 0;
  private more = NONE;
  private working: Promise<void> = Promise.resolve();
  /** Rows that the next copy leaves out. */
  private leavingOut = 0;

  private constructor(
    private readonly directory: string,
    private readonly facts: KeptFacts,
    private readonly witness: Witness,
  ) {}

  /** Goes on with what is there; a last line that a crash has cut off is cut away, since nothing went on before it was whole. */
  static async open(directory: string, facts: KeptFacts, witness: Witness): Promise<EvidenceFile> {
    const evidence = new EvidenceFile(directory, facts, witness);
    const bytes = await readFile(evidence.file).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0);
      throw error;
    });
    const end = bytes.lastIndexOf(NEWLINE) + 1;
    if (end < bytes.length) await truncate(evidence.file, end);
    for (const text of bytes.toString('utf8', 0, end).split('\n')) {
      if (text !== '') evidence.note(JSON.parse(text) as Evidence);
    }
    return evidence;
  }

  get file(): string {
    return join(this.directory, NAME);
  }

  get count(): number {
    return this.lines;
  }

  /** Pieces that nobody has accepted. */
  get unaccepted(): number {
    return Math.max(0, this.lines - this.facts.get().accepted);
  }

  get oneSided(): OneSided {
    return { blue: this.more.blue + this.facts.get().leftOut, green: this.more.green };
  }

  add(evidence: Evidence): Promise<void> {
    return this.next(async () => {
      if (this.known.has(keyOf(evidence)) || this.follows(evidence)) return;
      const line = { at: new Date().toISOString(), ...evidence, ...this.witness.witnessed(evidence.place) };
      const handle = await open(this.file, 'a', 0o600);
      try {
        const { size } = await handle.stat();
        try {
          await handle.writeFile(`${JSON.stringify(line)}\n`);
          await handle.datasync();
        } catch (error) {
          // Half a line would be taken for the next one's beginning.
          await handle.truncate(size).catch(() => undefined);
          throw error;
        }
      } finally {
        await handle.close();
      }
      this.note(evidence);
    });
  }

  /** Puts everything aside: the follower is made equal to the owner. */
  archive(): Promise<void> {
    return this.next(async () => {
      const { leavingOut } = this;
      // First, so that a crash in between accepts nothing that comes later.
      await this.facts.update({ accepted: 0, leftOut: leavingOut });
      if (this.lines > 0) {
        const before = new Date().toISOString().replace(/[:.]/g, '-');
        await rename(this.file, join(this.directory, `divergent-before-${before}.jsonl`));
      }
      this.leavingOut = 0;
      this.known.clear();
      this.apart.clear();
      this.witness.forget();
      [this.lines, this.more] = [0, NONE];
    });
  }

  /** The copy that is about to be attached lacks so many rows of blue. */
  leaveOut(rows: number): void {
    this.leavingOut = rows;
  }

  /** True if one side is known to have this row and the other not: what becomes of later writes to it follows from that. */
  isApart(resource: Resource, id: number): boolean {
    return this.apart.has(`${resource}:${id}`);
  }

  private follows({ kind, resource, id }: Evidence): boolean {
    return (
      (kind === 'refused' || kind === 'different') && resource !== null && id !== null && this.isApart(resource, id)
    );
  }

  private note(evidence: Evidence): void {
    const key = keyOf(evidence);
    if (this.known.has(key)) return;
    this.known.add(key);
    this.lines++;
    const { kind, resource, id, more } = evidence;
    if (more != null) this.more = { ...this.more, [more]: this.more[more] + 1 };
    if (kind === 'refused' && resource !== null && id !== null) this.apart.add(`${resource}:${id}`);
  }

  private next(task: () => Promise<void>): Promise<void> {
    const done = this.working.then(task);
    this.working = done.catch(() => undefined);
    return done;
  }
}

function keyOf({ kind, place, id }: Evidence): string {
  return `${kind}:${place}:${id ?? ''}`;
}
