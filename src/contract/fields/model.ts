import { JsonSyntaxError, OversizedBody, readJson, UnreadableBody } from '../json/reader';
import type { JsonValue } from '../json/value';
import { writeJson, type PlainValue } from '../json/writer';
import { isJsonContentType } from './content-type';
import { ContractDatetime } from './contract-datetime';
import type { ErrorItem } from './errors';
import { type Field, type FieldDescription, fieldsOf } from './field';
import { ordinaryReader } from './ordinary';
import { invalidJson, MISSING, NOT_AN_OBJECT, Problem } from './problem';

/** What became of a body. */
export type BodyResult<T> =
  | { readonly kind: 'model'; readonly model: T }
  /** 422, reported beside an error of the path. */
  | { readonly kind: 'invalid'; readonly errors: ErrorItem[] }
  /** 422, reported alone. */
  | { readonly kind: 'syntax'; readonly errors: ErrorItem[] }
  /** 400, reported alone. */
  | { readonly kind: 'unreadable' }
  /** 413, reported alone. */
  | { readonly kind: 'oversized' };

/** A class with field decorators, ready to read request bodies. */
export interface Model<T> {
  /** In the order of their declaration. */
  readonly fields: readonly FieldDescription[];
  /**
   * Reads a request body as FastAPI 0.104.1 with pydantic 2.5.0 does.
   *
   * @param contentType the first Content-Type header, null if there is none
   */
  read(body: Buffer, contentType: string | null): BodyResult<T>;
  /** The model's JSON as the old server answers it: its fields in their order, and nothing else. */
  write(model: T): string;
}

const models = new WeakMap<new () => object, Model<object>>();

/**
 * The model of a class, compiled at the first call.
 *
 * @throws TypeError if the class has no fields
 */
export function modelOf<T extends object>(type: new () => T): Model<T> {
  const known = models.get(type);
  if (known !== undefined) return known as Model<T>;
  const model = new CompiledModel(type, fieldsOf(type));
  models.set(type, model);
  return model;
}

class CompiledModel<T extends object> implements Model<T> {
  readonly fields: readonly FieldDescription[];
  private readonly readOrdinary: (body: Buffer) => T | undefined;

  constructor(
    private readonly type: new () => T,
    private readonly rules: readonly Field[],
  ) {
    if (rules.length === 0) throw new TypeError(`${type.name} has no fields: give its properties field decorators`);
    this.fields = rules.map((rule) => rule.description);
    this.readOrdinary = ordinaryReader(type, rules);
  }

  read(body: Buffer, contentType: string | null): BodyResult<T> {
    if (body.length === 0) return this.validate(null);
    if (!isJsonContentType(contentType)) return this.validate(body.toString('utf8'));
    const model = this.readOrdinary(body);
    return model === undefined ? this.readExactly(body) : { kind: 'model', model };
  }

  write(model: T): string {
    const values = model as Readonly<Record<string, PlainValue | ContractDatetime>>;
    const members = this.fields.map(({ name }): [string, PlainValue] => [name, plain(values[name] ?? null)]);
    return writeJson(Object.fromEntries(members));
  }

  private readExactly(body: Buffer): BodyResult<T> {
    try {
      return this.validate(readJson(body));
    } catch (error) {
      if (error instanceof OversizedBody) return { kind: 'oversized' };
      if (error instanceof UnreadableBody) return { kind: 'unreadable' };
      if (!(error instanceof JsonSyntaxError)) throw error;
      const item = invalidJson(error.reason).at(['body', error.position], new Map());
      return { kind: 'syntax', errors: [item] };
    }
  }

  private validate(body: JsonValue): BodyResult<T> {
    if (body === null) return invalid(MISSING.at(['body'], null));
    if (!(body instanceof Map)) return invalid(NOT_AN_OBJECT.at(['body'], body));
    const model = new this.type() as Record<string, unknown>;
    const errors: ErrorItem[] = [];
    for (const rule of this.rules) {
      const { name, default: absent } = rule.description;
      const input = body.get(name);
      const value = input === undefined ? (absent === undefined ? MISSING : absent) : rule.read(input);
      if (value instanceof Problem) errors.push(value.at(['body', name], input === undefined ? body : input));
      else model[name] = value;
    }
    return errors.length === 0 ? { kind: 'model', model: model as T } : { kind: 'invalid', errors };
  }
}

function plain(value: PlainValue | ContractDatetime): PlainValue {
  return value instanceof ContractDatetime ? value.toString() : value;
}

function invalid(...errors: ErrorItem[]): BodyResult<never> {
  return { kind: 'invalid', errors };
}
