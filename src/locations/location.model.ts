import { FloatField, IntegerField, StringField } from '../contract';

/** A place of collection as the contract takes it, in the contract's field order. No range is checked. */
export class Location {
  /** Validated, then ignored: the server gives the id. */
  @IntegerField({ optional: true }) id!: bigint | null;
  @StringField() name!: string;
  @StringField() address!: string;
  @FloatField() latitude!: number;
  @FloatField() longitude!: number;
  @StringField() zone!: string;
}
