import { is, Placeholder, type SQLWrapper } from 'drizzle-orm';
import { PgDialect } from 'drizzle-orm/pg-core';
import { classify } from './database-errors';
import { parameterText, type Parameter, type Scalar } from './parameter-text';
import type { PreparedStatement, TextRow } from './prepared-query';

const dialect = new PgDialect();

/** What a statement is sent through. */
export interface Executor {
  /** @param lane statements of one lane are carried out in the order in which they were sent. */
  query<Row extends TextRow>(statement: PreparedStatement, lane?: number): Promise<Row[]>;
}

/** A Drizzle query, rendered once and prepared under its name on each connection that runs it. */
export class Statement<Row extends TextRow> {
  readonly text: string;
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
    this.parameters = rendered.params.map((param) => {
      if (!is(param, Placeholder)) throw new Error(`A parameter of ${name} is not a placeholder`);
      return param.name;
    });
  }

  /**
   * @param values one for each placeholder of the query, by its name or in the order of the placeholders.
   * @throws DatabaseUnavailableError when nothing was changed, OutcomeUnknownError when a write may or may not have
   * been committed, else the server's error.
   */
  async run(values: Readonly<Record<string, Parameter>> | readonly Scalar[] = {}): Promise<Row[]> {
    const { name, text } = this;
    const filled = isOrdered(values)
      ? values.map(parameterText)
      : this.parameters.map((parameter) => parameterText(values[parameter] ?? null));
    try {
      return await this.executor.query<Row>({ name, text, values: filled }, this.lane);
    } catch (error) {
      throw classify(error, this.kind);
    }
  }
}

/** Array.isArray, told to TypeScript so that it knows read-only arrays too. */
function isOrdered(values: Readonly<Record<string, Parameter>> | readonly Scalar[]): values is readonly Scalar[] {
  return Array.isArray(values);
}
