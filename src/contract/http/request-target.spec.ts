import { readTarget, unquote } from './request-target';

describe('readTarget', () => {
  it.each([
    ['/api/collections', '/api/collections', ''],
    ['/api%2Fcollections/1%2F?a=%FF?', '/api/collections/1/', 'a=%FF?'],
    ['/health?', '/health', ''],
    ['/health#part?x', '/health', ''],
    ['/health?x#part', '/health', 'x'],
    ['//health', '//health', ''],
    ['*', '*', ''],
    ['http://other/api/x?y', '/api/x', 'y'],
    ['HTTPS://u:p@other:8080/', '/', ''],
    ['http://[::1]:80/a', '/a', ''],
    ['ftp://other/a', '/a', ''],
  ])('%s', (target, path, query) => expect(readTarget(target)).toEqual({ path, query }));

  it.each([
    ['http://other'],
    ['http://other?x'],
    ['http://[::1/a'],
    ['http://other:65536/a'],
    ['http://other:8o/a'],
    ['api/collections'],
    ['other:80'],
    [`/${'a'.repeat(65_535)}`],
  ])('%.30s is malformed', (target) => expect(readTarget(target)).toBeNull());

  it('takes a target of 65,535 bytes', () => {
    expect(readTarget(`/${'a'.repeat(65_534)}`)).not.toBeNull();
  });
});

describe('unquote', () => {
  it.each([
    ['%61%2f%C3%A9', 'a/é'],
    ['%FF', '\ufffd'],
    ['%E0%A4%A', '\ufffd%A'],
    ['%zz%4', '%zz%4'],
    ['a+b', 'a+b'],
    ['%EF%BB%BFx', '\ufeffx'],
    ['%ED%A0%80', '\ufffd\ufffd\ufffd'],
    ['%00', '\0'],
  ])('%s', (text, decoded) => expect(unquote(text)).toBe(decoded));
});
