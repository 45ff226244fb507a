import { Module } from '@nestjs/common';
import { DocumentationController } from './documentation.controller';
import { OpenApiController } from './openapi.controller';

/** Swagger UI and ReDoc, from this server alone: their assets lie under /static/docs/. */
@Module({ controllers: [DocumentationController, OpenApiController] })
export class DocumentationModule {}
