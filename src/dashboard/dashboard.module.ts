import type { DynamicModule } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { DASHBOARD_DIR } from '../static-files/asset-folders';
import { DashboardController, FRONT_PAGE } from './dashboard.controller';

export interface DashboardOptions {
  /** Folder of an existing page that replaces the package's own (setting FRONTEND_DIR); absolute. */
  readonly frontendDir?: string | undefined;
}

/** The front page: the package's own dashboard, or the index.html of another folder. */
@Module({})
export class DashboardModule {
  /** @throws Error that says what to do, where the page cannot be read */
  static for({ frontendDir }: DashboardOptions = {}): DynamicModule {
    return {
      module: DashboardModule,
      controllers: [DashboardController],
      providers: [{ provide: FRONT_PAGE, useValue: readablePage(frontendDir) }],
    };
  }
}

function readablePage(frontendDir: string | undefined): string {
  const page = join(frontendDir ?? DASHBOARD_DIR, 'index.html');
  try {
    accessSync(page, constants.R_OK);
    return page;
  } catch (cause) {
    const advice =
      frontendDir === undefined
        ? `The front page ${page} is missing: run "npm run build".`
        : `FRONTEND_DIR=${frontendDir} has no readable index.html: name the folder that holds the page, or unset it.`;
    throw new Error(advice, { cause });
  }
}
