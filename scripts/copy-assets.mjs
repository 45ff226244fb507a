/**
 * Puts what the browser loads into dist/public: the dashboard with Chart.js, and the documentation pages with Swagger UI
 * and ReDoc, each with its licence; and the gateway's page beside its code. The packages are needed here only; at run time nothing is read from node_modules.
 * Runs after the compiler, which empties dist/. Exits with 1 and a sentence where a source is missing.
 */
import { copyFile, cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const require = createRequire(import.meta.url);
const dashboard = join(root, 'dist/public/dashboard');
const docs = join(root, 'dist/public/documentation/docs');

/** package → [file in the package, file in dist/public] */
const vendored = {
  'chart.js': [
    ['dist/chart.umd.min.js', join(dashboard, 'js/chart.js')],
    ['LICENSE.md', join(dashboard, 'js/chart.js.LICENSE.txt')],
  ],
  'swagger-ui-dist': [
    ['swagger-ui.css', join(docs, 'swagger-ui.css')],
    ['swagger-ui-bundle.js', join(docs, 'swagger-ui-bundle.js')],
    ['swagger-ui-bundle.js.LICENSE.txt', join(docs, 'swagger-ui-bundle.js.LICENSE.txt')],
    ['oauth2-redirect.js', join(docs, 'oauth2-redirect.js')],
    ['favicon-32x32.png', join(docs, 'favicon-32x32.png')],
    ['LICENSE', join(docs, 'swagger-ui.LICENSE.txt')],
    ['NOTICE', join(docs, 'swagger-ui.NOTICE.txt')],
  ],
  redoc: [
    ['bundles/redoc.standalone.js', join(docs, 'redoc.standalone.js')],
    ['bundles/redoc.standalone.js.LICENSE.txt', join(docs, 'redoc.standalone.js.LICENSE.txt')],
    ['LICENSE', join(docs, 'redoc.LICENSE.txt')],
  ],
};

/** ReDoc fetches its makers' logo from their host; the page shall ask this server alone. */
const REDOC_LOGO = 'https://cdn.redoc.ly/redoc/logo-mini.svg';
const EMPTY_IMAGE = `data:image/svg+xml,${encodeURIComponent('<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>')}`;

try {
  await rm(join(root, 'dist/public'), { recursive: true, force: true });
  await cp(join(root, 'src/dashboard/public'), dashboard, { recursive: true });
  await cp(join(root, 'src/documentation/public'), docs, { recursive: true });
  // Read from beside the code that serves it, as in src/.
  const page = 'cutover/control/page/assets';
  await cp(join(root, 'src', page), join(root, 'dist', page), { recursive: true });
  for (const [name, files] of Object.entries(vendored)) await copyPackage(name, files);
  await keepRedocAtHome(join(docs, 'redoc.standalone.js'));
} catch (error) {
  console.error(`copy-assets: ${error.message}`);
  process.exitCode = 1;
}

async function copyPackage(name, files) {
  const folder = packageFolder(name);
  for (const [from, to] of files) {
    await mkdir(dirname(to), { recursive: true });
    await copyFile(join(folder, from), to);
  }
}

/** Resolved as Node does, so that it also works where the package is installed in a parent's node_modules. */
function packageFolder(name) {
  for (const base of require.resolve.paths(name)) {
    try {
      return dirname(require.resolve(join(base, name, 'package.json')));
    } catch {
      // not in this one
    }
  }
  throw new Error(`The package ${name} is not installed: run "npm install" with the development dependencies.`);
}

async function keepRedocAtHome(file) {
  const parts = (await readFile(file, 'utf8')).split(REDOC_LOGO);
  if (parts.length !== 2) {
    throw new Error(`${file} names ${REDOC_LOGO} ${parts.length - 1} times, not once: see what this version loads.`);
  }
  await writeFile(file, parts.join(EMPTY_IMAGE));
}
