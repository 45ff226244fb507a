import {
  type ContractDatetime,
  DatetimeField,
  EnumField,
  FloatField,
  IntegerField,
  SchemaName,
  StringField,
} from '../contract';
import { Status, Unit, WasteType } from './collection.enums';

/** A waste collection as the contract takes it, in the contract's field order. */
@SchemaName('WasteCollection')
export class Collection {
  /** Validated, then ignored: the server gives the id. */
  @IntegerField({ optional: true }) id!: bigint | null;
  @StringField() location!: string;
  @EnumField(WasteType, { name: 'WasteType' }) waste_type!: WasteType;
  @FloatField() quantity!: number;
  @EnumField(Unit, { name: 'Unit' }) unit!: Unit;
  @DatetimeField() collected_date!: ContractDatetime;
  @EnumField(Status, { name: 'Status', default: Status.Pending }) status!: Status;
}
