import type { NestExpressApplication } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import request from 'supertest';
import { DOCUMENTATION_DIR } from '../static-files/asset-folders';
import { DocumentationModule } from './documentation.module';

let app: NestExpressApplication;

beforeAll(async () => {
  const testing = await Test.createTestingModule({ imports: [DocumentationModule] }).compile();
  app = testing.createNestApplication<NestExpressApplication>();
  app.disable('x-powered-by');
  await app.init();
});

afterAll(() => app.close());

describe.each(['/docs', '/redoc', '/docs/oauth2-redirect'])('%s', (path) => {
  it('has exactly the headers of the contract, for GET and HEAD alike', async () => {
    const get = await request(app.getHttpServer()).get(path);
    const head = await request(app.getHttpServer()).head(path);
    expect([get.status, head.status]).toEqual([200, 200]);
    for (const { headers } of [get, head]) {
      const { date: _date, connection: _connection, 'keep-alive': _keepAlive, ...rest } = headers;
      expect(rest).toEqual({
        'content-type': 'text/html; charset=utf-8',
        'content-length': String(Buffer.byteLength(get.text)),
      });
    }
  });

  it('loads only files of this server, which exist', async () => {
    const { text } = await request(app.getHttpServer()).get(path);
    const references = [...text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, reference]) => reference!);
    const files = references.filter((reference) => reference !== '/openapi.json');
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) {
      expect(file).toMatch(/^\/static\/docs\//);
      expect(existsSync(join(DOCUMENTATION_DIR, file.slice('/static/'.length)))).toBe(true);
    }
    expect(text).not.toMatch(/<script(?![^>]* src=)|<style/);
  });
});

it.each(['swagger-ui.LICENSE.txt', 'swagger-ui.NOTICE.txt', 'redoc.LICENSE.txt', 'redoc.standalone.js.LICENSE.txt'])(
  'the assets come with %s',
  (name) => {
    expect(readFileSync(join(DOCUMENTATION_DIR, 'docs', name), 'utf8')).not.toBe('');
  },
);
