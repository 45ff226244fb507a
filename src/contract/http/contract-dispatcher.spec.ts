import { Controller, Get, Module, Query } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ContractAdapter } from './contract-adapter';

@Controller('things')
class ThingsController {
  @Get()
  list(@Query('page') page: string): string {
    return page;
  }
}

@Module({ controllers: [ThingsController] })
class ThingsModule {}

describe('routes of the contract', () => {
  it('are refused at the start if only Express could fill their parameters', async () => {
    const limits = { bodyLimit: 1024, headLimit: 1024, requestTimeout: 1000 };
    const adapter = new ContractAdapter({ ...limits, trustedProxies: [], pages: {}, mounts: {} });
    const app = await NestFactory.create(ThingsModule, adapter, { logger: false });
    await app.init();
    expect(() => adapter.bind(app)).toThrow('GET /things has parameters that only Express can fill: QUERY');
    await app.close();
  });
});
