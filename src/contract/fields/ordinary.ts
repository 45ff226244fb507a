import { isUtf8 } from 'node:buffer';
import type { Field } from './field';

/** So short that neither 969 levels nor an integer of 4301 digits, which the exact reader refuses, fit in. */
const MAX_LENGTH = 1900;
const OPENING_BRACE = 0x7b;

/**
 * A reader for the bodies that clients ordinarily send, on Node's own JSON.parse. It takes a body only if the exact
 * reader would give the same model: UTF-8 by Python's detection, within its limits, RFC 8259 (a part of Python's
 * grammar), every field of a plainly valid form. It says undefined to everything else, every error included.
 */
export function ordinaryReader<T extends object>(
  type: new () => T,
  fields: readonly Field[],
): (body: Buffer) => T | undefined {
  return (body) => {
    if (body.length > MAX_LENGTH || body[0] !== OPENING_BRACE || body[1] === 0 || !isUtf8(body)) return undefined;
    const input = parseObject(body.toString('utf8'));
    if (input === undefined) return undefined;
    const model = new type() as Record<string, unknown>;
    for (const { description, readOrdinary } of fields) {
      const { name } = description;
      // Own properties only: every object has a `constructor`.
      const value = Object.hasOwn(input, name) ? readOrdinary(input[name]) : description.default;
      if (value === undefined) return undefined;
      model[name] = value;
    }
    return model as T;
  };
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
