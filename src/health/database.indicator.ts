import { Injectable } from '@nestjs/common';
import { HealthIndicatorService, type HealthIndicatorResult } from '@nestjs/terminus';
import { sql } from 'drizzle-orm';
import { Coalescer } from '../database/coalescer';
import { Database } from '../database/database';

/** Milliseconds that PostgreSQL has to answer: a check must be over within two seconds even if it hangs. */
const TIME_LIMIT = 1500;

/** Terminus has no indicator for pg: this one asks PostgreSQL over the connections that requests use. */
@Injectable()
export class DatabaseIndicator {
  private readonly pings: Coalescer<null, null>;

  constructor(
    private readonly indicators: HealthIndicatorService,
    database: Database,
  ) {
    const ping = database.read('health_ping', sql`select 1`);
    this.pings = new Coalescer(async (askers) => {
      await ping.run();
      return askers;
    });
  }

  /** Up, or down with the reason. */
  async isHealthy(key: string): Promise<HealthIndicatorResult> {
    const session = this.indicators.check(key);
    try {
      return (await this.answersInTime()) ? session.up() : session.down(`no answer within ${TIME_LIMIT} ms`);
    } catch (error) {
      return session.down(error instanceof Error ? error.message : String(error));
    }
  }

  private answersInTime(): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(resolve, TIME_LIMIT, false);
      this.pings
        .add(null)
        .then(() => resolve(true), reject)
        .finally(() => clearTimeout(timer));
    });
  }
}
