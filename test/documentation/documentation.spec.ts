import type { Browser } from 'playwright-core';
import { describeWithBrowser, launchBrowser, openPage } from '../browser/browser';
import { serveApi, type ServedApi } from '../browser/served-api';

const SUMMARIES = [
  'Read Root',
  'Get Collections',
  'Create Collection',
  'Get Collection',
  'Update Collection',
  'Delete Collection',
  'Get Locations',
  'Create Location',
  'Get Analytics',
  'Health Check',
];

describeWithBrowser('the pages of the documentation', () => {
  let api: ServedApi;
  let browser: Browser;

  beforeAll(async () => {
    api = await serveApi();
    browser = await launchBrowser();
  });

  afterEach(() => Promise.all(browser.contexts().map((context) => context.close())));

  afterAll(async () => {
    await browser.close();
    await api.stop();
  });

  it('/docs shows every operation, and tries one out', async () => {
    const { page, complaints, foreign } = await openPage(browser, `${api.url}/docs`);
    await page.locator('.opblock').first().waitFor();
    expect(await page.locator('.opblock-summary-description').allInnerTexts()).toEqual(SUMMARIES);

    const analytics = page.locator('.opblock', { hasText: 'Get Analytics' });
    await analytics.locator('.opblock-summary-control').click();
    await analytics.getByRole('button', { name: 'Try it out' }).click();
    await analytics.getByRole('button', { name: 'Execute' }).click();
    const answer = analytics.locator('.live-responses-table .response');
    await answer.waitFor();
    expect(await answer.innerText()).toContain('"total_collections": 0');
    expect({ complaints, foreign }).toEqual({ complaints: [], foreign: [] });
  });

  it('/docs/oauth2-redirect hands the code to the page that opened it', async () => {
    const { page, complaints } = await openPage(browser, `${api.url}/docs`);
    const code = await page.evaluate<string>(`new Promise((resolve, reject) => {
    window.swaggerUIRedirectOauth2 = {
      state: 'mine',
      redirectUrl: location.origin + '/docs/oauth2-redirect',
      auth: { schema: new Map([['flow', 'authorizationCode']]) },
      callback: ({ auth }) => resolve(auth.code),
      errCb: (error) => reject(new Error(JSON.stringify(error))),
    };
    window.open('/docs/oauth2-redirect?code=granted&state=mine');
  })`);
    expect(code).toBe('granted');
    expect(complaints).toEqual([]);
  });

  it('/redoc shows every operation, and finds one', async () => {
    const { page, complaints, foreign } = await openPage(browser, `${api.url}/redoc`);
    await page.locator('[role=menuitem]').first().waitFor();
    const menu = (await page.locator('[role=menuitem]').allInnerTexts()).map((text) => text.split('\n').at(-1)!.trim());
    expect(menu).toEqual(SUMMARIES);

    await page.getByPlaceholder('Search...').fill('analytics');
    await page.locator('[data-role="search:results"]').getByText('Get Analytics').waitFor();
    expect({ complaints, foreign }).toEqual({ complaints: [], foreign: [] });
  });
});
