import { Controller, Get } from '@nestjs/common';
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
      throw new DatabaseUnavailableError('The health check failed', { cause: error });
    }
    const now = (performance.timeOrigin + performance.now()) * 1000;
    return { status: 'healthy', timestamp: localTimestamp(now) };
  }
}
