import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { CONTEXT, copyOf, environmentOf, execForm, healthCommand, readDockerfile, textsOf } from './dockerfile';

const stages = readDockerfile();
const runtime = stages.at(-1)!;
const copied = stages.flatMap((stage) => textsOf(stage, 'COPY').map(copyOf));

test('every stage is the same Node.js, pinned to a major version that the package takes', () => {
  const images = new Set(stages.map(({ image }) => image));
  expect([...images]).toEqual([expect.stringMatching(/^node:\d+-bookworm-slim$/)]);
  const { engines } = JSON.parse(readFileSync(resolve(CONTEXT, 'package.json'), 'utf8')) as {
    engines: { node: string };
  };
  const least = Number(/^>=(\d+)/.exec(engines.node)?.[1]);
  expect(Number(/\d+/.exec(runtime.image)?.[0])).toBeGreaterThanOrEqual(least);
});

test('packages come from the lock file and run no scripts; those that run the server are the few it needs', () => {
  const installs = stages.map((stage) => textsOf(stage, 'RUN').filter((text) => text.startsWith('npm ci')));
  expect(installs.map((texts) => texts.length)).toEqual([1, 1]);
  for (const [text] of installs) expect(text).toContain('--ignore-scripts');
  expect(installs.at(-1)?.[0]).toMatch(/--omit=dev --omit=optional/);
});

test('the server runs as a user without rights, who owns none of its files', () => {
  expect(textsOf(runtime, 'USER')).toEqual([expect.stringMatching(/^[1-9]\d*:[1-9]\d*$/)]);
  const names = runtime.instructions.map(({ name }) => name);
  expect(names.slice(names.indexOf('USER'))).toEqual(expect.not.arrayContaining(['RUN', 'COPY', 'ADD']));
  for (const text of textsOf(runtime, 'COPY')) expect(text).not.toContain('--chown');
});

test('the public port is open, the admin port is not', () => {
  const environment = environmentOf(runtime);
  expect(environment).toMatchObject({ NODE_ENV: 'production', HOST: '0.0.0.0', ADMIN_HOST: '127.0.0.1' });
  expect(textsOf(runtime, 'EXPOSE')).toEqual([environment.PORT]);
});

test('there is no secret in the image', () => {
  for (const stage of stages) {
    expect(textsOf(stage, 'ARG')).toEqual([]);
    expect(Object.keys(environmentOf(stage)).filter((name) => /PASSWORD|SECRET|TOKEN|DATABASE/.test(name))).toEqual([]);
  }
});

test('signals reach the server, and its health is asked for without a shell', () => {
  const [command] = textsOf(runtime, 'CMD').map(execForm);
  expect(command).toEqual(['node', '--heap-growing-percent=20', '--use-largepages=silent', 'dist/bundle.js']);
  expect(textsOf(runtime, 'STOPSIGNAL')).toEqual(['SIGTERM']);
  expect(textsOf(runtime, 'ENTRYPOINT')).toEqual([]);
  expect(healthCommand(runtime)).toEqual(['node', '-e', expect.stringMatching(/process\.env\.ADMIN_PORT\}\/readyz/)]);
});

test('the context holds what is copied, and nothing else', () => {
  const sources = new Set(copied.filter(({ from }) => from === undefined).flatMap(({ sources }) => sources));
  for (const source of sources) expect([source, existsSync(resolve(CONTEXT, source))]).toEqual([source, true]);
  const ignore = readFileSync(resolve(CONTEXT, '.dockerignore'), 'utf8').split('\n');
  const rules = ignore.filter((line) => line !== '' && !line.startsWith('#'));
  expect(rules[0]).toBe('*');
  const kept = rules.filter((rule) => rule.startsWith('!')).map((rule) => rule.slice(1));
  expect(kept.sort()).toEqual([...sources].sort());
});

test('what is copied from a stage comes from one that there is', () => {
  const aliases = stages.map(({ alias }) => alias);
  for (const { from } of copied) if (from !== undefined) expect(aliases).toContain(from);
});
