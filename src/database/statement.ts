import { fillPlaceholders, type SQLWrapper } from 'drizzle-orm';
import { PgDialect } from 'drizzle-orm/pg-core';
import type { QueryConfig, QueryResult } from 'pg';
import { classify } from './database-errors';

const dialect = new PgDialect();

/** What a statement is sent through. */
export interface Executor {
  /** @param lane statements of one lane are carried out in the order in which they were sent. */
  query<Row extends object>(config: QueryConfig, lane?: number): Promise<QueryResult<Row>>;
}

/**
 * A Drizzle query, rendered once and prepared under its name on each connection that runs it.
 * Rows come as the driver gives them: bigint columns as text.
 */
export class Statement<Row extends object> {
  readonly text: string;
  private readonly params: unknown[];

  constructor(
    private readonly executor: Executor,
    readonly name: string,
    readonly kind: 'read' | 'write',
    query: SQLWrapper,
    /** Set where the order of calls is the order of their effects. */
    private readonly lane?: number,
  ) {
    const rendered = dialect.sqlToQuery(query.getSQL());
    this.text = rendered.sql;
    this.params = rendered.params;
  }

  /**
   * @param values one for each placeholder of the query.
   * @throws DatabaseUnavailableError when nothing was changed, OutcomeUnknownError when a write may or may not have
   * been committed, else the server's error.
   */
  async run(values: Record<string, unknown> = {}): Promise<Row[]> {
    try {
      const config = { name: this.name, text: this.text, values: fillPlaceholders(this.params, values) };
      const { rows } = await this.executor.query<Row>(config, this.lane);
      return rows;
    } catch (error) {
      throw classify(error, this.kind);
    }
  }
}
