import { sql, type SQL } from 'drizzle-orm';

/**
 * What is visible now, as text: two equal snapshots of one running PostgreSQL see the same rows, since a transaction
 * that changes any takes an id, which shows in every snapshot after it. The start time tells one server from another.
 *
 * Null on a standby, and so equal to nothing: its snapshots do not show the transactions under way, so that one of them
 * may be committed between two equal texts. A standby that is promoted between this snapshot and the question whether
 * it is one does no harm: the text `n:n:` says that nothing was under way, on a standby too, and with another one no
 * text of a primary is equal, which names the transaction of its lower bound.
 */
export const SNAPSHOT_TEXT = `case when not pg_is_in_recovery() then pg_current_snapshot()::text || ' ' || pg_postmaster_start_time()::text end`;
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

  /** The kept value if it was read in this snapshot; nothing was in one that is null. */
  at(snapshot: string | null, epoch: number): T | undefined {
    return this.kept?.epoch === epoch && this.kept.snapshot === snapshot ? this.kept.value : undefined;
  }

  /**
   * Keeps a value, unless nothing can prove later that it is still right.
   *
   * @param epoch that was current before the value was asked for.
   */
  keep(snapshot: string | null, epoch: number, value: T): void {
    this.kept = snapshot === null ? undefined : { snapshot, epoch, value };
  }
}
