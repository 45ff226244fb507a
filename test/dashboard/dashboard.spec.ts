import type { Browser, Page } from 'playwright-core';
import { describeWithBrowser, launchBrowser, openPage } from '../browser/browser';
import { serveApi, type ServedApi } from '../browser/served-api';

describeWithBrowser('the front page', () => {
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

  const post = (path: string, body: object) =>
    fetch(`${api.url}${path}`, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    });

  const collections = async () =>
    (await (await fetch(`${api.url}/api/collections`)).json()) as Record<string, unknown>[];

  const collection = (location: string) => ({
    location,
    waste_type: 'glass',
    quantity: 2.5,
    unit: 'kg',
    collected_date: '2024-01-15T10:30:00',
  });

  const textOf = (page: Page, selector: string) => page.locator(selector).innerText();
  const loaded = (page: Page) => page.getByText(/^As of /).waitFor();

  // The tests follow each other on one store, as a day at the desk would: the first finds it empty.

  it('shows an empty store without a complaint', async () => {
    const { page, complaints, foreign } = await openPage(browser, api.url);
    await loaded(page);
    expect(await textOf(page, '#total')).toBe('0');
    expect(await page.getByText('No collections yet.').isVisible()).toBe(true);
    expect(await page.getByText('No locations yet.').isVisible()).toBe(true);
    expect({ complaints, foreign }).toEqual({ complaints: [], foreign: [] });
  });

  it('creates a collection through the form, by keyboard alone', async () => {
    await post('/api/locations', {
      name: 'Old Market',
      address: 'Main Road 1',
      latitude: 52.1,
      longitude: 4.3,
      zone: 'North',
    });
    const { page, complaints, foreign } = await openPage(browser, api.url);
    await loaded(page);
    await page.getByLabel('Location', { exact: true }).focus();
    await page.keyboard.type('Old Market');
    await page.keyboard.press('Tab');
    await page.keyboard.type('Plastic');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.type('1234.5');
    await page.getByLabel('Collected').fill('2024-01-15T10:30:05');
    await page.getByLabel('Quantity', { exact: true }).press('Enter');

    await page.getByText('Collection 1 is saved.').waitFor();
    const row = page.locator('#collection-rows tr').first();
    await row.waitFor();
    expect(await row.locator('td').allInnerTexts()).toEqual([
      '1',
      'Old Market',
      'Plastic',
      '1,234.5 kg',
      '15 Jan 2024, 10:30',
      'Pending',
    ]);
    expect([await textOf(page, '#total'), await textOf(page, '#pending'), await textOf(page, '#completed')]).toEqual([
      '1',
      '1',
      '0',
    ]);
    expect(await page.locator('#waste-chart').getAttribute('aria-label')).toBe('Waste by type: plastic 1,234.5');
    expect(await page.locator('#locations').innerText()).toContain('Main Road 1');
    expect(await collections()).toEqual([
      {
        id: 1,
        location: 'Old Market',
        waste_type: 'plastic',
        quantity: 1234.5,
        unit: 'kg',
        collected_date: '2024-01-15T10:30:05',
        status: 'pending',
      },
    ]);
    expect({ complaints, foreign }).toEqual({ complaints: [], foreign: [] });
  });

  it("puts the API's 422 beside the field, and takes it away again", async () => {
    const { page } = await openPage(browser, api.url);
    await loaded(page);
    const quantity = page.getByLabel('Quantity', { exact: true });
    await page.getByLabel('Location', { exact: true }).fill('Harbour');
    await quantity.fill('a lot');
    await page.getByRole('button', { name: 'Add collection' }).click();
    const error = page.locator('#quantity-error');
    await error.waitFor();
    expect(await error.innerText()).toBe('Input should be a valid number, unable to parse string as a number.');
    expect(await quantity.getAttribute('aria-invalid')).toBe('true');
    expect(await quantity.getAttribute('aria-describedby')).toBe('quantity-error');
    expect(await page.locator('#quantity:focus').count()).toBe(1);
    expect(await collections()).toHaveLength(1);

    await quantity.fill('3');
    await page.getByRole('button', { name: 'Add collection' }).click();
    await page.getByText('Collection 2 is saved.').waitFor();
    expect(await error.count()).toBe(0);
    expect(await collections()).toHaveLength(2);
  });

  it('asks for the fields that are empty', async () => {
    const { page } = await openPage(browser, api.url);
    await loaded(page);
    await page.getByRole('button', { name: 'Add collection' }).click();
    expect(await page.locator('.field-error').allInnerTexts()).toEqual(Array(2).fill('Please fill in this field.'));
  });

  it('shows markup in a record as text', async () => {
    const markup = '<img src=x onerror=document.title=1>';
    await post('/api/collections', collection(markup));
    const { page, complaints } = await openPage(browser, api.url);
    await loaded(page);
    expect(await page.locator('#collection-rows td.location').first().innerText()).toBe(markup);
    expect(complaints).toEqual([]);
  });

  it('shows the last hundred of a long list', async () => {
    for (let number = 1; number <= 100; number++) await post('/api/collections', collection(`Street ${number}`));
    const { page } = await openPage(browser, api.url);
    await loaded(page);
    expect(await textOf(page, '#collections-note')).toBe('The last 100 of 103 collections.');
    const places = await page.locator('#collection-rows td.location').allInnerTexts();
    expect([places.length, places[0], places[99]]).toEqual([100, 'Street 100', 'Street 1']);
  });

  it('says when the API answers 503, and recovers by itself', async () => {
    const { page } = await openPage(browser, api.url);
    await loaded(page);
    const banner = page.locator('#outage');
    expect(await banner.isVisible()).toBe(false);
    await api.loseDatabase();
    await page.getByRole('button', { name: 'Refresh' }).click();
    await banner.waitFor();
    expect(await page.getByRole('alert').innerText()).toContain('The service is unavailable (503).');
    expect(await textOf(page, '#total')).toBe('103');
    await api.regainDatabase();
    await banner.waitFor({ state: 'hidden' });
  });

  it.each([320, 768, 1280])('fits a window of %i pixels', async (width) => {
    const { page } = await openPage(browser, api.url, { viewport: { width, height: 700 } });
    await loaded(page);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
  });

  it.each(['light', 'dark'] as const)(
    'has the contrast that WCAG AA asks for, in the %s scheme',
    async (colorScheme) => {
      const { page } = await openPage(browser, api.url, { colorScheme });
      const pairs = [
        ['text', 'page'],
        ['text', 'surface'],
        ['muted', 'page'],
        ['muted', 'surface'],
        ['accent', 'page'],
        ['on-accent', 'accent'],
        ['pending', 'surface'],
        ['completed', 'surface'],
        ['danger', 'surface'],
        ['outage-text', 'outage'],
      ] as const;
      for (const [front, back] of pairs) {
        const [light, dark] = [await luminance(page, front), await luminance(page, back)].sort((a, b) => b - a);
        expect((light! + 0.05) / (dark! + 0.05)).toBeGreaterThanOrEqual(4.5);
      }
    },
  );
});

/** The relative luminance of a CSS variable's colour (WCAG 2). */
async function luminance(page: Page, variable: string): Promise<number> {
  const colour = await page.evaluate<string>(
    `getComputedStyle(document.documentElement).getPropertyValue('--${variable}')`,
  );
  const [red, green, blue] = [1, 3, 5]
    .map((index) => parseInt(colour.trim().slice(index, index + 2), 16) / 255)
    .map((share) => (share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}
