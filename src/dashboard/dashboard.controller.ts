import { Controller, Get, Inject, Res } from '@nestjs/common';
import type { ServerResponse } from 'node:http';
import { Operation } from '../contract';
import { sendPage } from '../static-files/send-page';

/** Injection token: absolute path of the file that answers `/`. */
export const FRONT_PAGE = Symbol('FRONT_PAGE');

/** The front page. */
@Controller()
export class DashboardController {
  constructor(@Inject(FRONT_PAGE) private readonly frontPage: string) {}

  @Get('/')
  @Operation('read_root', 'Serve the main frontend page', 'html')
  page(@Res() res: ServerResponse): Promise<void> {
    return sendPage(res, this.frontPage);
  }
}
