import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ConfigError, describeSettings, readConfig, SETTINGS } from './config';

const messageOf = (environment: Record<string, string>): string => {
  try {
    readConfig(environment);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).message;
  }
  throw new Error('It was accepted');
};

describe('readConfig', () => {
  it('has a default for everything', () => {
    expect(readConfig({})).toMatchObject({
      port: 8000,
      host: '127.0.0.1',
      adminPort: 9000,
      adminHost: '127.0.0.1',
      trustedProxies: ['127.0.0.1'],
      bodyLimit: 16 * 1024 * 1024,
      headLimit: 128 * 1024,
      requestTimeout: 30_000,
      shutdownTimeout: 15_000,
      databaseUrl: undefined,
      databasePoolSize: 4,
      databaseStatementTimeout: 5000,
      dataDir: resolve('.data'),
      logLevel: 'info',
      deployment: undefined,
      frontendDir: undefined,
    });
  });

  it('takes an empty value for none, and trims', () => {
    expect(readConfig({ PORT: '', LOG_LEVEL: '  ', HOST: ' 0.0.0.0 ' })).toMatchObject({
      port: 8000,
      logLevel: 'info',
      host: '0.0.0.0',
    });
  });

  it.each([
    ['500ms', 500],
    ['30s', 30_000],
    ['2m', 120_000],
    ['1.5s', 1500],
    ['24h', 86_400_000],
    ['7', 7000],
    ['0.25', 250],
  ])('reads the time %s', (text, milliseconds) => {
    expect(readConfig({ REQUEST_TIMEOUT: text }).requestTimeout).toBe(milliseconds);
  });

  it.each([
    ['1KB', 1024],
    ['1 mb', 1024 ** 2],
    ['1.5MB', 1.5 * 1024 ** 2],
    ['2048', 2048],
    ['1GB', 1024 ** 3],
  ])('reads the size %s', (text, bytes) => {
    expect(readConfig({ BODY_LIMIT: text }).bodyLimit).toBe(bytes);
  });

  it('reads addresses and ranges', () => {
    expect(readConfig({ TRUSTED_PROXIES: '10.0.0.0/8, ::1 ,192.0.2.7,' }).trustedProxies).toEqual([
      '10.0.0.0/8',
      '::1',
      '192.0.2.7',
    ]);
    expect(readConfig({ TRUSTED_PROXIES: '*' }).trustedProxies).toEqual(['*']);
  });

  it('puts the admin port 1000 above the public one, or beside it on any free port', () => {
    expect(readConfig({ PORT: '8100' }).adminPort).toBe(9100);
    expect(readConfig({ PORT: '0' }).adminPort).toBe(0);
    expect(readConfig({ PORT: '8100', ADMIN_PORT: '8100', ADMIN_HOST: '127.0.0.2' }).adminPort).toBe(8100);
  });

  it.each([
    ['PORT', '65536'],
    ['PORT', '-1'],
    ['PORT', '80a'],
    ['PORT', '1e3'],
    ['ADMIN_PORT', 'x'],
    ['BODY_LIMIT', '1023'],
    ['BODY_LIMIT', '2GB'],
    ['BODY_LIMIT', 'MB'],
    ['HEAD_LIMIT', '-1KB'],
    ['REQUEST_TIMEOUT', '0'],
    ['REQUEST_TIMEOUT', '25h'],
    ['REQUEST_TIMEOUT', '5 days'],
    ['SHUTDOWN_TIMEOUT', 'soon'],
    ['TRUSTED_PROXIES', 'localhost'],
    ['TRUSTED_PROXIES', '10.0.0.0/33'],
    ['TRUSTED_PROXIES', '10.0.0.0/8/8'],
    ['TRUSTED_PROXIES', '::1/129'],
    ['DATABASE_POOL_SIZE', '0'],
    ['DATABASE_POOL_SIZE', '65'],
    ['LOG_LEVEL', 'INFO'],
    ['DEPLOYMENT', 'red'],
  ])('refuses %s=%s with the variable, the value and what is allowed', (variable, value) => {
    const [setting] = Object.values(SETTINGS).filter((one) => one.variable === variable);
    expect(messageOf({ [variable]: value })).toBe(`${variable} is "${value}"; allowed: ${setting!.allowed}.`);
  });

  it('does not repeat an address that may hold a password', () => {
    const message = messageOf({ DATABASE_URL: 'mysql://me:hidden@host/db' });
    expect(message).toBe(
      'DATABASE_URL is a value of another form; allowed: postgresql://user:password@host:port/database.',
    );
  });

  it('refuses ports that cannot both be had', () => {
    expect(messageOf({ PORT: '65000' })).toMatch(/^ADMIN_PORT is PORT \+ 1000 = 66000; allowed: .* Set ADMIN_PORT\.$/);
    expect(messageOf({ PORT: '8000', ADMIN_PORT: '8000' })).toBe(
      'ADMIN_PORT is "8000", the public PORT; allowed: another port.',
    );
  });
});

it('refuses an address that cannot be read, without repeating it', () => {
  expect(messageOf({ DATABASE_URL: 'postgresql://me:hidden@host:abc/db' })).toMatch(
    /^DATABASE_URL cannot be used: its port is not a number from 1 to 65535: .*%3A\)\.$/,
  );
});

describe('DATABASE_URL_FILE', () => {
  const directory = mkdtempSync(join(tmpdir(), 'config-'));
  const file = join(directory, 'url');
  afterAll(() => rmSync(directory, { recursive: true }));

  it('holds DATABASE_URL', () => {
    writeFileSync(file, 'postgresql://me:hidden@host/db\n');
    expect(readConfig({ DATABASE_URL_FILE: file }).databaseUrl).toBe('postgresql://me:hidden@host/db');
    expect(readConfig({ DATABASE_URL_FILE: ' ' }).databaseUrl).toBeUndefined();
  });

  it('is refused beside DATABASE_URL, and when it cannot be read', () => {
    expect(messageOf({ DATABASE_URL_FILE: file, DATABASE_URL: 'postgresql://host/db' })).toMatch(/both set/);
    expect(messageOf({ DATABASE_URL_FILE: `${file}x` })).toMatch(
      /which cannot be read \(.*ENOENT.*allowed: a readable file/,
    );
  });

  it('is refused when it holds something else, which is not repeated', () => {
    writeFileSync(file, 'hidden');
    expect(messageOf({ DATABASE_URL_FILE: file })).not.toContain('hidden');
  });
});

test('--help lists every setting with its default', () => {
  const help = describeSettings();
  for (const { variable, fallback, allowed } of Object.values(SETTINGS)) {
    expect(help).toMatch(new RegExp(`^ {2}${variable} `, 'm'));
    expect(help).toContain(allowed);
    if (fallback !== undefined) expect(help).toContain(`(default ${fallback})`);
  }
});
