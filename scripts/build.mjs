// Builds dist/ from src/: compiled by swc, which does not check types ("npm run typecheck" does) and so starts a fresh
// checkout in a second instead of ten, then the pages' assets. The same .swcrc compiles for the tests.
import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transformFile } from '@swc/core';

const root = fileURLToPath(new URL('..', import.meta.url));
const source = join(root, 'src');
const target = join(root, 'dist');

const files = (await readdir(source, { recursive: true })).filter(
  (file) => file.endsWith('.ts') && !file.endsWith('.spec.ts'),
);

await rm(target, { recursive: true, force: true });
await Promise.all(
  files.map(async (file) => {
    const input = join(source, file);
    const output = join(target, file.replace(/\.ts$/, '.js'));
    const sourceFileName = relative(dirname(output), input);
    const { code, map } = await transformFile(input, { cwd: root, sourceMaps: true, sourceFileName });
    await mkdir(dirname(output), { recursive: true });
    await writeFile(output, `${code}\n//# sourceMappingURL=${basename(output)}.map\n`);
    await writeFile(`${output}.map`, map);
  }),
);
// npx makes a program executable before it runs it; a link to it needs that from the start.
const { bin } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
for (const program of Object.values(bin)) await chmod(join(root, program), 0o755);
await import('./bundle.mjs');
await import('./copy-assets.mjs');
