import { RequestMethod, type Type } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA, ROUTE_ARGS_METADATA, RouteParamtypes } from '@nestjs/common/internal';
import type { ModulesContainer } from '@nestjs/core';
import { modelOf, type Model } from '../fields/model';
import { OPERATION_METADATA, type OperationDescription } from '../openapi/operation';

/** What a handler wants to be given, read from its ordinary Nest decorators and the types of its parameters. */
export interface HandlerPlan {
  readonly method: string;
  /** The path in the contract's spelling: /api/collections/{collection_id}. */
  readonly template: string;
  /** Path parameters that are declared as bigint: the contract's integers. */
  readonly integers: readonly string[];
  /** The model of the @Body() parameter. */
  readonly body: Model<object> | undefined;
  /** The class of that model. */
  readonly bodyType: Type | undefined;
  /** Kinds of parameters that only Express can fill. */
  readonly express: readonly string[];
  /** What the API's documentation says of the handler; undefined keeps it out. */
  readonly operation: OperationDescription | undefined;
}

// Nest keys the parameters of a handler by kind and index: `5:0`.
const PARAM = String(RouteParamtypes.PARAM);
const BODY = String(RouteParamtypes.BODY);

// These are filled from what Express adds to a request, which the contract's side does not have.
const OF_EXPRESS = ['QUERY', 'IP', 'HOST', 'SESSION', 'FILE', 'FILES'] as const;
const REFUSED = new Map(OF_EXPRESS.map((name) => [String(RouteParamtypes[name]), name]));

interface RouteArgument {
  readonly index: number;
  readonly data?: string;
}

/** `:name` as Nest writes a path parameter, `{name}` as the contract does. */
export function templateOf(path: string): string {
  const clean = `/${path}`.replace(/\/{2,}/g, '/').replace(/(?<=.)\/$/, '');
  return clean.replace(/:(\w+)/g, '{$1}');
}

function planOf(controller: Type, handler: (...args: unknown[]) => unknown, name: string): HandlerPlan | undefined {
  const path = Reflect.getMetadata(PATH_METADATA, handler) as string | undefined;
  if (path === undefined) return undefined;
  const method = RequestMethod[Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod];
  const prefix = Reflect.getMetadata(PATH_METADATA, controller) as string;
  const types = (Reflect.getMetadata('design:paramtypes', controller.prototype as object, name) ?? []) as Type[];
  const found = (Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, name) ?? {}) as Record<string, RouteArgument>;
  const integers: string[] = [];
  const express: string[] = [];
  let bodyType: Type | undefined;
  for (const [key, { index, data }] of Object.entries(found)) {
    const kind = key.split(':')[0];
    const type = types[index] as unknown;
    const ofExpress = REFUSED.get(kind ?? '');
    if (ofExpress !== undefined) express.push(ofExpress);
    if (kind === PARAM && type === BigInt && data !== undefined) integers.push(data);
    if (kind === BODY) bodyType = type as Type;
  }
  return {
    method,
    template: templateOf(`${prefix}/${path}`),
    integers,
    body: bodyType === undefined ? undefined : modelOf(bodyType as Type<object>),
    bodyType,
    express,
    operation: Reflect.getMetadata(OPERATION_METADATA, handler) as OperationDescription | undefined,
  };
}

/** The plan of every handler of an application's controllers, in the order of its modules. */
export function handlerPlans(modules: ModulesContainer): HandlerPlan[] {
  const plans: HandlerPlan[] = [];
  for (const { controllers } of modules.values()) {
    for (const { metatype } of controllers.values()) {
      const controller = metatype as Type;
      const prototype = controller.prototype as Record<string, (...args: unknown[]) => unknown>;
      for (const name of Object.getOwnPropertyNames(prototype)) {
        const handler = prototype[name];
        const plan = name === 'constructor' || handler === undefined ? undefined : planOf(controller, handler, name);
        if (plan !== undefined) plans.push(plan);
      }
    }
  }
  return plans;
}
