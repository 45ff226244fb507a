import { Controller, Get, Res } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import type { ServerResponse } from 'node:http';
import { handlerPlans, openApiDocument, type ApiInfo } from '../contract';

/** What the old server said of itself. */
const INFO: ApiInfo = {
  title: 'Waste Management System',
  description: 'A modern waste management system with tracking and analytics',
  version: '1.0.0',
};

/** /openapi.json, generated from the models and routes. */
@Controller()
export class OpenApiController {
  private document: Buffer | undefined;

  constructor(private readonly modules: ModulesContainer) {}

  @Get('openapi.json')
  openApi(@Res() response: ServerResponse): void {
    this.document ??= Buffer.from(openApiDocument(INFO, handlerPlans(this.modules)));
    response.setHeader('content-length', this.document.length);
    response.setHeader('content-type', 'application/json');
    response.end(this.document);
  }
}
