import { pino } from 'pino';
import { PinoLogger } from './logger';

function recording(level = 'trace') {
  const lines: Record<string, unknown>[] = [];
  const stream = { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) };
  const logger = new PinoLogger(pino({ level, base: null, timestamp: false }, stream));
  return { lines, logger };
}

it('passes each of the levels of Nest on, with the context', () => {
  const { lines, logger } = recording();
  logger.fatal('f', 'Here');
  logger.error('e', 'a stack', 'Here');
  logger.warn('w', 'Here');
  logger.log('l', 'Here');
  logger.debug('d', 'Here');
  logger.verbose('v', 'Here');
  expect(lines).toEqual(
    [60, 50, 40, 30, 20, 10].map((level, index) => ({ level, context: 'Here', msg: 'fewldv'[index] })),
  );
});

it("keeps the framework's account of its own start for debugging", () => {
  const { lines, logger } = recording('info');
  logger.log('Mapped {/health, GET} route', 'RouterExplorer');
  logger.log('Connected', 'Database');
  expect(lines.map(({ msg }) => msg)).toEqual(['Connected']);
});

it('takes objects as fields', () => {
  const { lines, logger } = recording();
  logger.log({ msg: 'done', rows: 3 }, 'Here');
  expect(lines).toEqual([{ level: 30, context: 'Here', msg: 'done', rows: 3 }]);
});
