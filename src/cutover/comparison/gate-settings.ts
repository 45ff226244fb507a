import { readFile } from 'node:fs/promises';
import { replacePrivateFile } from '../../private-file';
import { CutoverError, messageOf } from '../cutover-error';
import type { GateLimits, GateSettingsStatus } from './gates/gate-limits';

/** What was asked of the gates' limits cannot be done; the message says why. */
export class GateSettingsError extends CutoverError {
  override name = 'GateSettingsError';
}

/** A limit that was changed while the gateway ran. */
export interface LimitChange {
  readonly limit: keyof GateLimits;
  readonly from: number;
  readonly to: number;
}

interface Kind {
  readonly least: number;
  readonly most: number;
  readonly isWhole: boolean;
}

const COUNT = { least: 0, most: 999_999_999, isWhole: true };

/** What each limit may be; the same as for the options. */
const KINDS: Readonly<Record<keyof GateLimits, Kind>> = {
  comparisons: COUNT,
  routeComparisons: COUNT,
  errorRate: { least: 0, most: 1, isWhole: false },
  p95Ratio: { least: 0.001, most: 1000, isWhole: false },
  latencyFloor: { least: 0, most: 86_400_000, isWhole: false },
  answers: { ...COUNT, least: 1 },
  behind: COUNT,
};

/** Checks what is to be changed: limits by their names, where null stands for what the gateway was started with. */
function parseLimits(input: Readonly<Record<string, unknown>>): Partial<Record<keyof GateLimits, number | null>> {
  const names = Object.keys(input);
  if (names.length === 0) throw new GateSettingsError(`Name a limit: ${Object.keys(KINDS).join(', ')}.`);
  for (const name of names) {
    const value = input[name];
    if (!isLimit(name)) {
      throw new GateSettingsError(`"${name}" is no limit of the gates: there are ${Object.keys(KINDS).join(', ')}.`);
    }
    const { least, most, isWhole } = KINDS[name];
    const isNumber = typeof value === 'number' && value >= least && value <= most;
    if (value !== null && !(isNumber && (!isWhole || Number.isInteger(value)))) {
      const kind = isWhole ? 'a whole number' : 'a number';
      throw new GateSettingsError(
        `"${name}" is ${kind} from ${least} to ${most}, or null for what it was at the start.`,
      );
    }
  }
  return input;
}

/**
 * The limits of the gates: those that the gateway was started with, and over them those that were changed while it ran, which
 * a file keeps. What was changed is told.
 */
export class GateSettings {
  private saving: Promise<void> = Promise.resolve();

  private constructor(
    private readonly file: string,
    private readonly started: Readonly<GateLimits>,
    private changed: Readonly<Partial<GateLimits>>,
    private readonly onChange: (changes: readonly LimitChange[]) => void,
  ) {}

  /** @throws GateSettingsError if the file is damaged or cannot be read */
  static async open(
    file: string,
    started: Readonly<GateLimits>,
    onChange: (changes: readonly LimitChange[]) => void = () => undefined,
  ): Promise<GateSettings> {
    return new GateSettings(file, started, await readChanged(file), onChange);
  }

  get limits(): Readonly<GateLimits> {
    return { ...this.started, ...this.changed };
  }

  get status(): GateSettingsStatus {
    return { limits: this.limits, changed: Object.keys(this.changed).filter(isLimit) };
  }

  /** Changes limits: durably first, then they hold. @throws GateSettingsError, or the file system's error; nothing has changed then */
  change(input: Readonly<Record<string, unknown>>): Promise<GateSettingsStatus> {
    const wanted = parseLimits(input);
    const done = this.saving.then(() => this.changeNow(wanted));
    this.saving = done.then(
      () => undefined,
      () => undefined,
    );
    return done;
  }

  private async changeNow(wanted: Partial<Record<keyof GateLimits, number | null>>): Promise<GateSettingsStatus> {
    const before = this.limits;
    const kept = Object.entries({ ...this.changed, ...wanted }).filter(([, value]) => value !== null);
    const changed = Object.fromEntries(kept) as Partial<GateLimits>;
    await replacePrivateFile(this.file, `${JSON.stringify(changed)}\n`);
    this.changed = changed;
    const now = this.limits;
    const changes = Object.keys(KINDS)
      .filter(isLimit)
      .flatMap((limit) => (before[limit] === now[limit] ? [] : [{ limit, from: before[limit], to: now[limit] }]));
    if (changes.length > 0) this.onChange(changes);
    return this.status;
  }
}

function isLimit(name: string): name is keyof GateLimits {
  return Object.hasOwn(KINDS, name);
}

async function readChanged(file: string): Promise<Partial<GateLimits>> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new GateSettingsError(`${file} cannot be read: ${messageOf(error)}`, { cause: error });
  });
  if (text === undefined) return {};
  try {
    const changed = JSON.parse(text) as Record<string, unknown>;
    return Object.keys(changed).length === 0 ? {} : (parseLimits(changed) as Partial<GateLimits>);
  } catch (error) {
    throw new GateSettingsError(
      `${file} is damaged: ${messageOf(error)} Remove it: the gates' limits are those of the options then.`,
      { cause: error },
    );
  }
}
