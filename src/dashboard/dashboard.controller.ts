import { Controller, Get, Inject, Res } from '@nestjs/common';
import type { ServerResponse } from 'node:http';
import { sendPage } from '../static-files/send-page';

/** Injection token: absolute path of the file that answers `/`. */
export const FRONT_PAGE = Symbol('FRONT_PAGE');

/** The front page. */
@Controller()
export class DashboardController {
  constructor(@Inject(FRONT_PAGE) private readonly frontPage: string) {}

  @Get('/')
  page(@Res() res: ServerResponse): Promise<void> {
    return sendPage(res, this.frontPage);
  }
}
