import { existsSync } from 'node:fs';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';

const USUAL_PATHS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Headless Chromium: the one that CHROMIUM names, or the system's. @throws Error that says what to install */
export function launchBrowser(): Promise<Browser> {
  const named = process.env.CHROMIUM;
  const executablePath = [...(named === undefined ? USUAL_PATHS : [named])].find((path) => existsSync(path));
  if (executablePath === undefined) {
    throw new Error(`No browser at ${named ?? USUAL_PATHS.join(', ')}: install chromium, or set CHROMIUM to its path.`);
  }
  return chromium.launch({ executablePath });
}

/** A page under watch: what it complained of, and what it asked of other hosts. */
export interface WatchedPage {
  readonly page: Page;
  /** Console errors and uncaught exceptions. */
  readonly complaints: string[];
  /** URLs of requests to any other origin. */
  readonly foreign: string[];
}

/** Opens a page in a context of its own. */
export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<WatchedPage> {
  const context = await browser.newContext({ locale: 'en-GB', ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  const foreign: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => {
    const local = [`${new URL(url).origin}/`, `blob:${new URL(url).origin}/`, 'data:'];
    if (!local.some((start) => request.url().startsWith(start))) foreign.push(request.url());
  });
  await page.goto(url);
  return { page, complaints, foreign };
}
