import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AddressSource } from '../../src/database/address-source';
import { dropClient, openClient } from '../../src/database/open-client';
import { useCluster } from '../support/clusters';
import { describeWith } from '../support/describe-with';
import { eventually } from '../../harness/eventually';
import { freePort } from '../../harness/free-port';
import { Gate } from '../support/gate';
import { PostgresCluster, query } from '../../harness/postgres-cluster';
import { aCollection, json } from '../../harness/samples';
import { ServerProcess } from '../../harness/server-process';

/** A certificate for db.test and its key, made by the authority itself. */
function makeCertificate(directory: string, name: string): { certificate: string; key: string } {
  const [certificate, key] = [join(directory, `${name}.crt`), join(directory, `${name}.key`)];
  const subject = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`];
  const form = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  execFileSync('openssl', [...form, '-keyout', key, '-out', certificate, ...subject], { stdio: 'ignore' });
  return { certificate, key };
}

/** The last line of a server that does not start. */
async function refused(address: string): Promise<string | undefined> {
  const server = ServerProcess.spawn({ DATABASE_URL: address });
  expect(await server.ended).toEqual({ code: 1, signal: null });
  return server.messages.at(-1);
}

const missingOpenssl = (() => {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'openssl is missing: install openssl';
  }
})();

// Each role may come only one way, as the lines of pg_hba.conf that hosted databases have.
const HBA = `local all all trust
hostssl all encrypted 127.0.0.1/32 trust
hostnossl all plain 127.0.0.1/32 trust
host all either,changed 127.0.0.1/32 scram-sha-256
`;

describeWith(missingOpenssl, 'a PostgreSQL with TLS and a certificate of its own', () => {
  let cluster: PostgresCluster;
  let directory: string;
  let port: number;
  let authority: string;
  let stranger: string;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'tls-'));
    // 127.0.0.1 has the name localhost as well.
    const { certificate, key } = makeCertificate(directory, 'localhost');
    authority = certificate;
    stranger = makeCertificate(directory, 'stranger').certificate;
    port = await freePort();
    const files = {
      'server.crt': readFileSync(certificate, 'utf8'),
      'server.key': readFileSync(key, 'utf8'),
      hba: HBA,
    };
    const settings = [
      'ssl=on',
      ...['ssl_cert_file=DIRECTORY/server.crt', 'ssl_key_file=DIRECTORY/server.key', 'hba_file=DIRECTORY/hba'],
    ];
    cluster = await PostgresCluster.start({ port, files, settings });
    for (const role of ['encrypted', 'plain', 'either', 'changed']) {
      await query(cluster.url, `create role ${role} login superuser password 'right'`);
    }
  });
  afterAll(async () => {
    await cluster.stop();
    rmSync(directory, { recursive: true });
  });

  /** Whether the session is encrypted, or why there is none. */
  async function encrypted(role: string, parameters: string, host = '127.0.0.1'): Promise<boolean | string> {
    const source = new AddressSource(`postgresql://${role}:right@${host}:${port}/postgres?${parameters}`);
    try {
      const { client } = await openClient(source, { role: ' test', statementTimeout: 1000 });
      const { rows } = await client.query<{ ssl: boolean }>('select ssl from pg_stat_ssl where pid = pg_backend_pid()');
      dropClient(client);
      return rows[0]?.ssl ?? 'no answer';
    } catch (error) {
      return (error as { code?: string }).code ?? (error as Error).message;
    }
  }

  it.each([
    ['disable', 'either', false],
    ['disable', 'encrypted', '28000'],
    ['allow', 'plain', false],
    ['allow', 'encrypted', true],
    ['allow', 'either', false],
    ['prefer', 'plain', false],
    ['prefer', 'encrypted', true],
    ['prefer', 'either', true],
    ['require', 'either', true],
    ['require', 'plain', '28000'],
    ['verify-full', 'either', 'DEPTH_ZERO_SELF_SIGNED_CERT'],
  ])('sslmode=%s as the role %s: %s', async (mode, role, expected) => {
    expect(await encrypted(role, `sslmode=${mode}`)).toBe(expected);
  });

  it('without sslmode it is encrypted only if the server wants it', async () => {
    expect([await encrypted('plain', ''), await encrypted('encrypted', '')]).toEqual([false, true]);
  });

  it('sslrootcert is looked at by require and verify-ca, the name of the host by verify-full', async () => {
    const by = (mode: string, file: string, host?: string) =>
      encrypted('either', `sslmode=${mode}&sslrootcert=${encodeURIComponent(file)}`, host);
    expect(await by('require', authority)).toBe(true);
    expect(await by('require', stranger)).toBe('DEPTH_ZERO_SELF_SIGNED_CERT');
    expect(await by('verify-ca', authority)).toBe(true);
    expect(await by('verify-full', authority, 'localhost')).toBe(true);
    expect(await by('verify-full', authority)).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
  });

  it.each([
    ['sslmode=verify-full', /self.signed certificate\): look at sslmode, sslrootcert/],
    ['sslmode=verify-full&sslrootcert=AUTHORITY', /does not match certificate's altnames/],
    ['sslmode=verify-ca&sslrootcert=STRANGER', /self.signed certificate/],
  ])(
    'the start is refused with one sentence, and not tried for ever, for a certificate that is not accepted: %s',
    async (parameters, sentence) => {
      const given = parameters
        .replace('AUTHORITY', encodeURIComponent(authority))
        .replace('STRANGER', encodeURIComponent(stranger));
      expect(await refused(`postgresql://either:right@127.0.0.1:${port}/postgres?${given}`)).toMatch(sentence);
    },
  );

  it('the program serves over TLS, takes nothing from PG* variables, and prints no warning of the driver', async () => {
    const hostile = {
      PGOPTIONS: '-c default_transaction_read_only=on -c search_path=nowhere',
      PGSSLMODE: 'verify-full',
      PGHOST: 'nowhere.invalid',
      PGPORT: '1',
      PGUSER: 'nobody',
      PGDATABASE: 'nothing',
      PGPASSWORD: 'wrong',
      PGAPPNAME: 'other',
      PGCLIENTENCODING: 'LATIN1',
      PGCLIENT_ENCODING: 'LATIN1',
      PGREPLICATION: 'database',
      PGSSLNEGOTIATION: 'direct',
      PGCONNECT_TIMEOUT: '1',
    };
    const address = `postgresql://either:right@127.0.0.1:${port}/postgres?sslmode=require`;
    const server = await ServerProcess.start({ DATABASE_URL: address, ...hostile });
    const created = await fetch(`${server.url}/api/collections`, json('POST', aCollection({ location: 'Łódź' })));
    expect(created.status).toBe(200);
    const sessions = await query(
      cluster.url,
      `select distinct ssl, application_name as name from pg_stat_ssl join pg_stat_activity using (pid)
       where usename = 'either' and application_name not like '% %'`,
    );
    expect(sessions).toEqual([{ ssl: true, name: 'waste-collection-api' }]);
    expect(await server.stop()).toEqual({ code: 0, signal: null });
    expect(server.errors).toBe('');
  });

  describe('when the password is changed while the server runs', () => {
    /** The sessions end after the password has changed: until that is committed, a new one gets in with the old password. */
    const changePassword = async () => {
      await query(cluster.url, `alter role changed password 'new'`);
      await query(cluster.url, `select pg_terminate_backend(pid) from pg_stat_activity where usename = 'changed'`);
    };
    const addressWith = (password: string) => `postgresql://changed:${password}@127.0.0.1:${port}/postgres`;

    beforeEach(() => query(cluster.url, `alter role changed password 'right'`));

    it('the file of the address is read again, and the server goes on', async () => {
      const DATABASE_URL_FILE = join(directory, 'address');
      writeFileSync(DATABASE_URL_FILE, `${addressWith('right')}\n`);
      const server = await ServerProcess.start({ DATABASE_URL_FILE });
      await changePassword();
      await eventually(() => expect(server.messages.join('\n')).toContain('password authentication failed'));
      writeFileSync(DATABASE_URL_FILE, `${addressWith('new')}\n`);
      await eventually(async () => {
        expect((await fetch(`${server.url}/api/collections`, json('POST', aCollection()))).status).toBe(200);
      });
      await eventually(() =>
        expect(server.messages.join('\n')).toContain(
          'PostgreSQL refused the login; trying the new address in DATABASE_URL_FILE',
        ),
      );
      await server.kill();
    });

    it('without a new one the server ends with 1 and says why, since waiting does not help', async () => {
      const server = await ServerProcess.start({ DATABASE_URL: addressWith('right') });
      await changePassword();
      expect(await server.ended).toEqual({ code: 1, signal: null });
      expect(server.messages.join('\n')).toContain(
        'PostgreSQL refuses this server: password authentication failed for user "changed"',
      );
    });

    it('a log-in that is refused for a moment ends nothing', async () => {
      const server = await ServerProcess.start({ DATABASE_URL: addressWith('right') });
      await changePassword();
      await eventually(() => expect(server.messages.join('\n')).toContain('password authentication failed'));
      await query(cluster.url, `alter role changed password 'right'`);
      await server.untilReady();
      expect((await fetch(`${server.url}/api/collections`, json('POST', aCollection()))).status).toBe(200);
      expect(await server.interrupt()).toEqual({ code: 0, signal: null });
    });
  });
});

