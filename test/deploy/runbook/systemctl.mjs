#!/usr/bin/env node
// Does to the units of the runbook what systemd would, where it cannot run: their settings, credentials, user and command, and a
// new start after an end. It confines nothing.
import { execFileSync, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  appendFileSync,
  chownSync,
  closeSync,
  copyFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';

const STATE = '/run/units';
const [verb, ...rest] = process.argv.slice(2);
const names = rest.filter((word) => !word.startsWith('-'));
mkdirSync(STATE, { recursive: true });

if (verb === 'supervise') await supervise(names[0]);
else if (verb === 'start' || (verb === 'enable' && rest.includes('--now'))) names.forEach(start);
else if (verb === 'stop' || (verb === 'disable' && rest.includes('--now'))) for (const name of names) await stop(name);
else if (verb === 'restart') {
  for (const name of names) {
    await stop(name);
    start(name);
  }
} else if (verb !== 'daemon-reload') {
  console.error(`systemctl ${verb} is not known here`);
  process.exitCode = 1;
}

/** Every setting of a unit and its drop-ins, in their order. */
function settingsOf(name) {
  const file = ['/etc/systemd/system', '/lib/systemd/system']
    .map((folder) => `${folder}/${name}.service`)
    .find((path) => existsSync(path));
  if (file === undefined) throw new Error(`there is no unit ${name}`);
  const folder = `/etc/systemd/system/${name}.service.d`;
  const more = existsSync(folder) ? readdirSync(folder).map((drop) => `${folder}/${drop}`) : [];
  const settings = [];
  for (const path of [file, ...more]) {
    // A comment may stand between the lines of one setting.
    const lines = readFileSync(path, 'utf8')
      .replace(/^[#;].*\n/gm, '')
      .replace(/\\\n/g, ' ')
      .split('\n');
    for (const [, key, value] of lines.map((line) => /^(\w+)=(.*)$/.exec(line) ?? []))
      if (key) settings.push([key, value]);
  }
  return settings;
}

function start(name) {
  if (existsSync(`${STATE}/${name}.pid`)) return;
  settingsOf(name);
  const log = openSync(`${STATE}/${name}.log`, 'a');
  const child = spawn(process.execPath, [process.argv[1], 'supervise', name], {
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  writeFileSync(`${STATE}/${name}.pid`, String(child.pid));
  child.unref();
}

async function stop(name) {
  const file = `${STATE}/${name}.pid`;
  if (!existsSync(file)) return;
  const pid = Number(readFileSync(file, 'utf8'));
  process.kill(pid, 'SIGTERM');
  while (existsSync(file)) await sleep(50);
}

async function supervise(name) {
  const settings = settingsOf(name);
  const all = (key) => settings.filter(([known]) => known === key).map(([, value]) => value);
  const one = (key) => all(key).at(-1);
  const credentials = `/run/credentials/${name}`;
  const filled = (text) => text.replaceAll('%S', '/var/lib').replaceAll('%d', credentials);
  const user = one('User') ?? 'root';
  const id = (flag) => Number(execFileSync('id', [flag, user], { encoding: 'utf8' }));
  const [uid, gid] = [id('-u'), id('-g')];
  for (const folder of all('StateDirectory').map((directory) => `/var/lib/${directory}`)) {
    mkdirSync(folder, { recursive: true });
    chmodSync(folder, 0o700);
    chownSync(folder, uid, gid);
  }
  mkdirSync(credentials, { recursive: true });
  for (const [credential, file] of all('LoadCredential').map((pair) => pair.split(':'))) {
    copyFileSync(file, `${credentials}/${credential}`);
    chmodSync(`${credentials}/${credential}`, 0o400);
    chownSync(`${credentials}/${credential}`, uid, gid);
  }
  const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' };
  const set = (pair) => (env[pair.slice(0, pair.indexOf('='))] = filled(pair.slice(pair.indexOf('=') + 1)));
  for (const pairs of all('Environment'))
    (pairs.match(/"[^"]*"|\S+/g) ?? []).map((pair) => pair.replaceAll('"', '')).forEach(set);
  for (const given of all('EnvironmentFile')) {
    const file = given.replace(/^-/, '');
    if (given.startsWith('-') && !existsSync(file)) continue;
    for (const line of readFileSync(file, 'utf8').split('\n')) if (/^\w+=/.test(line)) set(line.replaceAll('"', ''));
  }
  const [program, ...args] = filled(one('ExecStart'))
    .split(/\s+/)
    .flatMap((word) =>
      /^\$\w+$/.test(word)
        ? (env[word.slice(1)] ?? '').split(' ').filter((part) => part !== '')
        : [word.replace(/\$\{(\w+)\}/g, (_, variable) => env[variable] ?? '')],
    );
  const cwd = one('WorkingDirectory') ?? '/';
  let stopping = false;
  let child;
  process.on('SIGTERM', () => {
    stopping = true;
    child.kill('SIGTERM');
  });
  while (!stopping) {
    const code = await new Promise((ended) => {
      child = spawn(program === '/usr/bin/node' ? process.execPath : program, args, {
        cwd,
        env,
        uid,
        gid,
        stdio: 'inherit',
      });
      child.on('error', (error) => ended(error.message)).on('close', ended);
    });
    appendFileSync(`${STATE}/${name}.log`, `${program} ended with ${code}\n`);
    if (String(code) === one('RestartPreventExitStatus')) break;
    await sleep(stopping ? 0 : 1000);
  }
  rmSync(`${STATE}/${name}.pid`, { force: true });
}
