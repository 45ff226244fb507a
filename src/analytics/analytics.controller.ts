import { Controller, Get } from '@nestjs/common';
import { AnalyticsRepository, type Analytics } from './analytics.repository';

/** /api/analytics. */
@Controller('api/analytics')
export class AnalyticsController {
  constructor(private readonly analytics: AnalyticsRepository) {}

  @Get()
  get(): Promise<Analytics> {
    return this.analytics.get();
  }
}
