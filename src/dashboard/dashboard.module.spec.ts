import type { NestExpressApplication } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import request from 'supertest';
import { DASHBOARD_DIR, DOCUMENTATION_DIR, staticRoots } from '../static-files/asset-folders';
import { DashboardModule } from './dashboard.module';

let frontend: string;
let app: NestExpressApplication | undefined;

beforeEach(() => {
  frontend = mkdtempSync(join(tmpdir(), 'frontend-'));
});

afterEach(async () => {
  await app?.close();
  app = undefined;
  rmSync(frontend, { recursive: true });
});

async function start(frontendDir?: string): Promise<NestExpressApplication> {
  const testing = await Test.createTestingModule({ imports: [DashboardModule.for({ frontendDir })] }).compile();
  app = testing.createNestApplication<NestExpressApplication>();
  app.disable('x-powered-by');
  await app.init();
  return app;
}

/** Headers without those that Node adds to every answer. */
function headersOf(answer: request.Response): Record<string, string> {
  const { date: _date, connection: _connection, 'keep-alive': _keepAlive, ...rest } = answer.headers;
  return rest;
}

describe('the front page', () => {
  it("is the package's own, with the headers of the contract and no others", async () => {
    const answer = await request((await start()).getHttpServer()).get('/');
    expect(answer.status).toBe(200);
    expect(answer.text).toBe(readFileSync(join(DASHBOARD_DIR, 'index.html'), 'utf8'));
    expect(headersOf(answer)).toEqual({
      'content-type': 'text/html; charset=utf-8',
      'content-length': String(Buffer.byteLength(answer.text)),
    });
  });

  it('refers to this server alone, and to files that exist', () => {
    const page = readFileSync(join(DASHBOARD_DIR, 'index.html'), 'utf8');
    const references = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, reference]) => reference!);
    expect(references.filter((reference) => !/^[/#]/.test(reference))).toEqual([]);
    const files = references.filter((reference) => reference.startsWith('/static/'));
    expect(files.length).toBeGreaterThan(3);
    for (const file of files) expect(existsSync(join(DASHBOARD_DIR, file.slice('/static/'.length)))).toBe(true);
  });

  it('has no script or style inline', () => {
    const page = readFileSync(join(DASHBOARD_DIR, 'index.html'), 'utf8');
    expect(page).not.toMatch(/<script(?![^>]* src=)|<style|\sstyle=|\son\w+=/);
  });

  it.each(['index.html', 'css/styles.css', 'js/app.js', 'js/chart.js'])('brings /static/%s of old', (name) => {
    expect(existsSync(join(DASHBOARD_DIR, name))).toBe(true);
  });
});

describe('FRONTEND_DIR', () => {
  it('serves the page of that folder, as it stands at each request', async () => {
    writeFileSync(join(frontend, 'index.html'), '<p>first é');
    const server = (await start(frontend)).getHttpServer();
    const first = await request(server).get('/');
    expect([first.text, first.headers['content-length']]).toEqual(['<p>first é', '11']);
    writeFileSync(join(frontend, 'index.html'), '<p>second');
    expect((await request(server).get('/')).text).toBe('<p>second');
  });

  it('without an index.html stops the start with a sentence', async () => {
    await expect(start(frontend)).rejects.toThrow(
      `FRONTEND_DIR=${frontend} has no readable index.html: name the folder that holds the page, or unset it.`,
    );
  });

  it('takes the place of the dashboard under /static/, the documentation staying behind it', () => {
    expect(staticRoots(frontend)).toEqual([frontend, DOCUMENTATION_DIR]);
    expect(staticRoots()).toEqual([DASHBOARD_DIR, DOCUMENTATION_DIR]);
  });
});
