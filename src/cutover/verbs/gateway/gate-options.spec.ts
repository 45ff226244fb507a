import { Command, CommanderError } from 'commander';
import { UsageError } from '../../../command-line';
import { gateLimits, gateRules } from './comparison-options';
import { parseMappings } from '../value-mappings';
import { withGateOptions, type GateOptions } from './gate-options';
import { DEFAULT_GATE_LIMITS } from '../../comparison/gates';

function parsed(...args: string[]): GateOptions {
  const command = withGateOptions(new Command('gateway'))
    .exitOverride()
    .configureOutput({ writeErr: () => undefined });
  return command.parse(args, { from: 'user' }).opts<GateOptions>();
}

test('without any, blue is the deployed, untyped server', () => {
  const options = parsed();
  expect(gateLimits(options)).toEqual(DEFAULT_GATE_LIMITS);
  const names = gateRules(options).map(({ name }) => name);
  expect(names).toContain('enum-refusal');
  expect(names).not.toContain('mapped-values');
});

test('they change what is demanded and what is explained', () => {
  const options = parsed('--typed-blue', '--comparisons', '5', '--error-rate', '0', '--p95-ratio', '2');
  expect(gateLimits(options)).toMatchObject({ comparisons: 5, errorRate: 0, p95Ratio: 2 });
  expect(gateRules(options).map(({ name }) => name)).not.toContain('enum-refusal');
});

test('replaced values are read as the import reads them', () => {
  const options = parsed('--map', 'waste_type:card=board=paper', '--map', 'status:done=completed');
  expect(parseMappings(options.map)).toEqual([
    { field: 'waste_type', from: 'card=board', to: 'paper' },
    { field: 'status', from: 'done', to: 'completed' },
  ]);
  expect(gateRules(options).map(({ name }) => name)).toContain('mapped-values');
});

test.each(['location:a=b', 'unit:bags', 'unit:bags=sacks', 'unit:kg=tons'])('--map %s is refused', (value) => {
  expect(() => gateRules(parsed('--map', value))).toThrow(UsageError);
});

test.each([
  ['--comparisons', '-1'],
  ['--error-rate', '2'],
  ['--error-rate', ''],
  ['--p95-ratio', '0'],
])('%s %p is refused', (option, value) => {
  expect(() => parsed(option, value)).toThrow(CommanderError);
});
