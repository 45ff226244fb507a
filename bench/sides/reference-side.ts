import type { HttpProcess } from '../../harness/http-process';
import { startReference, type Reference } from '../../harness/reference';
import type { Side } from './side';

/** The old API's stack with plain strings, as it is deployed. */
export class ReferenceSide implements Side {
  readonly name = 'reference';
  readonly postgres = undefined;

  private constructor(
    private readonly seedFile: string,
    private readonly reference: Reference,
  ) {}

  /** @throws StartError if Python's packages are not installed */
  static async start(seedFile: string): Promise<ReferenceSide> {
    return new ReferenceSide(seedFile, await startReference({ untyped: true, seedFile }));
  }

  get server(): HttpProcess {
    return this.reference.server;
  }

  async launch(): Promise<HttpProcess> {
    return (await startReference({ untyped: true, seedFile: this.seedFile })).server;
  }

  setRows(rows: number): Promise<void> {
    return this.reference.setRows(rows);
  }

  stop(): Promise<void> {
    return this.reference.stop();
  }
}
