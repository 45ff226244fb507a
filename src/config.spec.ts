import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ConfigError } from './settings/read-setting';
import { VARIABLES } from './settings/table';
import { describeSettings, readConfig, settingWarnings } from './config';

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
      accessLog: false,
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
    ['LOG_LEVEL', 'verbose'],
    ['ACCESS_LOG', 'perhaps'],
    ['DEPLOYMENT', 'red'],
  ])('refuses %s=%s with the variable, the value and what is allowed', (variable, value) => {
    const [setting] = VARIABLES.filter((one) => one.variable === variable);
    expect(messageOf({ [variable]: value })).toBe(`${variable} is "${value}"; allowed: ${setting!.allowed}.`);
  });

  it('reads words in letters of either case', () => {
    expect(readConfig({ LOG_LEVEL: 'INFO', DEPLOYMENT: 'Blue' })).toMatchObject({
      logLevel: 'info',
      deployment: 'blue',
    });
  });

  it.each([
    ['on', true],
    ['1', true],
    ['True', true],
    ['OFF', false],
    ['0', false],
  ])('reads ACCESS_LOG=%s', (text, expected) => {
    expect(readConfig({ ACCESS_LOG: text }).accessLog).toBe(expected);
  });

  it('names everything that is wrong at once, a line each', () => {
    const wrong = { PORT: 'x', LOG_LEVEL: 'loud', DATABASE_POOL_SIZE: '0', FRONTEND_DIR: '/nonexistent' };
    expect(messageOf({ ...wrong, DATABASE_URL_FILE: '/nonexistent/url' }).split('\n')).toEqual([
      expect.stringMatching(/^DATABASE_URL_FILE is "\/nonexistent\/url", which cannot be read/),
      expect.stringMatching(/^PORT is "x"; allowed: /),
      expect.stringMatching(/^DATABASE_POOL_SIZE is "0"; allowed: /),
      expect.stringMatching(/^LOG_LEVEL is "loud"; allowed: /),
      'FRONTEND_DIR is "/nonexistent", which has no index.html that can be read; allowed: a folder with an index.html.',
    ]);
  });

  it('does not repeat an address that may hold a password', () => {
    const message = messageOf({ DATABASE_URL: 'mysql://me:hidden@host/db' });
    expect(message).toBe(
      'DATABASE_URL cannot be used: it has another form; allowed: postgresql://user:password@host:port/database.',
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
    /^DATABASE_URL cannot be used: its port is not a number from 1 to 65535: .*%3A\); allowed: /,
  );
});

describe('DATABASE_URL_FILE', () => {
  const directory = mkdtempSync(join(tmpdir(), 'config-'));
  const file = join(directory, 'url');
  afterAll(() => rmSync(directory, { recursive: true }));

  it('holds DATABASE_URL', () => {
    writeFileSync(file, 'postgresql://me:hidden@host/db\n');
    expect(readConfig({ DATABASE_URL_FILE: file }).databaseUrl).toBe('postgresql://me:hidden@host/db');
    expect(readConfig({ DATABASE_URL_FILE: '' }).databaseUrl).toBeUndefined();
  });

  it('is refused beside DATABASE_URL, and when it cannot be read', () => {
    expect(messageOf({ DATABASE_URL_FILE: file, DATABASE_URL: 'postgresql://host/db' })).toMatch(/both set/);
    expect(messageOf({ DATABASE_URL_FILE: `${file}x` })).toMatch(
      /which cannot be read \(.*ENOENT.*allowed: a file that can be read/,
    );
  });

  it('is refused when it holds something else, which is not repeated', () => {
    writeFileSync(file, 'hidden');
    expect(messageOf({ DATABASE_URL_FILE: file })).not.toContain('hidden');
  });
});

describe('what was meant for another database does not silently begin an empty one', () => {
  const directory = mkdtempSync(join(tmpdir(), 'config-'));
  const file = join(directory, 'url');
  afterAll(() => rmSync(directory, { recursive: true }));

  it.each([
    ['is empty', ''],
    ['holds only white space', ' \n\t\n'],
  ])('a DATABASE_URL_FILE that %s is refused', (_, content) => {
    writeFileSync(file, content);
    expect(messageOf({ DATABASE_URL_FILE: file })).toBe(
      `DATABASE_URL_FILE names "${file}", which is empty: write the address of the PostgreSQL into it, or unset DATABASE_URL_FILE.`,
    );
  });

  it.each(['DATABASE_URL', 'DATABASE_URL_FILE', 'DATA_DIR'])('a %s of white space is refused', (variable) => {
    expect(messageOf({ [variable]: ' \n' })).toBe(
      `${variable} holds nothing but white space: give it a value, or unset it.`,
    );
  });

  it.each([
    ['DATABASE_URI', 'DATABASE_URL'],
    ['DATABSE_URL', 'DATABASE_URL'],
    ['DATABASE_URL_FIEL', 'DATABASE_URL_FILE'],
  ])('a misspelt %s is refused', (variable, meant) => {
    expect(messageOf({ [variable]: 'postgresql://host/db' })).toBe(
      `${variable} is set and ${meant} is not, without which the server would begin an empty database of its own: rename it, or unset it.`,
    );
    expect(readConfig({ [variable]: 'x', DATABASE_URL: 'postgresql://host/db' }).databaseUrl).toBeDefined();
  });

  const warningsOf = (environment: Record<string, string>) => settingWarnings(readConfig(environment), environment);

  it('other misspelt settings, an empty address and the addresses of other programs are told', () => {
    const own = `the server runs a PostgreSQL of its own under ${resolve('.data')}`;
    expect(
      warningsOf({ DATADIR: '/var/lib/waste', DATABASE_URL: '', PGHOST: 'db', PATH: '/bin', HOME: '/root' }),
    ).toEqual([
      'DATADIR is set, which this server does not read: was DATA_DIR meant?',
      `DATABASE_URL is empty: ${own}.`,
      `PGHOST: not read. DATABASE_URL is not set, so ${own}.`,
    ]);
    expect(warningsOf({ DATABASE_URL: 'postgresql://host/db', PGHOST: 'db' })).toEqual([]);
    expect(warningsOf({})).toEqual([]);
  });
});

test('--help lists every setting with its default', () => {
  const help = describeSettings();
  for (const { variable, fallback, allowed } of VARIABLES) {
    expect(help).toMatch(new RegExp(`^ {2}${variable} `, 'm'));
    expect(help).toContain(allowed);
    if (fallback !== undefined) expect(help).toContain(`(default ${fallback})`);
  }
});
