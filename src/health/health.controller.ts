import { Controller, Get, ServiceUnavailableException } from '@nestjs/common';
import type { HealthCheckResult } from '@nestjs/terminus';
import { Operation } from '../contract';
import { DatabaseUnavailableError } from '../database/database-errors';
import { localTimestamp } from './local-timestamp';
import { Readiness } from './readiness';

/** /health as it was, with a real check behind it. */
@Controller('health')
export class HealthController {
  constructor(private readonly readiness: Readiness) {}

  /** @throws DatabaseUnavailableError, which is answered with 503, when the server cannot do its work. */
  @Get()
  @Operation('health_check', 'Health check endpoint')
  async health(): Promise<{ status: string; timestamp: string }> {
    try {
      await this.readiness.check();
    } catch (error) {
      throw new DatabaseUnavailableError(reasonOf(error), { cause: error });
    }
    const now = (performance.timeOrigin + performance.now()) * 1000;
    return { status: 'healthy', timestamp: localTimestamp(now) };
  }
}

/** What the indicators that are down say. */
function reasonOf(error: unknown): string {
  if (!(error instanceof ServiceUnavailableException)) return 'The health check failed';
  const { error: down = {} } = error.getResponse() as HealthCheckResult;
  return Object.entries(down)
    .map(([key, found]) => (typeof found?.message === 'string' ? found.message : `${key} is down`))
    .join('; ');
}
