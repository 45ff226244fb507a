import { Body, Controller, Get, HttpCode, Post } from '@nestjs/common';
import { Operation, type WireStream, type WireText } from '../contract';
import { Location } from './location.model';
import { LocationsRepository } from './locations.repository';

/** /api/locations. */
@Controller('api/locations')
export class LocationsController {
  constructor(private readonly locations: LocationsRepository) {}

  @Get()
  @Operation('get_locations', 'Get all locations', [Location])
  list(): Promise<WireText | WireStream> {
    return this.locations.list();
  }

  @Post()
  @HttpCode(200)
  @Operation('create_location', 'Create a new location', Location)
  create(@Body() location: Location): Promise<WireText> {
    return this.locations.create(location);
  }
}
