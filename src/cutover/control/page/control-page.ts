import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OutgoingHttpHeaders } from 'node:http';

/** What the control port answers to who looks. */
export interface Shown {
  readonly body: string;
  readonly headers: OutgoingHttpHeaders;
}

let made: Shown | undefined;

/** The page that shows a gateway: one file, which loads nothing from anywhere and asks this port alone. */
export function controlPage(): Shown {
  made ??= makePage();
  return made;
}

function makePage(): Shown {
  const asset = (name: string) => readFileSync(join(__dirname, 'assets', name), 'utf8');
  const style = asset('page.css');
  const script = asset('page.js');
  const body = asset('page.html')
    // As functions: in a text, $ would have a meaning.
    .replace(/\s*\/\* page\.css \*\/\s*/, () => style)
    .replace(/\s*\/\* page\.js \*\/\s*/, () => script);
  return {
    body,
    headers: { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy(style, script) },
  };
}

/** Nothing runs, and nothing is applied, but what was written here, by its digest; nothing is loaded, and no page may frame it. */
function policy(style: string, script: string): string {
  const digest = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  return [
    "default-src 'none'",
    `script-src ${digest(script)}`,
    `style-src ${digest(style)}`,
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');
}
