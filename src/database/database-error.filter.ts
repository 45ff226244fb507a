import { Catch, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { DatabaseUnavailableError, OutcomeUnknownError } from './database-errors';
import { LimitedLog } from './limited-log';

/** Seconds after which a client may try again: longer than a restart of PostgreSQL takes. */
const RETRY_AFTER = '2';

/**
 * Answers for a database that cannot: 503 when nothing was changed and trying again is safe, 504 when a write may
 * or may not have been committed. Both stand on the list of divergences.
 */
@Catch(DatabaseUnavailableError, OutcomeUnknownError)
export class DatabaseErrorFilter implements ExceptionFilter {
  private readonly log = new Logger('Database');
  private readonly reasons = new LimitedLog((message) => this.log.warn(message));

  constructor(private readonly host: HttpAdapterHost) {}

  catch(error: DatabaseUnavailableError | OutcomeUnknownError, host: ArgumentsHost): void {
    const { httpAdapter } = this.host;
    const response: unknown = host.switchToHttp().getResponse();
    if (error instanceof OutcomeUnknownError) {
      this.log.error(error.message);
      const detail = 'The outcome of this write is unknown: read before you send it again';
      httpAdapter.reply(response, { detail }, 504);
      return;
    }
    this.reasons.add(`Answered 503: ${error.message}`);
    httpAdapter.setHeader(response, 'retry-after', RETRY_AFTER);
    httpAdapter.reply(response, { detail: 'Service Unavailable' }, 503);
  }
}
