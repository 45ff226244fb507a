import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { envExample, settingsTable } from './settings';

const README = resolve(__dirname, '../../README.md');
const ENV_EXAMPLE = resolve(__dirname, '../../.env.example');
const BETWEEN_MARKERS = /(?<=<!-- settings: .* -->\n\n)[^]*(?=\n\n<!-- end of settings -->)/;

test('.env.example names every setting and no other', () => {
  if (process.env.UPDATE_CHECKED_IN) writeFileSync(ENV_EXAMPLE, envExample());
  else expect(readFileSync(ENV_EXAMPLE, 'utf8')).toBe(envExample());
});

test('the README lists every setting and no other', () => {
  const text = readFileSync(README, 'utf8');
  if (process.env.UPDATE_CHECKED_IN) writeFileSync(README, text.replace(BETWEEN_MARKERS, settingsTable()));
  else expect(BETWEEN_MARKERS.exec(text)?.[0]).toBe(settingsTable());
});
