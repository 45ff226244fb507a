import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const LARGE_PAGES = '/sys/kernel/mm/transparent_hugepage/enabled';

/**
 * The flags of node with which `npm start` runs the server; without the one for large pages where the kernel has none or
 * /sys is not mounted, since node warns of that on standard error however silent it is told to be.
 *
 * @param root the folder of a package.json
 */
export function startFlags(root: string): string[] {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: { start: string } };
  const [, command = ''] = scripts.start.split('node ');
  const words = command.split(' ');
  const flags = words.slice(
    0,
    words.findIndex((word) => !word.startsWith('--')),
  );
  return existsSync(LARGE_PAGES) ? flags : flags.filter((flag) => !flag.startsWith('--use-largepages'));
}
