import { getTableName, is, Placeholder, type SQLWrapper } from 'drizzle-orm';
import { PgDialect, PgTable } from 'drizzle-orm/pg-core';
import { classify } from './database-errors';
import type { Sending } from './link';
import { parameterText, type Parameter, type Scalar } from './parameter-text';
import type { TextRow } from './prepared-query';
import * as schema from './schema';

const dialect = new PgDialect();

const TABLES = Object.values(schema).flatMap((value) => (is(value, PgTable) ? [getTableName(value)] : []));

/** The table that a statement is about: the first that it names, but for the counters of ids. */
function groupOf(text: string): string {
  const tables = TABLES.filter((name) => name !== getTableName(schema.idCounters)).join('|');
  return new RegExp(`\\b(${tables})\\b`).exec(text)?.[0] ?? '';
}

/** What a statement is sent through. */
export interface Executor {
  /** Without a deadline it has as long as any statement. */
  query<Row extends TextRow>(sending: Omit<Sending, 'deadline'>, deadline?: number): Promise<Row[]>;
}

/** A Drizzle query, rendered once and prepared under its name on each connection that runs it. */
export class Statement<Row extends TextRow> {
  readonly text: string;
  /** Statements of one group may wait for the same lock. */
  readonly group: string;
  /** The placeholder that each parameter stands for. */
  private readonly parameters: readonly string[];

  constructor(
    private readonly executor: Executor,
    readonly name: string,
    readonly kind: 'read' | 'write',
    query: SQLWrapper,
    /** Set where the order of calls is the order of their effects. */
    readonly lane?: number,
  ) {
    const rendered = dialect.sqlToQuery(query.getSQL());
    this.text = rendered.sql;
    this.group = groupOf(this.text);
    this.parameters = rendered.params.map((param) => {
      if (!is(param, Placeholder)) throw new Error(`A parameter of ${name} is not a placeholder`);
      return param.name;
    });
  }

  /**
   * @param values one for each placeholder of the query, by its name or in the order of the placeholders.
   * @param deadline until when it may take, by the loop clock; DATABASE_STATEMENT_TIMEOUT from now unless it is given.
   * @throws DatabaseUnavailableError when nothing was changed, OutcomeUnknownError when a write may or may not have
   * been committed, else the server's error.
   */
  async run(values: Readonly<Record<string, Parameter>> | readonly Scalar[] = {}, deadline?: number): Promise<Row[]> {
    const { name, text, group, lane } = this;
    const filled = isOrdered(values)
      ? values.map(parameterText)
      : this.parameters.map((parameter) => parameterText(values[parameter] ?? null));
    try {
      return await this.executor.query<Row>({ statement: { name, text, values: filled }, group, lane }, deadline);
    } catch (error) {
      throw classify(error, this.kind);
    }
  }
}

/** Array.isArray, told to TypeScript so that it knows read-only arrays too. */
function isOrdered(values: Readonly<Record<string, Parameter>> | readonly Scalar[]): values is readonly Scalar[] {
  return Array.isArray(values);
}
