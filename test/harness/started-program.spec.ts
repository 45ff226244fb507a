import { processesOf } from '../../harness/left-behind';
import { StartedProgram } from '../../harness/started-program';
import { tmpdir } from 'node:os';

const shell = (script: string) => new StartedProgram('sh', ['-c', script]);
const never = () => false;

test('a program that ends before it is ready is named, with its status and its last words', async () => {
  const program = shell('echo "the port is taken" >&2; exit 3');
  await expect(program.until(never, { what: 'it listened' })).rejects.toThrow(
    'sh ended with status 3 before it listened:\nthe port is taken',
  );
});

test('a program that is not ready in time is killed, and named with its last words', async () => {
  const program = shell('echo waiting; exec sleep 300');
  await expect(program.until(never, { what: 'it listened', within: 500 })).rejects.toThrow(
    'sh ran for 0.5 s before it listened:\nwaiting',
  );
  expect(await program.ended).toEqual({ code: null, signal: 'SIGKILL' });
  expect(processesOf(tmpdir())).toEqual([]);
});

test('a program that is not there is named, with why', async () => {
  const program = new StartedProgram('/nowhere/nginx', []);
  await expect(program.until(never, { what: 'it listened' })).rejects.toThrow(/before it listened:\n.*ENOENT/);
  expect(program.pid).toBe(0);
});

test('one that has ended can be ended again, and says how it ended', async () => {
  const program = shell('exit 7');
  await program.ended;
  expect(await program.end('SIGTERM')).toEqual({ code: 7, signal: null });
});

test('it has nothing of the environment that could change what a server does', async () => {
  process.env.WASTE_CUTOVER_CONTROL = 'http://elsewhere';
  const program = shell('env');
  await program.ended;
  delete process.env.WASTE_CUTOVER_CONTROL;
  expect(program.words).toContain(`TMPDIR=${tmpdir()}\n`);
  expect(program.words).not.toContain('elsewhere');
});
