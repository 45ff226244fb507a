import type { Type } from '@nestjs/common';
import type { HandlerPlan } from '../http/handler-plans';
import { writeJson, type PlainObject, type PlainValue } from '../json/writer';
import type { Answer, OperationDescription } from './operation';
import { componentSchemas, reference, schemaName, titleOf } from './schemas';

export interface ApiInfo {
  readonly title: string;
  readonly description: string;
  readonly version: string;
}

const json = (schema: PlainValue): PlainObject => ({ 'application/json': { schema } });

function modelOfAnswer(answer: Answer): Type | undefined {
  if (typeof answer === 'string') return undefined;
  return typeof answer === 'function' ? answer : answer[0];
}

function successContent(answer: Answer, operationId: string): PlainObject {
  if (answer === 'html') return { 'text/html': { schema: { type: 'string' } } };
  if (answer === 'json') return json({});
  if (typeof answer === 'function') return json(reference(schemaName(answer)));
  return json({ items: reference(schemaName(answer[0])), type: 'array', title: `Response ${titleOf(operationId)}` });
}

function requestBody(type: Type, hasParameters: boolean): PlainObject {
  const content = json(reference(schemaName(type)));
  // FastAPI 0.104.1 writes the two keys in another order once an operation has parameters.
  return hasParameters ? { required: true, content } : { content, required: true };
}

function operationOf(
  { method, template, integers, bodyType }: HandlerPlan,
  described: OperationDescription,
): PlainObject {
  const { name, description, answer } = described;
  // FastAPI's generate_unique_id.
  const operationId = `${`${name}${template}`.replace(/\W/g, '_')}_${method.toLowerCase()}`;
  const validated = integers.length > 0 || bodyType !== undefined;
  return {
    summary: titleOf(name),
    description,
    operationId,
    ...(integers.length > 0 && {
      parameters: integers.map((parameter) => ({
        name: parameter,
        in: 'path',
        required: true,
        schema: { type: 'integer', title: titleOf(parameter) },
      })),
    }),
    ...(bodyType !== undefined && { requestBody: requestBody(bodyType, integers.length > 0) }),
    responses: {
      // Keys that look like integers come in their own order in JavaScript, which is the order FastAPI gives them.
      200: { description: 'Successful Response', content: successContent(answer, operationId) },
      ...(validated && { 422: { description: 'Validation Error', content: json(reference('HTTPValidationError')) } }),
    },
  };
}

/**
 * The OpenAPI 3.1.0 document as FastAPI 0.104.1 generates it, from the handlers' plans and their @Operation; handlers
 * without one stay out. The bytes do not change while the server runs.
 */
export function openApiDocument(info: ApiInfo, plans: readonly HandlerPlan[]): string {
  const paths: Record<string, Record<string, PlainObject>> = {};
  const types = new Set<Type>();
  for (const plan of plans) {
    const { operation, bodyType } = plan;
    if (operation === undefined) continue;
    const model = modelOfAnswer(operation.answer);
    if (model !== undefined) types.add(model);
    if (bodyType !== undefined) types.add(bodyType);
    (paths[plan.template] ??= {})[plan.method.toLowerCase()] = operationOf(plan, operation);
  }
  return writeJson({
    openapi: '3.1.0',
    info: { title: info.title, description: info.description, version: info.version },
    paths,
    components: { schemas: componentSchemas(types) },
  });
}
