import { Module } from '@nestjs/common';
import { DocumentationController } from './documentation.controller';

/** Swagger UI and ReDoc, from this server alone: their assets lie under /static/docs/. */
@Module({ controllers: [DocumentationController] })
export class DocumentationModule {}
