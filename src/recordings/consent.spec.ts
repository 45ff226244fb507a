import { PassThrough } from 'node:stream';
import { ConsentError, obtainConsent, type Terminal } from './consent';

const loss = { name: 'database "waste"', tables: ['a', 'b'], countRows: () => Promise.resolve(12_345) };

function terminal(isTTY: boolean, typed = ''): Terminal & { output: PassThrough } {
  const input = Object.assign(new PassThrough(), { isTTY });
  const output = Object.assign(new PassThrough(), { isTTY });
  input.end(typed);
  return { input, output };
}

it('is not assumed where nobody can be asked', async () => {
  const refused = obtainConsent(loss, false, terminal(false, 'destroy\n'));
  await expect(refused).rejects.toThrow(ConsentError);
  await expect(refused).rejects.toThrow('12,345 rows in 2 tables of database "waste"');
});

it('may be given on the command line, and the loss is named', async () => {
  const { input, output } = terminal(false);
  await obtainConsent(loss, true, { input, output });
  expect(String(output.read())).toBe('Destroying 12,345 rows in 2 tables of database "waste".\n');
});

it('may be typed on a terminal, as a whole word', async () => {
  await expect(obtainConsent(loss, false, terminal(true, 'destroy\n'))).resolves.toBeUndefined();
  await expect(obtainConsent(loss, false, terminal(true, 'y\n'))).rejects.toThrow('nothing was destroyed');
  await expect(obtainConsent(loss, false, terminal(true, '\n'))).rejects.toThrow(ConsentError);
});
