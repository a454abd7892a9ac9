import { openApiDocument } from '../../src/operations/api-docs.js';
import type { RunningApp } from './running-app.js';

/** The id that stands for every id in a path: nobody's. */
export const NO_ID = 'f'.repeat(24);

/** What one route takes, as the API document tells it. */
export interface Operation {
  method: string;
  /** With `NO_ID` for each id. */
  path: string;
  /** A body with the required fields, and a text where there is one, each of them valid. */
  body: Record<string, unknown> | undefined;
  /** The fields of the body, those of objects in it with dotted names. */
  fields: string[];
  /** The names of the query parameters. */
  query: string[];
}

interface Schema {
  $ref?: string;
  allOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  example?: unknown;
  enum?: unknown[];
}

/** The router's own table as `GET /api/friends/:`, without what is for machines or the documents themselves. */
export function routesOf({ app }: RunningApp): string[] {
  const tree = app.getHttpAdapter().getInstance().printRoutes({ commonPrefix: false });
  const parents: string[] = [];
  const routes: string[] = [];
  for (const line of tree.split('\n')) {
    const [, indent, part, methods] = /^([ │├└─]*)(\S+)(?: \(([A-Z, ]+)\))?/.exec(line) ?? [];
    if (indent === undefined || part === undefined) continue;
    const depth = indent.length / 4;
    const path = (parents[depth - 1] ?? '') + part;
    parents[depth] = path;
    for (const method of methods?.split(', ') ?? [])
      routes.push(`${method} ${path.replaceAll(/:\w+/g, ':')}`);
  }
  return routes.filter((route) => !/^(HEAD|OPTIONS) | \/api\/docs| \/metrics$/.test(route));
}

/** All routes with what they take. */
export function operationsOf({ app }: RunningApp): Operation[] {
  const { paths, components } = openApiDocument(app);
  const resolve = (schema: Schema = {}): Schema => {
    const name = (schema.$ref ?? schema.allOf?.[0]?.$ref)?.split('/').at(-1);
    return name === undefined ? schema : ((components?.schemas?.[name] as Schema | undefined) ?? {});
  };
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods as Record<string, Documented>).map(
      ([method, { requestBody, parameters = [] }]) => {
        const schema = requestBody && resolve(requestBody.content['application/json'].schema);
        return {
          method: method.toUpperCase(),
          path: path.replaceAll(/\{\w+\}/g, NO_ID),
          body: schema && sampleOf(schema),
          fields: schema ? fieldsOf(schema, resolve) : [],
          query: parameters.filter(({ in: where }) => where === 'query').map(({ name }) => name),
        };
      },
    ),
  );
}

interface Documented {
  requestBody?: { content: { 'application/json': { schema: Schema } } };
  parameters?: { in: string; name: string }[];
}

function sampleOf({ properties = {}, required = [] }: Schema): Record<string, unknown> {
  return Object.fromEntries(
    [...required, ...('text' in properties ? ['text'] : [])].map((name) => [
      name,
      properties[name]?.example ?? properties[name]?.enum?.[0],
    ]),
  );
}

function fieldsOf({ properties = {} }: Schema, resolve: (schema: Schema) => Schema): string[] {
  return Object.entries(properties).flatMap(([name, property]) => {
    const inner = fieldsOf(resolve(property), resolve);
    return [name, ...inner.map((field) => `${name}.${field}`)];
  });
}

/** The body with this in the field, all else as it is; an object around it is made where there is none. */
export function holding(
  body: Record<string, unknown>,
  field: string,
  value: unknown,
): Record<string, unknown> {
  const [name = '', ...rest] = field.split('.');
  if (rest.length === 0) return { ...body, [name]: value };
  const inner = (body[name] ?? {}) as Record<string, unknown>;
  return { ...body, [name]: holding(inner, rest.join('.'), value) };
}
