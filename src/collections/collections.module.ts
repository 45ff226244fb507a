import { Module } from '@nestjs/common';
import { CollectionsController } from './collections.controller';
import { CollectionsRepository } from './collections.repository';

@Module({ controllers: [CollectionsController], providers: [CollectionsRepository] })
export class CollectionsModule {}
