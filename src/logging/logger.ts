import type { LoggerService } from '@nestjs/common';
import { pino, type Logger } from 'pino';
import { standardOutput, type LogOutput } from './output';

export interface LoggerOptions {
  readonly level: string;
  /** blue or green: which side of a cutover this is. */
  readonly deployment: string | undefined;
}

/** The log: one JSON object an event. */
export function createPino({ level, deployment }: LoggerOptions, output: LogOutput = standardOutput()): Logger {
  const options = {
    level,
    base: { pid: process.pid, ...(deployment === undefined ? {} : { deployment }) },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return pino(options, output);
}

/** Nest's own account of its start: of use to a developer, not every night. */
const FRAMEWORK = new Set(['InstanceLoader', 'NestApplication', 'NestFactory', 'RouterExplorer', 'RoutesResolver']);

/** Nest's logger on pino: the last argument is the context, as Nest passes it. */
export class PinoLogger implements LoggerService {
  constructor(private readonly pino: Logger) {}

  log(message: unknown, ...rest: unknown[]): void {
    this.write(FRAMEWORK.has(String(rest.at(-1))) ? 'debug' : 'info', message, rest);
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.write('fatal', message, rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.write('error', message, rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.write('trace', message, rest);
  }

  private write(
    level: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace',
    message: unknown,
    rest: unknown[],
  ): void {
    const context = rest.at(-1);
    const fields = typeof message === 'object' && message !== null ? message : { msg: String(message) };
    this.pino[level]({ context, ...fields });
  }
}
