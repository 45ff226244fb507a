import { Injectable } from '@nestjs/common';
import { DatabaseError } from 'pg';
import { Coalescer } from '../database/coalescer';
import { Database } from '../database/database';
import { BY_WASTE_TYPE, BY_WASTE_TYPE_OVERFLOWING } from './analytics.statements';

interface Row {
  readonly waste_type: string;
  readonly quantity: number;
  readonly total: string;
  readonly pending: string;
  readonly completed: string;
}

/** The contract's analytics object; counts are integers, so bigint. */
export interface Analytics {
  readonly total_collections: bigint;
  readonly pending_collections: bigint;
  readonly completed_collections: bigint;
  readonly waste_by_type: ReadonlyMap<string, number>;
}

const NUMERIC_VALUE_OUT_OF_RANGE = '22003';

/** Sums and counts over all collections. */
@Injectable()
export class AnalyticsRepository {
  private readonly totals: Coalescer<null, Analytics>;

  constructor(database: Database) {
    const byWasteType = database.read<Row>('analytics_by_waste_type', BY_WASTE_TYPE);
    const overflowing = database.read<Row>('analytics_by_waste_type_overflowing', BY_WASTE_TYPE_OVERFLOWING);

    this.totals = new Coalescer(async (askers) => {
      const rows = await byWasteType.run().catch((error: unknown) => {
        if (error instanceof DatabaseError && error.code === NUMERIC_VALUE_OUT_OF_RANGE) return overflowing.run();
        throw error;
      });
      const add = (pick: (row: Row) => string) => rows.reduce((sum, row) => sum + BigInt(pick(row)), 0n);
      const analytics: Analytics = {
        total_collections: add(({ total }) => total),
        pending_collections: add(({ pending }) => pending),
        completed_collections: add(({ completed }) => completed),
        waste_by_type: new Map(rows.map(({ waste_type, quantity }) => [waste_type, quantity])),
      };
      return askers.map(() => analytics);
    });
  }

  /** Counts by status, and the quantity of each waste type in the order of its first appearance. */
  get(): Promise<Analytics> {
    return this.totals.add(null);
  }
}
