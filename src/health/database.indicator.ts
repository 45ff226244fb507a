import { Injectable } from '@nestjs/common';
import { HealthIndicatorService, type HealthIndicatorResult } from '@nestjs/terminus';
import { sql } from 'drizzle-orm';
import { Coalescer } from '../database/coalescer';
import { Database } from '../database/database';
import { TABLES } from '../database/start-checks';

/** Milliseconds that PostgreSQL has to answer: a check must be over within two seconds even if it hangs. */
const TIME_LIMIT = 1500;

/** Null for a table that somebody has dropped. */
const FIND_TABLES = sql`select ${sql.raw(TABLES.map(({ name }) => `to_regclass('${name}')`).join(', '))}`;

/**
 * Terminus has no indicator for pg: this one asks PostgreSQL over the connections that requests use whether it answers,
 * and has the tables.
 */
@Injectable()
export class DatabaseIndicator {
  /** What is wrong, if anything is. */
  private readonly pings: Coalescer<null, string | undefined>;

  constructor(
    private readonly indicators: HealthIndicatorService,
    database: Database,
  ) {
    const ping = database.read('health_ping', FIND_TABLES);
    this.pings = new Coalescer(async (askers) => {
      const [found = []] = await ping.run();
      const missing = TABLES.filter((_, index) => found[index] === null).map(({ name }) => name);
      const wrong = missing.length === 0 ? undefined : `the database lacks ${missing.join(', ')}`;
      return askers.map(() => wrong);
    });
  }

  /** Up, or down with the reason. */
  async isHealthy(key: string): Promise<HealthIndicatorResult> {
    const session = this.indicators.check(key);
    try {
      const wrong = await this.answerInTime();
      return wrong === undefined ? session.up() : session.down(wrong);
    } catch (error) {
      return session.down(error instanceof Error ? error.message : String(error));
    }
  }

  private answerInTime(): Promise<string | undefined> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(resolve, TIME_LIMIT, `no answer within ${TIME_LIMIT} ms`);
      this.pings
        .add(null)
        .then(resolve, reject)
        .finally(() => clearTimeout(timer));
    });
  }
}
