import { plainToInstance } from 'class-transformer';
import { IsEnum, IsInt, IsISO8601, IsNumber, IsOptional, IsString, validate } from 'class-validator';
import { Status, Unit, WasteType } from '../src/collections/collection.enums';

/** The same collection as a usual Nest DTO, for the comparison. */
export class CollectionDto {
  @IsOptional() @IsInt() id?: number | null;
  @IsString() location!: string;
  @IsEnum(WasteType) waste_type!: WasteType;
  @IsNumber() quantity!: number;
  @IsEnum(Unit) unit!: Unit;
  @IsISO8601() collected_date!: string;
  @IsOptional() @IsEnum(Status) status: Status = Status.Pending;
}

/** Reads, validates and writes a body as Nest's ValidationPipe and Express would. @throws Error if it is invalid */
export async function echoThroughDto(body: Buffer): Promise<string> {
  const dto = plainToInstance(CollectionDto, JSON.parse(body.toString('utf8')));
  const errors = await validate(dto);
  if (errors.length > 0) throw new Error(errors.toString());
  return JSON.stringify(dto);
}
