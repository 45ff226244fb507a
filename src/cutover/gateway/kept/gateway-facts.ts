import { messageOf } from '../../cutover-error';
import type { Disk } from '../../order/ports';
import { JournalError } from './journal-error';

/** What a gateway keeps beside the order. */
export interface GatewayFacts {
  /** `host:port` of the sides that the journal belongs to. */
  readonly blue: string;
  readonly green: string;
  /** So many pieces of evidence were read and accepted. */
  readonly accepted: number;
  /** Rows of blue that the import left out, because blue cannot render them. */
  readonly leftOut: number;
}

const NAME = 'gateway.json';

/** Those facts, in `gateway.json` beside the journal. Memory changes once the disk has changed. */
export class KeptFacts {
  private saving: Promise<void> = Promise.resolve();

  private constructor(
    private readonly disk: Pick<Disk, 'replace'>,
    private facts: GatewayFacts,
  ) {}

  /**
   * Those of the last run. New ones are on the disk with the first update: a mistyped address is kept by nobody.
   *
   * @throws JournalError if the journal belongs to other sides, or the file is damaged
   */
  static async open(
    disk: Pick<Disk, 'read' | 'replace'>,
    sides: Pick<GatewayFacts, 'blue' | 'green'>,
  ): Promise<{ readonly facts: KeptFacts; readonly isNew: boolean }> {
    const bytes = await disk.read(NAME);
    if (bytes === undefined) {
      return { facts: new KeptFacts(disk, { ...sides, accepted: 0, leftOut: 0 }), isNew: true };
    }
    let found: GatewayFacts;
    try {
      found = JSON.parse(bytes.toString('utf8')) as GatewayFacts;
    } catch (error) {
      throw new JournalError(`${NAME} is damaged: ${messageOf(error)}. Restore it, or start with a new --journal.`);
    }
    if (found.blue !== sides.blue || found.green !== sides.green) {
      throw new JournalError(
        `The journal belongs to blue ${found.blue} and green ${found.green}: start with these addresses, or with a --journal of its own.`,
      );
    }
    return { facts: new KeptFacts(disk, found), isNew: false };
  }

  get(): GatewayFacts {
    return this.facts;
  }

  /** @throws the disk's error; nothing has changed then */
  update(change: Partial<GatewayFacts>): Promise<void> {
    const saved = this.saving.then(async () => {
      const next = { ...this.facts, ...change };
      await this.disk.replace(NAME, Buffer.from(`${JSON.stringify(next, null, 2)}\n`));
      this.facts = next;
    });
    this.saving = saved.catch(() => undefined);
    return saved;
  }
}
