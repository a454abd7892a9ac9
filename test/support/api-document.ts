import { Ajv, type ValidateFunction } from 'ajv';
import formats from 'ajv-formats';

/** What came back from one call. */
export interface Answered {
  method: string;
  /** As it was called, with its query. */
  path: string;
  status: number;
  /** The media type, without its parameters; none where there is no body. */
  type: string | undefined;
  body: unknown;
}

interface Schema {
  properties?: Record<string, Schema>;
  [keyword: string]: unknown;
}

interface Described {
  responses: Record<string, { content?: Record<string, { schema?: Schema }> }>;
}

interface Document {
  paths: Record<string, Record<string, Described>>;
  components: { schemas: Record<string, Schema> };
}

/** What OpenAPI says in a schema that is no rule. */
const WORDS = ['example', 'components'];

/** What is served beside the API: the document itself, its page, and the figures for Prometheus. */
const BESIDE = /^\/(api\/docs|metrics)/;

const ANY_ERROR: Schema = { $ref: '#/components/schemas/ErrorResponse' };

/**
 * What an app says of itself at `/api/docs-json`, taken at its word: an answer has a status that its route names,
 * and exactly the fields of that status, no other. Times have the one form that the contract has.
 */
export class ApiDocument {
  private static readonly known = new Map<string, Promise<ApiDocument | undefined>>();

  private readonly ajv = formats
    .default(new Ajv({ allErrors: true, allowUnionTypes: true }))
    .addVocabulary(WORDS)
    .addFormat('date-time', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  private readonly validators = new Map<Schema, ValidateFunction>();
  private readonly routes: { path: string; matches: RegExp; methods: Record<string, Described> }[];

  constructor(private readonly document: Document) {
    closeObjects(document);
    this.routes = Object.entries(document.paths)
      // `/requests` before `/{userId}`
      .toSorted(([one], [other]) => one.split('{').length - other.split('{').length)
      .map(([path, methods]) => ({ path, methods, matches: matcherOf(path) }));
  }

  /** Asked for once; none where the app does not serve it. */
  static of(url: string): Promise<ApiDocument | undefined> {
    const known = this.known.get(url) ?? fetchDocument(url);
    this.known.set(url, known);
    return known;
  }

  /** @throws Error that says what the document does not tell */
  mustDescribe(answered: Answered): void {
    const complaint = this.complaintAbout(answered);
    if (complaint === undefined) return;
    const { method, path, status, body } = answered;
    throw new Error(
      `Not what the API document says: ${method} ${path} answered ${status}\n${complaint}\n${JSON.stringify(body, null, 2)}`,
    );
  }

  private complaintAbout({ method, path, status, type, body }: Answered): string | undefined {
    const pathname = path.split('?', 1)[0] ?? path;
    if (BESIDE.test(pathname)) return undefined;
    const route = this.routes.find(({ matches }) => matches.test(pathname));
    const operation = route?.methods[method === 'HEAD' ? 'get' : method.toLowerCase()];
    if (!route || !operation) {
      return status === 404 ? this.mismatch(ANY_ERROR, body) : 'There is no such route, so it must be 404.';
    }
    const response = operation.responses[status];
    if (!response) return `${route.path} has no response ${status}.`;
    if (method === 'HEAD') return undefined;
    if (!response.content) return body === '' ? undefined : 'There must be no body.';
    const schema = response.content[type ?? '']?.schema;
    return schema ? this.mismatch(schema, body) : `There is no schema for ${type ?? 'an empty body'}.`;
  }

  private mismatch(schema: Schema, body: unknown): string | undefined {
    let validate = this.validators.get(schema);
    if (!validate) {
      validate = this.ajv.compile({ ...schema, components: this.document.components });
      this.validators.set(schema, validate);
    }
    if (validate(body)) return undefined;
    return (validate.errors ?? [])
      .map(
        ({ instancePath, message, params }) =>
          `${instancePath || 'the body'} ${message} ${JSON.stringify(params)}`,
      )
      .join('\n');
  }
}

async function fetchDocument(url: string): Promise<ApiDocument | undefined> {
  const response = await fetch(`${url}/api/docs-json`);
  return response.ok ? new ApiDocument((await response.json()) as Document) : undefined;
}

function matcherOf(path: string): RegExp {
  return new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`);
}

/** Lets no object have fields beside those that are named. */
function closeObjects(node: unknown): void {
  if (typeof node !== 'object' || node === null) return;
  const schema = node as Schema;
  if (schema.type === 'object' && schema.properties) schema.additionalProperties ??= false;
  for (const inner of Object.values(node)) closeObjects(inner);
}
