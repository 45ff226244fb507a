// Runs the README's "npm ci && npm test" on a machine with Node alone: as an ordinary user, from a copy of this checkout, in
// a file system of its own that holds Debian's required packages, node and npm, and nothing else: no browser, no balancer, no
// PostgreSQL, no Python, no curl, and nothing that an earlier run has installed or cached. Fails if a test fails, if
// the browser could not be had, or if a process or a file is left behind. Only root can make such a machine. Another command
// may be given as an argument.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  symlinkSync,
} from 'node:fs';
import { lstatSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const USER = { name: 'newcomer', uid: 1000, gid: 1000 };
const HOME = `/home/${USER.name}`;
const CHECKOUT = `${HOME}/waste`;
const MADE_BY_THE_COMMAND = ['node_modules', 'dist', 'coverage', 'test/browser/chromium'];

const checkout = fileURLToPath(new URL('..', import.meta.url));
const run = (program, args, options = {}) =>
  execFileSync(program, args, { encoding: 'utf8', maxBuffer: 1 << 28, ...options });

function refuse(reason) {
  console.error(`.ci/bare-machine.mjs: ${reason}`);
  process.exit(1);
}

if (process.getuid() !== 0) refuse('only root can make a machine: use sudo');
if (spawnSync('unshare', ['--mount', '--pid', '--fork', 'true']).status !== 0) {
  refuse('unshare is not permitted here, so that nothing can be hidden: run it where mount namespaces can be made');
}

const machine = mkdtempSync(join(tmpdir(), 'bare-machine-'));
chmodSync(machine, 0o755);
process.once('exit', () => rmSync(machine, { recursive: true, force: true, maxRetries: 5 }));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.once(signal, () => process.exit(128 + constants.signals[signal]));
const inside = (path) => join(machine, path);

installPackages(requiredPackages());
installNode();
writeFileSync(inside('etc/hosts'), '127.0.0.1 localhost\n');
const files = copyCheckout();
const environment = { HOME, PATH: '/usr/bin:/bin', LANG: 'C.UTF-8', ...network() };
run('chown', ['-R', `${USER.uid}:${USER.gid}`, inside(HOME)]);

const { code, words } = await test();
const [, passed = '0', failed = '0'] = /(\d+) passed, (\d+) failed, \d+ skipped\s*$/m.exec(words) ?? [];
const strays = strayFiles();
for (const file of strays) console.error(`left behind: ${file}`);
if (code !== 0 || Number(failed) > 0 || Number(passed) === 0) refuse(`the tests failed (exit code ${code})`);
if (words.includes('Chromium is not installed')) refuse('the browser was not fetched from npm');
if (strays.length > 0) refuse('files were left behind');

/** Debian's required packages, and what they depend on. */
function requiredPackages() {
  const format = '${Essential}\t${Priority}\t${Package}\t${Depends}, ${Pre-Depends}\n';
  const installed = run('dpkg-query', ['--show', `--showformat=${format}`])
    .trim()
    .split('\n');
  const depends = new Map();
  const wanted = new Set();
  for (const line of installed) {
    const [essential, priority, name, list] = line.split('\t');
    // Of alternatives all that are there.
    depends.set(
      name,
      list.split(/[,|]/).map((item) => item.trim().split(/[ :(]/)[0]),
    );
    if (essential === 'yes' || priority === 'required') wanted.add(name);
  }
  // A set gives what is added while it is gone through.
  for (const name of wanted) {
    for (const other of depends.get(name)) if (depends.has(other)) wanted.add(other);
  }
  return [...wanted];
}

/** Unpacks what the packages hold, as it lies on this machine. */
function installPackages(packages) {
  // On a merged /usr, packages still name /bin/sh.
  for (const name of ['bin', 'lib', 'lib64', 'sbin']) {
    if (!lstatSync(`/${name}`, { throwIfNoEntry: false })?.isSymbolicLink()) continue;
    mkdirSync(inside(`usr/${name}`), { recursive: true });
    symlinkSync(readlinkSync(`/${name}`), inside(name));
  }
  const paths = run('dpkg', ['--listfiles', ...packages]).split('\n');
  const unneeded = /^\/usr\/share\/(?:doc|man|locale|info)\//;
  const present = [...new Set(paths)].filter(
    (path) =>
      path.startsWith('/') && path !== '/.' && !unneeded.test(path) && lstatSync(path, { throwIfNoEntry: false }),
  );
  copyFiles(
    '/',
    present.filter((path) => !/^\/(?:bin|lib|lib64|sbin)$/.test(path)),
    machine,
  );
  // Programs of which there are several are reached through these links.
  cpSync('/etc/alternatives', inside('etc/alternatives'), { recursive: true, verbatimSymlinks: true });
  for (const folder of ['proc', 'dev', 'sys', 'tmp', 'var/tmp', 'etc', HOME])
    mkdirSync(inside(folder), { recursive: true });
  for (const folder of ['tmp', 'var/tmp']) chmodSync(inside(folder), 0o1777);
  const accounts = '/usr/share/base-passwd';
  copyFileSync(`${accounts}/passwd.master`, inside('etc/passwd'));
  copyFileSync(`${accounts}/group.master`, inside('etc/group'));
  appendFileSync(inside('etc/passwd'), `${USER.name}:*:${USER.uid}:${USER.gid}::${HOME}:/bin/sh\n`);
  appendFileSync(inside('etc/group'), `${USER.name}:*:${USER.gid}:\n`);
}

/** node and npm as they are here, with the libraries that this node is linked to. */
function installNode() {
  const libraries = [...run('ldd', [process.execPath]).matchAll(/(\/\S+) \(0x/g)].map(([, path]) => path);
  for (const path of libraries.filter((library) => !existsSync(inside(library)))) {
    mkdirSync(dirname(inside(path)), { recursive: true });
    copyFileSync(path, inside(path));
  }
  copyFileSync(process.execPath, inside('usr/bin/node'));
  const npm = 'usr/lib/node_modules/npm';
  cpSync(join(run('npm', ['root', '--global']).trim(), 'npm'), inside(npm), {
    recursive: true,
    verbatimSymlinks: true,
  });
  for (const name of ['npm', 'npx']) symlinkSync(`/${npm}/bin/${name}-cli.js`, inside(`usr/bin/${name}`));
}

/** What is checked in here, with the changes that are not committed yet, and what npm has downloaded before. */
function copyCheckout() {
  const list = ['-c', `safe.directory=${checkout.replace(/\/$/, '')}`, 'ls-files', '-z', '-co', '--exclude-standard'];
  const names = run('git', list, { cwd: checkout }).split('\0');
  const present = names.filter((name) => name !== '' && existsSync(join(checkout, name)));
  mkdirSync(inside(CHECKOUT), { recursive: true });
  copyFiles(checkout, present, inside(CHECKOUT));
  const cache = join(run('npm', ['config', 'get', 'cache'], { cwd: checkout }).trim(), '_cacache');
  if (existsSync(cache)) cpSync(cache, inside(`${HOME}/.npm/_cacache`), { recursive: true });
  return new Set(present);
}

function copyFiles(from, names, to) {
  const list = names.map((name) => `${name.replace(/^\//, '')}\0`).join('');
  const archive = join(machine, 'files.tar');
  run('tar', ['-C', from, '--no-recursion', '--null', '-T', '-', '-cf', archive], { input: list });
  run('tar', ['-C', to, '--keep-directory-symlink', '-xf', archive]);
  rmSync(archive);
}

/** How the registry is reached from here: names, proxies and authorities. */
function network() {
  for (const file of ['resolv.conf', 'nsswitch.conf']) {
    if (existsSync(`/etc/${file}`)) copyFileSync(`/etc/${file}`, inside(`etc/${file}`));
  }
  const kept = Object.entries(process.env).filter(([name]) => /^(?:https?|no)_proxy$/i.test(name));
  const variables = {
    ...Object.fromEntries(kept),
    npm_config_registry: run('npm', ['config', 'get', 'registry']).trim(),
  };
  const authorities = process.env.NODE_EXTRA_CA_CERTS;
  if (authorities === undefined) return variables;
  copyFileSync(authorities, inside('etc/authorities.pem'));
  return { ...variables, NODE_EXTRA_CA_CERTS: '/etc/authorities.pem' };
}

/** Runs the README's command there, and gives all that it printed. */
async function test() {
  copyFileSync(join(checkout, '.ci/watch'), inside('watch'));
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  const mounts = [
    'mount -t proc proc "$0/proc"',
    'mount --rbind /dev "$0/dev"',
    'mount -t tmpfs tmpfs "$0/dev/shm"',
    'exec chroot "$0" /watch "$@"',
  ];
  const watched = [String(USER.uid), String(USER.gid), '/tmp', '/var/tmp', '/dev/shm', '--'];
  const command = ['env', '-i', '-C', CHECKOUT, ...variables, 'sh', '-c', process.argv[2] ?? 'npm ci && npm test'];
  const child = spawn(
    'unshare',
    ['--mount', '--pid', '--fork', '--kill-child', 'sh', '-ec', mounts.join('\n'), machine, ...watched, ...command],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  process.once('exit', () => child.kill('SIGKILL'));
  let words = '';
  for (const [from, to] of [
    [child.stdout, process.stdout],
    [child.stderr, process.stderr],
  ]) {
    from.on('data', (piece) => {
      to.write(piece);
      words += piece;
    });
  }
  return new Promise((ended) => child.once('close', (code) => ended({ code, words })));
}

/** Files that are neither part of the checkout nor made by the commands on purpose. */
function strayFiles() {
  const found = run('find', ['.', '-mindepth', '1', ...prune(MADE_BY_THE_COMMAND), '!', '-type', 'd', '-print'], {
    cwd: inside(CHECKOUT),
  });
  const inCheckout = found
    .split('\n')
    .map((path) => path.slice(2))
    .filter((path) => path !== '' && !files.has(path));
  const own = ['.npm', '.cache', 'waste'];
  const inHome = run('find', ['.', '-mindepth', '1', ...prune(own), '-print'], { cwd: inside(HOME) }).split('\n');
  return [...inCheckout, ...inHome.filter((path) => path !== '').map((path) => `~/${path.slice(2)}`)];
}

function prune(names) {
  return names.flatMap((name) => ['-path', `./${name}`, '-prune', '-o']);
}
