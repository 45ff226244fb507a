import { Controller, Get } from '@nestjs/common';
import { Operation } from '../contract';
import { AnalyticsRepository, type Analytics } from './analytics.repository';

/** /api/analytics. */
@Controller('api/analytics')
export class AnalyticsController {
  constructor(private readonly analytics: AnalyticsRepository) {}

  @Get()
  @Operation('get_analytics', 'Get waste collection analytics')
  get(): Promise<Analytics> {
    return this.analytics.get();
  }
}
