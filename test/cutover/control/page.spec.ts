import { writeFile } from 'node:fs/promises';
import type { Browser } from 'playwright-core';
import { eventually } from '../../../harness/eventually';
import { TOKEN } from '../../../harness/gateway-process';
import { describeWithBrowser, launchBrowser, openPage } from '../../browser/browser';
import { useCluster } from '../../support/clusters';
import { WatchedSides } from './watched-sides';

/** What would run, or be applied, if any of it were taken for markup. */
const HOSTILE = `<img src=x onerror="document.title='run'"><script>document.title='run'</script>"'></pre><style>*{display:none}</style>\u202e`;

describe('the page of the control port', () => {
  const cluster = useCluster();

  it('is one file that loads nothing from anywhere, under a policy that lets nothing else run', async () => {
    const sides = await WatchedSides.start(cluster());
    try {
      const answer = await sides.look('/', '');
      const page = await answer.text();
      expect(answer.headers.get('content-security-policy')).toMatch(
        /^default-src 'none'; script-src 'sha256-[^ ]+'; style-src 'sha256-[^ ]+'; connect-src 'self';/,
      );
      expect(answer.headers.get('content-security-policy')).not.toContain('unsafe');
      expect(page).not.toMatch(/https?:|src=|url\(|@import|href="(?!data:)/);
      expect(page).not.toContain(sides.journal.path);
    } finally {
      await sides.stop();
    }
  });
});

describeWithBrowser('the page of the control port in a browser', () => {
  const cluster = useCluster();
  let sides: WatchedSides;
  let browser: Browser;
  beforeAll(async () => {
    [sides, browser] = await Promise.all([WatchedSides.start(cluster(), '--comparisons', '5'), launchBrowser()]);
  });
  afterAll(async () => {
    await browser.close();
    await sides.stop();
  });

  it('asks for the token once, shows all that an operator needs, and refreshes itself', async () => {
    const { page, complaints, foreign } = await openPage(browser, sides.gateway.control);
    await page.getByLabel('Token of the control port').fill('a-wrong-token-of-some-length');
    await page.getByRole('button', { name: 'Watch' }).click();
    await page.getByText('This token is not the one').waitFor();
    await page.getByLabel('Token of the control port').fill(TOKEN);
    await page.getByLabel('Token of the control port').press('Enter');
    await page.getByText('Nobody is needed.').waitFor();
    expect(await page.locator('#phases [aria-current]').innerText()).toBe('blue');

    await sides.shadow();
    await sides.create();
    await page.locator('#phases [aria-current]', { hasText: 'shadow' }).waitFor();
    await page.getByText('From blue to shadow').first().waitFor();
    await page.getByText('green: level').waitFor();
    expect(await page.locator('#sides').innerText()).toMatch(/blue \(owner\)\s+127\.0\.0\.1:\d+/);
    expect(await page.locator('#gates').innerText()).toMatch(
      /differences\s+inconclusive\s+.*missing: all routes: \d of 5 equal comparisons/,
    );

    await page.reload();
    await page.getByText('From blue to shadow').first().waitFor();
    // The wrong token's answer is a line of the console.
    expect({ complaints: complaints.filter((text) => !text.includes('401')), foreign }).toEqual({
      complaints: [],
      foreign: [],
    });
    await sides.gateway.ask('POST', '/phase', { phase: 'blue' });
  });

  it('runs nothing of what clients and sides have sent', async () => {
    await sides.shadow();
    await sides.create({ location: HOSTILE, waste_type: HOSTILE });
    await sides.told(({ event }) => event === 'evidence');
    const { evidence } = await sides.gateway.status();
    // Whatever else may come to stand in the file of evidence.
    const piece = {
      ...{ at: HOSTILE, kind: HOSTILE, place: 1, id: 1, explanation: HOSTILE },
      request: { method: HOSTILE, target: HOSTILE, body_b64: Buffer.from(HOSTILE).toString('base64') },
      follower: { status: 422, body_b64: Buffer.from(HOSTILE).toString('base64') },
    };
    await writeFile(evidence.file, `${JSON.stringify(piece)}\n`, { flag: 'a' });

    const { page, complaints } = await openPage(browser, sides.gateway.control);
    await page.getByLabel('Token of the control port').fill(TOKEN);
    await page.getByRole('button', { name: 'Watch' }).click();
    await page.getByText('A person is needed:').waitFor();
    await page.locator('#evidence details').nth(1).waitFor();
    for (const summary of await page.locator('#evidence summary').all()) await summary.click();
    expect(await page.locator('#evidence pre').first().innerText()).toContain('<script>');
    expect(await page.locator('#watched').innerText()).not.toContain('\u202e');
    await eventually(async () => expect(await page.title()).toBe('(!) shadow, gateway of the cutover'));
    expect(await page.locator('#watched img, #watched script, #watched style').count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  it('says so when the gateway does not answer any more', async () => {
    const { page } = await openPage(browser, sides.gateway.control);
    await page.getByLabel('Token of the control port').fill(TOKEN);
    await page.getByRole('button', { name: 'Watch' }).click();
    await page.getByText(/^As of /).waitFor();
    await sides.gateway.kill();
    await page.getByText('No answer from the gateway since then').waitFor();
    await sides.gateway.start();
    await page.getByText(/^As of /).waitFor();
  });
});
