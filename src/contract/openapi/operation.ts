import { SetMetadata, type CustomDecorator, type Type } from '@nestjs/common';

/** What a handler answers with 200: a model, a list of one, any JSON, or a page. */
export type Answer = Type | readonly [Type] | 'json' | 'html';

/** What the API's documentation says of a handler beside what its declaration tells. */
export interface OperationDescription {
  /** The function's name in the old server: FastAPI derives summary and operationId from it. */
  readonly name: string;
  readonly description: string;
  readonly answer: Answer;
}

export const OPERATION_METADATA = 'contract:operation';
export const SCHEMA_NAME_METADATA = 'contract:schema-name';

/** Puts a handler into the OpenAPI document. */
export function Operation(name: string, description: string, answer: Answer = 'json'): CustomDecorator {
  return SetMetadata(OPERATION_METADATA, { name, description, answer } satisfies OperationDescription);
}

/** The name of a model in the OpenAPI document; without it, the name of its class. */
export function SchemaName(name: string): ClassDecorator {
  return (type) => Reflect.defineMetadata(SCHEMA_NAME_METADATA, name, type);
}
