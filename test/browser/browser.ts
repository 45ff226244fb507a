import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { describeWith } from '../support/describe-with';

const USUAL_PATHS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** The one that install.mjs unpacks beside this file, with the libraries that it needs. */
const UNPACKED = join(__dirname, 'chromium');

/** The one that CHROMIUM names, the system's, or the one from npm; undefined if there is none. */
function findBrowser(): string | undefined {
  const named = process.env.CHROMIUM;
  const paths = named === undefined ? [...USUAL_PATHS, join(UNPACKED, 'chromium')] : [named];
  return paths.find((path) => existsSync(path));
}

/** `describe` for tests that need a browser; without one they are skipped with the reason, or fail where CI is set. */
export function describeWithBrowser(name: string, tests: () => void): void {
  const why = process.env.BROWSER_UNAVAILABLE ?? 'run "npm run browser:install"';
  const missing = `Chromium is not installed (${why}): apt-get install chromium, or set CHROMIUM to its path`;
  describeWith(findBrowser() === undefined ? missing : undefined, name, tests);
}

/** Headless Chromium. */
export function launchBrowser(): Promise<Browser> {
  const executablePath = findBrowser()!;
  if (!executablePath.startsWith(UNPACKED)) return chromium.launch({ executablePath });
  const surroundings = {
    LD_LIBRARY_PATH: join(UNPACKED, 'al2023', 'lib'),
    FONTCONFIG_FILE: join(UNPACKED, 'fonts', 'fonts.conf'),
  };
  return chromium.launch({ executablePath, env: { ...process.env, ...surroundings } });
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
  // On a busy machine a page may take longer than the 30 s that are usual.
  context.setDefaultTimeout(120_000);
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
