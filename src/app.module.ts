import { Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { AnalyticsModule } from './analytics/analytics.module';
import { CollectionsModule } from './collections/collections.module';
import type { Config } from './settings/table';
import { ContractExceptionFilter } from './contract';
import { DashboardModule } from './dashboard/dashboard.module';
import { DatabaseModule } from './database/database.module';
import { DocumentationModule } from './documentation/documentation.module';
import { HealthModule } from './health/health.module';
import { LocationsModule } from './locations/locations.module';

@Module({})
export class AppModule {
  static for(config: Config): DynamicModule {
    const database = DatabaseModule.for({
      url: config.databaseUrl,
      urlFile: config.databaseUrlFile,
      dataDir: config.dataDir,
      poolSize: config.databasePoolSize,
      statementTimeout: config.databaseStatementTimeout,
      streamLimit: config.listStreams,
      writeTimeout: config.requestTimeout,
    });
    return {
      module: AppModule,
      imports: [
        database,
        // The OpenAPI document lists the routes in the order of the modules.
        DashboardModule.for({ frontendDir: config.frontendDir }),
        CollectionsModule,
        LocationsModule,
        AnalyticsModule,
        HealthModule,
        DocumentationModule,
      ],
      providers: [{ provide: APP_FILTER, useClass: ContractExceptionFilter }],
    };
  }
}
