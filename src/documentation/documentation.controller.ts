import { Controller, Get, Res } from '@nestjs/common';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { DOCUMENTATION_DIR } from '../static-files/asset-folders';
import { sendPage } from '../static-files/send-page';

/** The pages that show /openapi.json; Express answers HEAD from the same handlers. */
@Controller()
export class DocumentationController {
  @Get('docs')
  swagger(@Res() res: ServerResponse): Promise<void> {
    return sendPage(res, page('swagger.html'));
  }

  /** Where an OAuth 2 server returns to after a login begun in Swagger UI. */
  @Get('docs/oauth2-redirect')
  oauth2Redirect(@Res() res: ServerResponse): Promise<void> {
    return sendPage(res, page('oauth2-redirect.html'));
  }

  @Get('redoc')
  redoc(@Res() res: ServerResponse): Promise<void> {
    return sendPage(res, page('redoc.html'));
  }
}

function page(name: string): string {
  return join(DOCUMENTATION_DIR, 'docs', name);
}
