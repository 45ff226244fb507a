import { Injectable } from '@nestjs/common';
import { HealthCheckService, HealthIndicatorService, type HealthCheckResult } from '@nestjs/terminus';
import { DatabaseIndicator } from './database.indicator';

/** Whether this server can do its work now. */
@Injectable()
export class Readiness {
  private draining = false;

  constructor(
    private readonly health: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    private readonly database: DatabaseIndicator,
  ) {}

  /** From now on the server is not ready: a balancer is to send its requests elsewhere. */
  startDraining(): void {
    this.draining = true;
  }

  get isDraining(): boolean {
    return this.draining;
  }

  /** @throws ServiceUnavailableException with Terminus' result when the database does not answer or the server drains. */
  check(): Promise<HealthCheckResult> {
    return this.health.check([() => this.database.isHealthy('database'), () => this.isServing('server')]);
  }

  private isServing(key: string) {
    const session = this.indicators.check(key);
    return this.draining ? session.down('draining') : session.up();
  }
}
