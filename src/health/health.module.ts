import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { DatabaseIndicator } from './database.indicator';
import { HealthController } from './health.controller';
import { Readiness } from './readiness';

@Module({
  // Terminus logs every failed check at length; the answers' log lines say enough.
  imports: [TerminusModule.forRoot({ logger: false })],
  controllers: [HealthController],
  providers: [DatabaseIndicator, Readiness],
  exports: [Readiness],
})
export class HealthModule {}
