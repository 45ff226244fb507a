import { userInfo } from 'node:os';
import { parseDatabaseAddress } from './address';

const parts = (text: string) => {
  const { hosts, user, password, database } = parseDatabaseAddress(text);
  return [hosts.map(({ name, port }) => `${name}:${port}`).join(' '), user, password, database];
};

describe('the address of a database', () => {
  it.each([
    ['postgresql://u:p@h:5433/d', ['h:5433', 'u', 'p', 'd']],
    ['postgres://u:p@h/d', ['h:5432', 'u', 'p', 'd']],
    ['postgresql://u@h', ['h:5432', 'u', undefined, 'u']],
    ['postgresql://u%40city:p%2Fw%3A%25@h/d%20e', ['h:5432', 'u@city', 'p/w:%', 'd e']],
    // libpq takes these as they are.
    ['postgresql://u:p#w@h/d', ['h:5432', 'u', 'p#w', 'd']],
    ['postgresql://u:p:w@h/d', ['h:5432', 'u', 'p:w', 'd']],
    ['postgresql://u:p@[::1]:5433/d', ['::1:5433', 'u', 'p', 'd']],
    ['postgresql://u:p@%2Frun%2Fpostgresql:5433/d', ['/run/postgresql:5433', 'u', 'p', 'd']],
    ['postgresql://u:p@/d?host=/run/postgresql&port=5433', ['/run/postgresql:5433', 'u', 'p', 'd']],
    ['postgresql:///d?user=u&password=p%26', ['localhost:5432', 'u', 'p&', 'd']],
    ['postgresql://u:p@h1:5432,h2:5433,h3/d', ['h1:5432 h2:5433 h3:5432', 'u', 'p', 'd']],
    ['postgresql://u:p@/d?host=h1,h2&port=1,2', ['h1:1 h2:2', 'u', 'p', 'd']],
    ['postgresql://h/d', ['h:5432', userInfo().username, undefined, 'd']],
    // As Prisma and Django write them.
    ['postgresql://u:p@h/d?schema=public&connection_limit=5&pgbouncer=true', ['h:5432', 'u', 'p', 'd']],
  ])('%s', (text, expected) => expect(parts(text)).toEqual(expected));

  it.each([
    ['mysql://u:secret@h/d', 'it does not have the form postgresql://user:password@host:port/database'],
    ['postgresql://u:secret@h:abc/d', /^its port is not a number from 1 to 65535: in a user or a password, write/],
    ['postgresql://u:secret@h:0/d', /^its port is not a number/],
    ['postgresql://u:secret@h:65536/d', /^its port is not a number/],
    ['postgresql://u:sec/ret@h/d', /^its port is not a number.*percent-encoded/],
    ['postgresql://u:sec@ret@h/d', /^it has a host that cannot be one: in a user or a password.*percent-encoded/],
    ['postgresql://u:secret%@h/d', 'a % in its password does not begin two hexadecimal digits: write it as %25'],
    ['postgresql://u:secret@h/d?sslmod=verify-full', /^it has a parameter that is not known here; known are host, /],
    ['postgresql://u:secret@h/d?sslmode=secret', /^its sslmode is not one of disable, allow, prefer, require, /],
    ['postgresql://u:secret@h/d?sslmode=verify-ca', /^its sslmode verify-ca needs sslrootcert/],
    ['postgresql://u:secret@h/d?sslrootcert=/none', /^the file of its sslrootcert cannot be read \(.*ENOENT/],
    ['postgresql://u:secret@h/d?sslcert=/none', 'sslcert and sslkey belong together'],
    ['postgresql://u:secret@h/d?sslnegotiation=direct', /^its sslnegotiation direct needs sslmode require or more/],
    ['postgresql://u:secret@h/d?schema=app', 'its parameter schema can only be public here'],
    ['postgresql://u:secret@h/d?channel_binding=require', /^its parameter channel_binding can only be disable or /],
    [
      'postgresql://u:secret@h/d?target_session_attrs=standby',
      /^its target_session_attrs is not one of any, read-write/,
    ],
    ['postgresql://u:secret@h1,h2/d?port=1,2,3', 'it has 3 ports for 2 hosts'],
    ['postgresql://u:secret@h/d?connect_timeout=soon', 'its connect_timeout is not a whole number of seconds'],
  ])('%s is refused with a sentence that does not repeat it', (text, expected) => {
    const parse = () => parseDatabaseAddress(text);
    expect(parse).toThrow(expected);
    expect(parse).not.toThrow(/secret/);
  });

  it.each([
    ['', false],
    ['?target_session_attrs=any', false],
    ['?target_session_attrs=read-write', true],
    ['?target_session_attrs=primary', true],
  ])('must take writes with %j: %s', (parameters, expected) =>
    expect(parseDatabaseAddress(`postgresql://h/d${parameters}`).mustTakeWrites).toBe(expected),
  );

  it('connect_timeout is in seconds; 0 and none are two', () => {
    const timeout = (parameters: string) => parseDatabaseAddress(`postgresql://h/d${parameters}`).connectTimeout;
    expect([timeout(''), timeout('?connect_timeout=0'), timeout('?connect_timeout=7')]).toEqual([2000, 2000, 7000]);
  });
});
