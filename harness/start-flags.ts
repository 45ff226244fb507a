import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The flags of node with which `npm start` runs the server. @param root the folder of a package.json */
export function startFlags(root: string): string[] {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: { start: string } };
  const [, command = ''] = scripts.start.split('node ');
  const words = command.split(' ');
  return words.slice(
    0,
    words.findIndex((word) => !word.startsWith('--')),
  );
}
