import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put } from '@nestjs/common';
import { Operation, type WireStream, type WireText } from '../contract';
import { Collection } from './collection.model';
import { CollectionsRepository } from './collections.repository';

/** The answer to a removal. */
export const REMOVED = { message: 'Collection deleted successfully' };

/** /api/collections. Ids and bodies arrive validated; status, headers and bytes are the contract's business. */
@Controller('api/collections')
export class CollectionsController {
  constructor(private readonly collections: CollectionsRepository) {}

  @Get()
  @Operation('get_collections', 'Get all waste collections', [Collection])
  list(): Promise<WireText | WireStream> {
    return this.collections.list();
  }

  @Post()
  @HttpCode(200)
  @Operation('create_collection', 'Create a new waste collection record', Collection)
  create(@Body() collection: Collection): Promise<WireText> {
    return this.collections.create(collection);
  }

  @Get(':collection_id')
  @Operation('get_collection', 'Get a specific waste collection by ID', Collection)
  get(@Param('collection_id') id: bigint): Promise<WireText> {
    return this.collections.get(id);
  }

  @Put(':collection_id')
  @Operation('update_collection', 'Update a waste collection', Collection)
  replace(@Param('collection_id') id: bigint, @Body() collection: Collection): Promise<WireText> {
    return this.collections.replace(id, collection);
  }

  @Delete(':collection_id')
  @Operation('delete_collection', 'Delete a waste collection')
  async remove(@Param('collection_id') id: bigint): Promise<{ message: string }> {
    await this.collections.remove(id);
    return REMOVED;
  }
}
