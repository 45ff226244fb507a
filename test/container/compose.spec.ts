import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse } from 'yaml';
import { readConfig } from '../../src/config';
import { LEAST_POSTGRES_MAJOR } from '../../src/database/start-checks';
import { CONTEXT, environmentOf, readDockerfile } from './dockerfile';

interface Service {
  readonly image: string;
  readonly user?: string;
  readonly environment: Record<string, string>;
  readonly secrets: string[];
  readonly ports?: string[];
  readonly networks: string[];
  readonly volumes?: string[];
  readonly tmpfs: string[];
  readonly read_only: boolean;
  readonly cap_drop: string[];
  readonly cap_add?: string[];
  readonly privileged?: boolean;
  readonly security_opt: string[];
  readonly depends_on?: Record<string, { condition: string }>;
  readonly healthcheck?: { test: string[] };
  readonly stop_grace_period: string;
  readonly pids_limit: number;
}

interface Compose {
  readonly services: { readonly api: Service; readonly postgres: Service };
  readonly networks: Record<string, { internal?: boolean }>;
  readonly volumes: Record<string, unknown>;
  readonly secrets: Record<string, { file: string }>;
}

const text = readFileSync(resolve(CONTEXT, 'docker-compose.yml'), 'utf8');
const { services, networks, volumes, secrets } = parse(text) as Compose;
const { api, postgres } = services;

test.each(Object.entries(services))('%s can write to memory and volumes only, and gain no rights', (_name, service) => {
  expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] });
  expect(service.tmpfs).toContain('/tmp');
  expect(service).not.toHaveProperty('cap_add');
  expect(service).not.toHaveProperty('privileged');
});

test.each(Object.entries(services))(
  '%s cannot fill the disk with its log, or the machine with processes',
  (_name, service) => {
    expect(service).toMatchObject({ logging: { options: { 'max-size': '20m', 'max-file': '5' } } });
    expect(service.pids_limit).toBeGreaterThan(0);
  },
);

test('the API starts once PostgreSQL is healthy', () => {
  expect(api.depends_on).toEqual({ postgres: { condition: 'service_healthy' } });
  const [kind, ...command] = postgres.healthcheck?.test ?? [];
  expect([kind, command[0]]).toEqual(['CMD', 'pg_isready']);
  // While the image prepares a database, its server listens on a socket only: asked by TCP it is not ready.
  expect(command).toEqual(expect.arrayContaining(['-h', '127.0.0.1', '-U', postgres.environment.POSTGRES_USER]));
});

test('PostgreSQL is of a tested major version, keeps its data in a volume, and runs without root', () => {
  const major = Number(/^postgres:(\d+)-bookworm$/.exec(postgres.image)?.[1]);
  expect(major).toBeGreaterThanOrEqual(LEAST_POSTGRES_MAJOR);
  // The images of 18 and later keep their data in a folder for each major version under this one.
  expect(postgres.volumes).toEqual(['postgres-data:/var/lib/postgresql']);
  expect(Object.keys(volumes)).toEqual(['postgres-data']);
  expect(postgres.user).toBe('postgres');
});

test('only the API is published, and to this machine only', () => {
  expect(postgres).not.toHaveProperty('ports');
  expect(postgres.networks).toEqual(['database']);
  expect(networks.database).toEqual({ internal: true });
  const [published, ...others] = api.ports ?? [];
  expect(others).toEqual([]);
  expect(published).toBe(`\${PUBLISH:-127.0.0.1:8000}:${environmentOf(readDockerfile().at(-1)!).PORT}`);
});

test('passwords are in files that the repository ignores', () => {
  const files = Object.values(secrets).map(({ file }) => file);
  for (const file of files) expect(file).toMatch(/^\.\/secrets\//);
  expect(readFileSync(resolve(CONTEXT, '.gitignore'), 'utf8').split('\n')).toContain('secrets/');
  expect(Object.keys(secrets).sort()).toEqual([...api.secrets, ...postgres.secrets].sort());
  expect(api.environment).toMatchObject({ DATABASE_URL: '', DATABASE_URL_FILE: '/run/secrets/database-url' });
  expect(postgres.environment).toMatchObject({ POSTGRES_PASSWORD_FILE: '/run/secrets/postgres-password' });
  expect(postgres.environment).not.toHaveProperty('POSTGRES_PASSWORD');
});

test('the server takes the settings, and has the time to stop', () => {
  const { DATABASE_URL_FILE, ...settings } = api.environment;
  expect(DATABASE_URL_FILE).toBeDefined();
  const config = readConfig(settings);
  expect(config).toMatchObject({ host: '0.0.0.0', adminHost: '127.0.0.1' });
  expect(Number.parseInt(api.stop_grace_period) * 1000).toBeGreaterThan(config.shutdownTimeout + 1000);
});
