// What tests need beside the packages and can be had without the system's package manager. Each function fetches it where it
// is missing, and returns the environment in which tests say why it could not.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** A Chromium from npm, where the machine has none. */
export function installBrowser(root) {
  const system = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
  if (process.env.CHROMIUM !== undefined || system.some((path) => existsSync(path))) return {};
  const reason = install(process.execPath, [join(root, 'test/browser/install.mjs')], root);
  return reason === undefined ? {} : { BROWSER_UNAVAILABLE: reason };
}

/** The old server's packages, where there is a Python 3.11 for them: its limits of nesting are the old server's. */
export function installReference(root) {
  const named = process.env.PYTHON;
  const python = (named === undefined ? ['python3.11', 'python3'] : [named]).find((name) => {
    const { stdout } = spawnSync(name, ['--version'], { encoding: 'utf8' });
    return stdout?.startsWith('Python 3.11.');
  });
  if (python === undefined) {
    const isThere = existsSync(join(root, 'test/reference/venv/bin/python'));
    return isThere ? {} : { REFERENCE_UNAVAILABLE: 'there is no Python 3.11' };
  }
  const reason = install(join(root, 'test/reference/install.sh'), [], root, { PYTHON: python });
  return reason === undefined ? {} : { REFERENCE_UNAVAILABLE: reason };
}

/** @returns why it failed, if it did: the last thing that it said */
function install(program, args, cwd, environment = {}) {
  const { status, stderr } = spawnSync(program, args, {
    cwd,
    stdio: ['ignore', 'inherit', 'pipe'],
    encoding: 'utf8',
    env: { ...process.env, ...environment },
  });
  if (status === 0) return undefined;
  return (
    stderr
      .trim()
      .split('\n')
      .at(-1)
      ?.replace(/^\S*install\S*: /, '') || 'the installation was stopped'
  );
}