describe('a PostgreSQL without TLS', () => {
  const cluster = useCluster();

  it.each(['require', 'verify-full'])('sslmode=%s: the start is refused with one sentence', async (mode) => {
    const gate = new Gate(cluster().socket);
    await gate.open();
    const sentence = await refused(`postgresql://tester@127.0.0.1:${gate.port}/postgres?sslmode=${mode}`);
    expect(sentence).toMatch(/PostgreSQL offers no TLS, which the sslmode of DATABASE_URL demands/);
    await gate.close();
  });

  it('as one of two hosts of which the other is away, it is waited for that one', async () => {
    const gate = new Gate(cluster().socket);
    await gate.open();
    const away = await freePort();
    const hosts = [`127.0.0.1:${gate.port}`, `127.0.0.1:${away}`];
    for (const order of [hosts, hosts.toReversed()]) {
      const source = new AddressSource(`postgresql://tester@${order.join(',')}/postgres?sslmode=require`);
      const opening = openClient(source, { role: ' test', statementTimeout: 1000 });
      await expect(opening).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    }
    await gate.close();
  });

  it.each([
    ['prefer', true],
    ['allow', true],
    ['require', false],
  ])('sslmode=%s connects: %s', async (mode, expected) => {
    const gate = new Gate(cluster().socket);
    await gate.open();
    const source = new AddressSource(`postgresql://tester@127.0.0.1:${gate.port}/postgres?sslmode=${mode}`);
    const opened = await openClient(source, { role: ' test', statementTimeout: 1000 }).catch(() => undefined);
    expect(opened !== undefined).toBe(expected);
    if (opened !== undefined) dropClient(opened.client);
    await gate.close();
  });
});
