import { sql, type SQL } from 'drizzle-orm';

/**
 * What is visible now, as text: two equal snapshots of one running PostgreSQL see the same rows, since a transaction
 * that changes any takes an id, which shows in every snapshot after it. The start time tells one server from another.
 */
export const SNAPSHOT_TEXT = `pg_current_snapshot()::text || ' ' || pg_postmaster_start_time()::text`;
export const SNAPSHOT: SQL = sql.raw(SNAPSHOT_TEXT);

/**
 * The last answer to a question that many ask, with the snapshot it was read in. It may be given again only while the
 * same statement that would read it anew finds that snapshot unchanged, and never across a lost connection: after a
 * crash, transaction ids that were never on disk are given out once more.
 */
export class KeptAnswer<T> {
  private kept: { readonly snapshot: string; readonly epoch: number; readonly value: T } | undefined;

  /** The snapshot to compare with, null if nothing is kept. @param epoch how many connections were lost so far. */
  snapshot(epoch: number): string | null {
    return this.kept?.epoch === epoch ? this.kept.snapshot : null;
  }

  /** The kept value if it was read in this snapshot. */
  at(snapshot: string, epoch: number): T | undefined {
    return this.kept?.epoch === epoch && this.kept.snapshot === snapshot ? this.kept.value : undefined;
  }

  /** @param epoch that was current before the value was asked for. */
  keep(snapshot: string, epoch: number, value: T): void {
    this.kept = { snapshot, epoch, value };
  }
}
