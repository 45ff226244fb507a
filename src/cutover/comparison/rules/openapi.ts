import { pointOf } from '../../../divergences';
import { differsOnlyIn, type ReviewedRule } from './reviewed-rule';

/** Where the typed and the untyped document differ: the schemas of the enumerations, and the fields that have them. */
const ENUM_SCHEMAS = ['WasteType', 'Unit', 'Status'];
const ENUM_FIELDS = ['waste_type', 'unit', 'status'];

interface Schema {
  properties?: Record<string, unknown>;
}

interface OpenApiDocument {
  components?: { schemas?: Record<string, Schema> };
}

/** The document describes the enumerations, which an untyped old side does not know. All else in it must be equal. */
export const OPENAPI_RULE: ReviewedRule = {
  name: 'openapi-enums',
  point: pointOf('enumerations'),
  sentence: 'The new side’s /openapi.json describes waste_type, unit and status as enumerations.',
  explains: (pair) => {
    const { path, request, blue, green } = pair;
    if (path !== '/openapi.json' || blue.status !== 200 || green.status !== 200) return false;
    if (request.method === 'HEAD') return differsOnlyIn(pair, 'content-length');
    if (request.method !== 'GET' || !differsOnlyIn(pair, 'body')) return false;
    const [left, right] = [blue, green].map(({ body }) => withoutEnums(body.toString('utf8')));
    return left !== undefined && left === right;
  },
};

/** The document, key order kept, without what the enumerations add; undefined if it is no such document. */
function withoutEnums(text: string): string | undefined {
  let document: OpenApiDocument | null;
  try {
    document = JSON.parse(text) as OpenApiDocument | null;
  } catch {
    return undefined;
  }
  const schemas = document?.components?.schemas;
  if (schemas === undefined) return undefined;
  const kept = Object.entries(schemas).filter(([name]) => !ENUM_SCHEMAS.includes(name));
  for (const [, schema] of kept) {
    for (const field of ENUM_FIELDS) if (schema.properties?.[field] !== undefined) schema.properties[field] = '(enum)';
  }
  return JSON.stringify({ ...document, components: { ...document?.components, schemas: Object.fromEntries(kept) } });
}
