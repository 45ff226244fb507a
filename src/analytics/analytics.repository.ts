import { Injectable } from '@nestjs/common';
import { DatabaseError } from 'pg';
import type { Coalescer } from '../database/coalescer';
import { Database } from '../database/database';
import { KeptAnswer } from '../database/kept-answer';
import { BY_WASTE_TYPE, BY_WASTE_TYPE_OVERFLOWING } from './analytics.statements';

/** The types are null if the snapshot is the known one. */
type Row = readonly [snapshot: string | null, types: string | null];

const UNKNOWN: Row = [null, null];

/** Waste type, sum of its quantities, rows, pending rows, completed rows. */
type TypeTotals = readonly [type: string, quantity: string, total: number, pending: number, completed: number];

/** The contract's analytics object; counts are integers, so bigint. */
export interface Analytics {
  readonly total_collections: bigint;
  readonly pending_collections: bigint;
  readonly completed_collections: bigint;
  readonly waste_by_type: ReadonlyMap<string, number>;
}

const NUMERIC_VALUE_OUT_OF_RANGE = '22003';

function analyticsOf(types: readonly TypeTotals[]): Analytics {
  const add = (index: 2 | 3 | 4) => BigInt(types.reduce((sum, totals) => sum + totals[index], 0));
  return {
    total_collections: add(2),
    pending_collections: add(3),
    completed_collections: add(4),
    waste_by_type: new Map(types.map(([type, quantity]) => [type, Number(quantity)])),
  };
}

/** Sums and counts over all collections. */
@Injectable()
export class AnalyticsRepository {
  private readonly kept = new KeptAnswer<Analytics>();
  private readonly totals: Coalescer<null, Analytics>;

  constructor(database: Database) {
    const byWasteType = database.read<Row>('analytics_by_waste_type', BY_WASTE_TYPE);
    const overflowing = database.read<Row>('analytics_by_waste_type_overflowing', BY_WASTE_TYPE_OVERFLOWING);

    this.totals = database.coalescer(async (askers: null[], deadline) => {
      const { epoch } = database;
      const known = this.kept.snapshot(epoch);
      const [row = UNKNOWN] = await byWasteType.run({ known }, deadline).catch((error: unknown) => {
        if (error instanceof DatabaseError && error.code === NUMERIC_VALUE_OUT_OF_RANGE)
          return overflowing.run({ known }, deadline);
        throw error;
      });
      const analytics = this.analyticsOf(row, epoch);
      return askers.map(() => analytics);
    });
  }

  /** Counts by status, and the quantity of each waste type in the order of its first appearance. */
  get(): Promise<Analytics> {
    return this.totals.add(null);
  }

  private analyticsOf([snapshot, types]: Row, epoch: number): Analytics {
    const kept = this.kept.at(snapshot, epoch);
    if (kept !== undefined) return kept;
    const analytics = analyticsOf(JSON.parse(types ?? '[]') as TypeTotals[]);
    this.kept.keep(snapshot, epoch, analytics);
    return analytics;
  }
}
