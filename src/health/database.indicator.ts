import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { HealthIndicatorService, type HealthIndicatorResult } from '@nestjs/terminus';
import { sql } from 'drizzle-orm';
import { Database } from '../database/database';
import { TABLES } from '../database/start-checks';
import type { Statement } from '../database/statement';

/** Milliseconds that PostgreSQL has to answer: a check must be over within two seconds even if it hangs. */
const TIME_LIMIT = 1500;
/** Milliseconds between two looks whether the tables are there, and those that a check waits for one. */
const LOOK_EVERY = 1000;
const LOOK_LIMIT = 250;

/** Null for a table that somebody has dropped. */
const FIND_TABLES = sql`select ${sql.raw(TABLES.map(({ name }) => `to_regclass('${name}')`).join(', '))}`;

/** Terminus has no indicator for pg: this one asks PostgreSQL whether it answers, and whether it has the tables. */
@Injectable()
export class DatabaseIndicator {
  private readonly tables: Statement<readonly (string | null)[]>;
  private lookedAt = -Infinity;
  /** The tables that were missing at the last look. */
  private missing: readonly string[] = [];

  constructor(
    private readonly indicators: HealthIndicatorService,
    private readonly database: Database,
  ) {
    this.tables = database.read('health_tables', FIND_TABLES);
  }

  /** Up, or down with the reason. */
  async isHealthy(key: string): Promise<HealthIndicatorResult> {
    const session = this.indicators.check(key);
    try {
      if (!(await this.lookForTables())) await this.answerInTime();
      return this.missing.length === 0 ? session.up() : session.down(`the database lacks ${this.missing.join(', ')}`);
    } catch (error) {
      return session.down(error instanceof Error ? error.message : String(error));
    }
  }

  private answerInTime(): Promise<void> {
    return new Promise((resolve, reject) => {
      const giveUp = () => reject(new Error(`no answer within ${TIME_LIMIT} ms`));
      // A timer runs before the sockets are read: a busy process may not have heard the answer yet.
      const timer = setTimeout(() => setImmediate(() => setImmediate(giveUp)), TIME_LIMIT);
      this.database
        .ping(TIME_LIMIT)
        .then(resolve, reject)
        .finally(() => clearTimeout(timer));
    });
  }

  /**
   * The look may queue behind statements that wait for a lock, which says nothing of this server's health.
   *
   * @returns whether it was time for one, and PostgreSQL has answered.
   */
  private async lookForTables(): Promise<boolean> {
    const now = performance.now();
    if (now - this.lookedAt < LOOK_EVERY) return false;
    this.lookedAt = now;
    const look = this.tables.run().then(
      ([found = []]) => {
        this.missing = TABLES.filter((_, index) => found[index] === null).map(({ name }) => name);
        return true;
      },
      () => false,
    );
    return Promise.race([look, sleep(LOOK_LIMIT, false, { ref: false })]);
  }
}
