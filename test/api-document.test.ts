/** The check that every call of these tests passes: that it lets nothing through which the document does not tell. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Answered, ApiDocument } from './support/api-document.js';
import { call, Person } from './support/person.js';
import { type RunningApp, startApp } from './support/running-app.js';

let app: RunningApp;
let document: ApiDocument;
let good: Answered;

beforeAll(async () => {
  app = await startApp();
  const ann = await Person.signUp(app.url, 'Ann');
  const { status, body } = await ann.get('/api/users/me');
  good = { method: 'GET', path: '/api/users/me', status, type: 'application/json', body };
  document = (await ApiDocument.of(app.url)) as ApiDocument;
});
afterAll(() => app.stop());

/** What the document has against this, which is like a good answer in all else. */
function complaintAbout(different: Partial<Answered>): string | undefined {
  try {
    document.mustDescribe({ ...good, ...different });
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** The account of the good answer, and this. */
function accountWith(fields: Record<string, unknown>): Record<string, unknown> {
  const { user, ...rest } = good.body as { user: Record<string, unknown> };
  return { ...rest, user: { ...user, ...fields } };
}

test('a good answer passes', () => {
  expect(complaintAbout({})).toBeUndefined();
  expect(complaintAbout({ body: accountWith({ photoURL: null }) })).toBeUndefined();
});

describe('What is refused:', () => {
  test.each<[string, () => Partial<Answered>, string]>([
    ['a field too many', () => ({ body: accountWith({ passwordHash: '$argon2' }) }), 'passwordHash'],
    ['a field too few', () => ({ body: accountWith({ email: undefined }) }), 'email'],
    ['another type', () => ({ body: accountWith({ name: 7 }) }), '/user/name must be string'],
    [
      'null for what is always there',
      () => ({ body: accountWith({ name: null }) }),
      '/user/name must be string',
    ],
    ['an id in another form', () => ({ body: accountWith({ _id: 'abc' }) }), '/user/_id must match pattern'],
    [
      'a time without milliseconds',
      () => ({ body: accountWith({ createdAt: '2026-01-01T12:00:00Z' }) }),
      '/user/createdAt must match format',
    ],
    [
      'a body where there is none',
      () => ({ method: 'POST', path: '/api/auth/logout', status: 204 }),
      'no body',
    ],
    ['a status that is not told', () => ({ status: 418 }), 'has no response 418'],
    ['a route that is not told', () => ({ path: '/api/secrets' }), 'no such route'],
    ['a method that is not told', () => ({ method: 'DELETE' }), 'no such route'],
    [
      'a 404 in another shape',
      () => ({ path: '/api/secrets', status: 404, body: { error: 'Not Found' } }),
      'success',
    ],
    ['a page in the place of JSON', () => ({ type: 'text/html', body: '<html>' }), 'no schema for text/html'],
  ])('%s', (_, different, complaint) => {
    expect(complaintAbout(different())).toContain(complaint);
  });
});

test('every schema of an answer names all its fields', async () => {
  const { body } = await call<{ components: { schemas: Record<string, Record<string, unknown>> } }>(
    app.url,
    'GET',
    '/api/docs-json',
  );
  const open = Object.entries(body.components.schemas).filter(
    ([, { type, properties, additionalProperties }]) =>
      type !== 'object' || (properties === undefined && additionalProperties === undefined),
  );
  expect(open).toEqual([]);
});
