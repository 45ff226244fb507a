import type { Database } from '../database/database';
import { DatabaseUnavailableError } from '../database/database-errors';
import type { Statement } from '../database/statement';
import { keptAnswers, type Answer, type KeptRow } from './answers';
import { KEPT_ANSWERS, STATUS } from './journal.statements';

/** Milliseconds in which a place is told beside a failure. */
const SOON = 1000;

/** The journal's row as the database spells it. */
interface JournalRow {
  readonly journal: string;
  readonly state: string;
  readonly term: string;
  readonly place: number;
  readonly filled: Readonly<Record<string, string>>;
}

export type StatusRow = readonly [journal: string | null, nextIds: string, empty: string, kept: string];

/** What is followed, and how far it is. */
export interface FollowStatus {
  readonly state: string;
  readonly journal?: string;
  readonly place?: number;
  readonly filled?: Readonly<Record<string, string>>;
}

/** What is looked up beside the writes, without waiting for them. */
export class FollowReads {
  private readonly statuses: Statement<StatusRow>;
  private readonly kept: Statement<KeptRow>;

  constructor(private readonly database: Database) {
    this.statuses = database.read('follow_status', STATUS);
    this.kept = database.read('follow_answers', KEPT_ANSWERS);
  }

  /** The journal, its place and term, the next ids, which resources are empty, and which answers are kept, of one moment. */
  async status(): Promise<FollowStatus & Readonly<Record<string, unknown>>> {
    const [row] = await this.statuses.run();
    if (row === undefined) throw new DatabaseUnavailableError('PostgreSQL does not say how far it is');
    return statusOf(row);
  }

  /** The journal and its place if PostgreSQL tells soon, else nothing. */
  async place(): Promise<FollowStatus | object> {
    try {
      const [row] = await this.statuses.run({}, this.database.deadline(SOON));
      return journalOf(row?.[0] ?? null);
    } catch {
      return {};
    }
  }

  /** Answers that are kept for these places. */
  async answers(from: number, through: number): Promise<ReadonlyMap<number, Answer>> {
    return keptAnswers(await this.kept.run({ from, through }));
  }
}

/** What a status says, from its columns. */
export function statusOf([journal, nextIds, empty, kept]: StatusRow): FollowStatus & Readonly<Record<string, unknown>> {
  return {
    ...journalOf(journal),
    term: journal === null ? null : (JSON.parse(journal) as JournalRow).term,
    nextIds: JSON.parse(nextIds) as object,
    empty: JSON.parse(empty) as object,
    kept: JSON.parse(kept) as object,
  };
}

/** The journal, its state and place. @param text its row as JSON */
export function journalOf(text: string | null): FollowStatus {
  if (text === null) return { state: 'detached' };
  const { journal, state, place, filled } = JSON.parse(text) as JournalRow;
  return { state, journal, place, ...(state === 'rebuilding' ? { filled } : {}) };
}
