import type { SeededDatabase } from '../seed';
import { freePort } from '../../harness/free-port';
import { HttpProcess } from '../../harness/http-process';
import type { Launch } from '../../harness/launch';
import type { Side, SideName } from './side';

/** A server on a database of its own in the measurement's PostgreSQL. */
export class DatabaseSide implements Side {
  private constructor(
    readonly name: SideName,
    readonly postgres: number,
    private readonly database: SeededDatabase,
    private readonly launchOn: (port: number) => Launch,
    readonly server: HttpProcess,
  ) {}

  /**
   * @param postgres process id of the PostgreSQL server
   * @param prepare fills the database, once the server has made its tables
   * @param launchOn how the server is started on a port
   */
  static async start(
    name: SideName,
    postgres: number,
    prepare: () => Promise<SeededDatabase>,
    launchOn: (port: number) => Launch,
  ): Promise<DatabaseSide> {
    const port = await freePort();
    const server = await HttpProcess.start(launchOn(port), port);
    return new DatabaseSide(name, postgres, await prepare(), launchOn, server);
  }

  async launch(): Promise<HttpProcess> {
    const port = await freePort();
    return HttpProcess.start(this.launchOn(port), port);
  }

  setRows(rows: number): Promise<void> {
    return this.database.setRows(rows);
  }

  /** Changes a row by SQL, which ends what the server knows of the table. */
  touch(): Promise<void> {
    return this.database.touch();
  }

  async stop(): Promise<void> {
    await this.database.close();
    await this.server.kill();
  }
}
