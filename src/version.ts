import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The folder that holds package.json, the same seen from src/ and from dist/. */
export const PACKAGE_ROOT = join(__dirname, '..');

const { version } = JSON.parse(readFileSync(join(PACKAGE_ROOT, 'package.json'), 'utf8')) as { version: string };

/** The version of this package. */
export const VERSION = version;
