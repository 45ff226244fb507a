import { DatabaseError, Query, type Connection, type Submittable } from 'pg';

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
  parse(message: { readonly name: string; readonly text: string }): void;
  bind(message: { readonly statement: string; readonly values: TextRow }): void;
  execute(): void;
  sync(): void;
}

// The driver sends no other class of queries before the last one was answered.
const DriverQuery = Query as unknown as new (text: string) => object;

/** What is sent up to a Sync, and answered up to PostgreSQL's "ready for query". */
abstract class Exchange extends DriverQuery implements Submittable {
  /**
   * The driver keeps an account of prepared statements by their names. It counts on each of them to succeed, so it is
   * told none; a Link knows what PostgreSQL has confirmed.
   */
  readonly name = '';
  /** What PostgreSQL said against it. Only with "ready for query" behind it is that an answer: else the session ended. */
  refusal: DatabaseError | undefined;

  constructor(
    readonly text: string,
    private readonly refused: (error: DatabaseError) => void,
  ) {
    super(text);
  }

  protected abstract send(wire: Wire): void;
  abstract handleReadyForQuery(): void;

  submit(connection: Connection): void {
    const wire = connection as unknown as Wire;
    wire.stream.cork();
    try {
      this.send(wire);
    } finally {
      wire.stream.uncork();
    }
  }

  handleError(error: unknown, connection: Connection): void {
    // Anything else is the end of the connection, which the Link hears of by itself.
    if (!(error instanceof DatabaseError)) return;
    this.refusal = error;
    // Whether the session goes on is told by what follows; the word "FATAL" is in the language of the server.
    connection.once('readyForQuery', () => this.refused(error));
  }
}

/**
 * One execution of a statement. The driver's own query does the same for twice the time: it copies its configuration
 * property by property, asks for the columns anew, and makes an object of each row.
 */
export class PreparedQuery extends Exchange {
  private readonly found: TextRow[] = [];

  /** @param prepared whether the connection holds the statement under its name; else it is parsed with this execution. */
  constructor(
    private readonly statement: PreparedStatement,
    private readonly prepared: boolean,
    private readonly answered: (rows: TextRow[]) => void,
    refused: (error: DatabaseError) => void,
  ) {
    super(statement.text, refused);
  }

  protected send(wire: Wire): void {
    const { name = '', text, values = [] } = this.statement;
    if (!this.prepared) wire.parse({ name: '', text });
    wire.bind({ statement: this.prepared ? name : '', values });
    wire.execute();
    wire.sync();
  }

  handleDataRow({ fields }: { readonly fields: TextRow }): void {
    this.found.push(fields);
  }

  handleCommandComplete(): void {
    // How many rows there were is known.
  }

  handleReadyForQuery(): void {
    this.answered(this.found);
  }
}

/** Has PostgreSQL keep a statement under its name. */
export class Preparation extends Exchange {
  constructor(
    private readonly statement: { readonly name: string; readonly text: string },
    private readonly prepared: () => void,
    refused: (error: DatabaseError) => void,
  ) {
    super(statement.text, refused);
  }

  protected send(wire: Wire): void {
    wire.parse(this.statement);
    wire.sync();
  }

  handleReadyForQuery(): void {
    this.prepared();
  }
}
