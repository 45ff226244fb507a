import type { Database } from '../database/database';
import { DatabaseUnavailableError } from '../database/database-errors';
import type { Resource } from '../database/resources';
import type { Statement } from '../database/statement';
import { keptAnswers, type Answer, type KeptRow } from './answers';
import { KEPT_ANSWERS, MEASURE, STATUS } from './journal.statements';

/** Milliseconds that all rows may be read for. */
const MEASURE_LIMIT = 120_000;

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

type StatusRow = readonly [journal: string | null, nextIds: string, empty: string, kept: string];

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
  private measuring: Promise<object> | undefined;

  constructor(private readonly database: Database) {
    this.statuses = database.read('follow_status', STATUS);
    this.kept = database.read('follow_answers', KEPT_ANSWERS);
  }

  /** The journal, its place and term, the next ids, which resources are empty, and which answers are kept, of one moment. */
  async status(): Promise<FollowStatus & Readonly<Record<string, unknown>>> {
    const [row] = await this.statuses.run();
    if (row === undefined) throw new DatabaseUnavailableError('PostgreSQL does not say how far it is');
    const [journal, nextIds, empty, kept] = row;
    return {
      ...journalOf(journal),
      term: journal === null ? null : (JSON.parse(journal) as JournalRow).term,
      nextIds: JSON.parse(nextIds) as object,
      empty: JSON.parse(empty) as object,
      kept: JSON.parse(kept) as object,
    };
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

  /** How many rows each resource has, their greatest id and a digest, with the place, of one moment. Reads all of them. */
  measure(): Promise<object> {
    // Those who ask at once get the same.
    this.measuring ??= this.readAll().finally(() => (this.measuring = undefined));
    return this.measuring;
  }

  private async readAll(): Promise<object> {
    type Row = Readonly<Record<Resource, string>> & { readonly journal: string | null };
    const row = await this.database.transactions.look<Row>(MEASURE, MEASURE_LIMIT);
    if (row === undefined) throw new DatabaseUnavailableError('PostgreSQL does not say what it holds');
    const { journal, ...resources } = row;
    const measured = Object.entries(resources).map(([name, text]) => [name, JSON.parse(text) as object] as const);
    return { ...journalOf(journal), rows: Object.fromEntries(measured) };
  }
}

function journalOf(text: string | null): FollowStatus {
  if (text === null) return { state: 'detached' };
  const { journal, state, place, filled } = JSON.parse(text) as JournalRow;
  return { state, journal, place, ...(state === 'rebuilding' ? { filled } : {}) };
}
