import { Injectable } from '@nestjs/common';
import { HealthIndicatorService, type HealthIndicatorResult } from '@nestjs/terminus';
import { Database } from '../database/database';

/** Milliseconds that PostgreSQL has to answer: a check must be over within two seconds even if it hangs. */
const TIME_LIMIT = 1500;

/** Terminus has no indicator for pg: this one asks PostgreSQL over the connections that requests use. */
@Injectable()
export class DatabaseIndicator {
  constructor(
    private readonly indicators: HealthIndicatorService,
    private readonly database: Database,
  ) {}

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
      this.database
        .ping(TIME_LIMIT)
        .then(() => resolve(true), reject)
        .finally(() => clearTimeout(timer));
    });
  }
}
