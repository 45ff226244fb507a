import type { IncomingMessage } from 'node:http';
import { Catch, HttpException, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { ContractResponse } from './contract-response';
import { detailOf } from './exception-answer';
import { requestId } from './request-id';

/**
 * Errors in the old API's form: what an HttpException carries, under `detail`, and for anything else the old server's
 * crash answer.
 */
@Catch()
export class ContractExceptionFilter implements ExceptionFilter {
  private readonly log = new Logger('Contract');

  constructor(private readonly host: HttpAdapterHost) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const { httpAdapter } = this.host;
    const response: unknown = host.switchToHttp().getResponse();
    if (httpAdapter.isHeadersSent(response)) return;
    if (error instanceof HttpException) {
      httpAdapter.reply(response, detailOf(error), error.getStatus());
      return;
    }
    const msg = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.log.error({ msg, requestId: requestId(host.switchToHttp().getRequest<IncomingMessage>()) });
    if (response instanceof ContractResponse) response.plain(500, 'Internal Server Error');
    else httpAdapter.reply(response, { detail: 'Internal Server Error' }, 500);
  }
}
