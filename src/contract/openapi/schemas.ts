import type { Type } from '@nestjs/common';
import type { FieldDescription } from '../fields/field';
import { modelOf } from '../fields/model';
import type { PlainObject, PlainValue } from '../json/writer';
import { SCHEMA_NAME_METADATA } from './operation';

/** What FastAPI 0.104.1 says of its own 422 answers. */
const VALIDATION_SCHEMAS: Record<string, PlainObject> = {
  HTTPValidationError: {
    properties: { detail: { items: reference('ValidationError'), type: 'array', title: 'Detail' } },
    type: 'object',
    title: 'HTTPValidationError',
  },
  ValidationError: {
    properties: {
      loc: { items: { anyOf: [{ type: 'string' }, { type: 'integer' }] }, type: 'array', title: 'Location' },
      msg: { type: 'string', title: 'Message' },
      type: { type: 'string', title: 'Error Type' },
    },
    type: 'object',
    required: ['loc', 'msg', 'type'],
    title: 'ValidationError',
  },
};

/** `collected_date` becomes `Collected Date`, as pydantic titles fields and FastAPI functions. */
export function titleOf(name: string): string {
  return name
    .replaceAll('_', ' ')
    .replace(/[A-Za-z]+/g, (word) => word.charAt(0).toUpperCase() + word.slice(1).toLowerCase());
}

/** A reference to a schema of the document. */
export function reference(name: string): PlainObject {
  return { $ref: `#/components/schemas/${name}` };
}

/** The name of a model's schema. */
export function schemaName(type: Type): string {
  return (Reflect.getMetadata(SCHEMA_NAME_METADATA, type) as string | undefined) ?? type.name;
}

function fieldSchema({ name, kind, optional, default: fallback, enum: values }: FieldDescription): PlainValue {
  const title = titleOf(name);
  switch (kind) {
    case 'string':
      return { type: 'string', title };
    case 'integer':
      return optional ? { anyOf: [{ type: 'integer' }, { type: 'null' }], title } : { type: 'integer', title };
    case 'float':
      return { type: 'number', title };
    case 'datetime':
      return { type: 'string', format: 'date-time', title };
    case 'enum': {
      const schema = reference(values?.name ?? title);
      return fallback === undefined ? schema : { allOf: [schema], default: fallback };
    }
  }
}

/** The schemas of the models and of their enumerations, and FastAPI's own two, sorted by name as FastAPI sorts them. */
export function componentSchemas(types: Iterable<Type>): PlainObject {
  const schemas: Record<string, PlainObject> = { ...VALIDATION_SCHEMAS };
  for (const type of types) {
    const { fields } = modelOf(type as Type<object>);
    schemas[schemaName(type)] = {
      properties: Object.fromEntries(fields.map((field) => [field.name, fieldSchema(field)])),
      type: 'object',
      required: fields.filter(({ optional }) => !optional).map(({ name }) => name),
      title: schemaName(type),
    };
    for (const { enum: values } of fields) {
      if (values !== undefined) {
        schemas[values.name] = { type: 'string', enum: values.values, title: values.name };
      }
    }
  }
  return Object.fromEntries(Object.entries(schemas).sort(([a], [b]) => (a < b ? -1 : 1)));
}
