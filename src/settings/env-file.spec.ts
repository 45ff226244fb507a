import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addMissing, EnvFileError, readEnvFile } from './env-file';

describe('readEnvFile', () => {
  const directory = mkdtempSync(join(tmpdir(), 'env-file-'));
  const file = join(directory, '.env');
  afterAll(() => rmSync(directory, { recursive: true }));

  const read = (content: string) => {
    writeFileSync(file, content);
    return readEnvFile(file);
  };

  it('reads NAME=value, quotes and comments, in the line ends of every system', () => {
    const content =
      '\uFEFF# ours\r\nPORT=8100 # public\r\n\r\nexport HOST="0.0.0.0"\r\nDATA_DIR=\'/a b\'\r\nDATABASE_URL=\r\n';
    expect(read(content)).toEqual({ PORT: '8100', HOST: '0.0.0.0', DATA_DIR: '/a b', DATABASE_URL: '' });
  });

  it('has nothing where there is no such file', () => {
    expect(readEnvFile(join(directory, 'none'))).toEqual({});
  });

  it.each([
    ['no assignment', 'PORT 8100'],
    ['no name', '=hidden'],
    ['a quote that is not closed', 'DATABASE_URL="postgresql://me:hidden@host/db'],
    ['something behind the quotes', 'DATABASE_URL="hidden" more'],
  ])('a line with %s is named, and not repeated', (_, line) => {
    expect(() => read(`PORT=1\n${line}\n`)).toThrow(EnvFileError);
    expect(() => read(`PORT=1\n${line}\n`)).toThrow(`Line 2 of ${file} is not of the form NAME=value`);
    expect(() => read(line)).not.toThrow('hidden');
  });

  it('a folder of that name is told', () => {
    mkdirSync(join(directory, 'folder'));
    expect(() => readEnvFile(join(directory, 'folder'))).toThrow(/folder cannot be read \(EISDIR/);
  });
});

test('what the environment has counts more than the file, unless it is empty there', () => {
  const environment = { PORT: '1', HOST: '' };
  addMissing(environment, { PORT: '2', HOST: 'h', DATA_DIR: 'd' });
  expect(environment).toEqual({ PORT: '1', HOST: 'h', DATA_DIR: 'd' });
});
