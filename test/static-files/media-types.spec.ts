import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { contentTypeOf, OTHERWISE } from '../../src/static-files/media-types';
import { COMPRESSIONS, SHORT_FORMS, TYPES } from '../../src/static-files/python-media-types';
import { describeWithReference } from '../reference/describe-with-reference';
import { PYTHON } from '../../harness/reference';

const TABLES = resolve(__dirname, '../../src/static-files/python-media-types.ts');

/** Python without the machine's /etc/mime.types, which differs from machine to machine. */
const OWN_TABLE = 'import json, sys, mimetypes; mimetypes.knownfiles = []; mimetypes.init()';

interface PythonTables {
  readonly types: Record<string, string>;
  readonly compressions: string[];
  readonly shortForms: Record<string, string>;
}

const python = (program: string, input = ''): unknown =>
  JSON.parse(execFileSync(PYTHON, ['-c', `${OWN_TABLE}\n${program}`], { input, encoding: 'utf8' }));

/** What Starlette's FileResponse makes of each name. */
const answered = (names: readonly string[]) =>
  python(
    `from starlette.responses import FileResponse
print(json.dumps({name: FileResponse("/srv/page/" + name).headers["content-type"] for name in json.load(sys.stdin)}))`,
    JSON.stringify(names),
  ) as Record<string, string>;

function textOf({ types, compressions, shortForms }: PythonTables): string {
  const record = (pairs: Record<string, string>) =>
    Object.entries(pairs)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([ending, value]) => `  '${ending}': '${value}',\n`)
      .join('');
  return (
    "// Python 3.11's own table of media types, without any /etc/mime.types. Written from it by\n" +
    '//   UPDATE_CHECKED_IN=1 npx jest test/static-files\n\n' +
    `/** Media types by ending, in lower case. */\nexport const TYPES: Readonly<Record<string, string>> = {\n${record(types)}};\n\n` +
    '/** Endings of compressed files, as they are spelled: the type is that of what is inside. */\n' +
    `export const COMPRESSIONS: readonly string[] = [${compressions.map((ending) => `'${ending}'`).join(', ')}];\n\n` +
    `/** What an ending is short for. */\nexport const SHORT_FORMS: Readonly<Record<string, string>> = {\n${record(shortForms)}};\n`
  );
}

describeWithReference('the media types of files', () => {
  test('are those of Python 3.11', () => {
    const tables = python(
      'db = mimetypes._db; print(json.dumps({"types": db.types_map[True], "compressions": list(db.encodings_map), "shortForms": db.suffix_map}))',
    ) as PythonTables;
    if (process.env.UPDATE_CHECKED_IN) writeFileSync(TABLES, textOf(tables));
    else expect(readFileSync(TABLES, 'utf8')).toBe(textOf(tables));
  });

  test('are answered as the old server does, whatever a name ends in', () => {
    const endings = [...Object.keys(TYPES), ...Object.keys(SHORT_FORMS), ...COMPRESSIONS, '.rtf', '.unknown', '.', ''];
    const names = endings.flatMap((ending) => [
      `sheet${ending}`,
      `SHEET${ending.toUpperCase()}`,
      ending,
      `..${ending}`,
      `a.b${ending}`,
      `sheet${ending}.bak`,
      ...COMPRESSIONS.flatMap((compression) => [
        `sheet${ending}${compression}`,
        `sheet${ending}${compression.toLowerCase()}`,
        `${ending}${compression}`,
      ]),
    ]);
    const asked = [...new Set(names)].filter((name) => name !== '' && !/^\.+$/.test(name));
    const expected = answered(asked);
    const differing = asked.filter((name) => contentTypeOf(name) !== expected[name]);
    expect(asked.length).toBeGreaterThan(2000);
    // But for the endings that are meant to be otherwise.
    const meant = Object.keys(OTHERWISE).map((ending) => `\\${ending}`);
    const otherwise = new RegExp(`(${meant.join('|')})(\\.(gz|Z|z|bz2|xz|br))?$`, 'i');
    expect(differing.filter((name) => !otherwise.test(name))).toEqual([]);
  });

  test('otherwise are only those that the old server’s machine has named so, or that Python does not know', () => {
    const expected = answered(Object.keys(OTHERWISE).map((ending) => `a${ending}`));
    const known = Object.entries(expected).filter(([, type]) => !type.startsWith('text/plain'));
    expect(known.map(([name]) => name)).toEqual(['a.js', 'a.mjs']);
  });
});
