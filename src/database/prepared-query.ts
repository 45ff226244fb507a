import { Query, type Connection, type Submittable } from 'pg';

/** The values of a row in the order of its columns, as PostgreSQL spells them. */
export type TextRow = readonly (string | null)[];

/** A statement and its parameters in PostgreSQL's text form. Without a name it is parsed each time. */
export interface PreparedStatement {
  readonly name?: string;
  readonly text: string;
  readonly values?: TextRow;
}

/** The driver's connection as its own queries use it. */
interface Wire {
  readonly stream: { cork(): void; uncork(): void };
  readonly parsedStatements: Record<string, string | undefined>;
  readonly submittedNamedStatements: Record<string, string | undefined>;
  parse(message: { readonly name: string; readonly text: string }): void;
  bind(message: { readonly statement: string; readonly values: TextRow }): void;
  execute(): void;
  sync(): void;
}

// The driver sends no other class of queries before the last one was answered.
const DriverQuery = Query as unknown as new (text: string) => object;

/**
 * One execution of a statement that its connection keeps prepared. The driver's own query does the same for twice the
 * time: it copies its configuration property by property, asks for the columns anew, and makes an object of each row.
 */
export class PreparedQuery extends DriverQuery implements Submittable {
  // The driver keeps the account of prepared statements by these.
  readonly name: string;
  readonly text: string;
  private readonly values: TextRow;
  private readonly found: TextRow[] = [];

  constructor(
    { name = '', text, values = [] }: PreparedStatement,
    private readonly resolve: (rows: TextRow[]) => void,
    private readonly reject: (error: unknown) => void,
  ) {
    super(text);
    this.name = name;
    this.text = text;
    this.values = values;
  }

  submit(connection: Connection): void {
    const wire = connection as unknown as Wire;
    const { name, text, values } = this;
    wire.stream.cork();
    if (!wire.parsedStatements[name] && !wire.submittedNamedStatements[name]) {
      wire.parse({ name, text });
      if (name !== '') wire.submittedNamedStatements[name] = text;
    }
    wire.bind({ statement: name, values });
    wire.execute();
    wire.sync();
    wire.stream.uncork();
  }

  handleDataRow({ fields }: { readonly fields: TextRow }): void {
    this.found.push(fields);
  }

  handleCommandComplete(): void {
    // How many rows there were is known.
  }

  handleReadyForQuery(): void {
    this.resolve(this.found);
  }

  handleError(error: unknown): void {
    this.reject(error);
  }
}
