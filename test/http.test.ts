import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { ValidationPipe } from '@nestjs/common';
import { Person, call } from './support/person.js';
import { routesOf } from './support/routes.js';
import { type RunningApp, startApp } from './support/running-app.js';

let app: RunningApp;
let ann: Person;
beforeAll(async () => {
  app = await startApp({ CORS_ORIGINS: 'https://chat.example.org', NODE_ENV: 'test' });
  ann = await Person.signUp(app.url, 'Ann');
});
afterAll(() => app.stop());

const failure = (code: string) => ({ success: false, message: expect.any(String), code });

async function post(path: string, body: string | Uint8Array, headers: Record<string, string> = {}) {
  const response = await fetch(app.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${ann.token}`, ...headers },
    body: body as string,
  });
  return { status: response.status, body: await response.json() };
}

describe('Errors have one shape', () => {
  test('unknown routes, in every form', async () => {
    for (const path of [
      '/',
      '/api',
      '/api/nothing',
      '/API/friends',
      '//api/friends',
      '/api/friends;x=1',
      '/api/friends/%2e%2e',
    ]) {
      const { status, body } = await call(app.url, 'GET', path);
      expect([401, 404]).toContain(status);
      expect(body).toEqual(failure(status === 401 ? 'unauthorized' : 'not_found'));
    }
    expect(await call(app.url, 'DELETE', '/api/friends', { token: ann.token })).toMatchObject({
      status: 404,
    });
  });

  test('OPTIONS without being a preflight is an unknown route', async () => {
    for (const path of ['/api/friends', '/nope']) {
      expect(await call(app.url, 'OPTIONS', path)).toMatchObject({ status: 404, body: failure('not_found') });
    }
  });

  test('a path that cannot be decoded', async () => {
    expect(await call(app.url, 'GET', '/api/messages/%zz', { token: ann.token })).toMatchObject({
      status: 400,
      body: failure('validation_failed'),
    });
  });

  test.each([
    ['malformed JSON', '{"recipientId":'],
    ['no JSON at all', 'hello'],
  ])('%s', async (_, body) => {
    expect(await post('/api/messages/send', body)).toEqual({ status: 400, body: failure('malformed_json') });
  });

  test('deep nesting, 95,000 fields and half a million zeros, measured before they are walked through', async () => {
    const deep = `{"text":${'['.repeat(20_000)}${']'.repeat(20_000)}}`;
    const wide = JSON.stringify(
      Object.fromEntries(Array.from({ length: 95_000 }, (_, index) => [`k${index}`, 1])),
    );
    const long = JSON.stringify({ email: Array.from({ length: 500_000 }, () => 0) });
    // Nest's own, which walks: it took 5 to 17 s, in which nobody else was served.
    const walk = jest.spyOn(ValidationPipe.prototype, 'transform');
    for (const body of [deep, wide, long]) {
      expect(await post('/api/auth/login', body)).toEqual({
        status: 400,
        body: { ...failure('validation_failed'), message: expect.stringContaining('too many fields') },
      });
    }
    expect(walk.mock.calls.filter(([, { type }]) => type === 'body')).toEqual([]);
    walk.mockRestore();
  });

  test('another content type', async () => {
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
    ]) {
      expect(await post('/api/messages/send', 'a=b', { 'content-type': type })).toEqual({
        status: 415,
        body: failure('unsupported_media_type'),
      });
    }
  });
});

describe('Input is strict', () => {
  test('a query parameter or body that a route does not take is refused', async () => {
    expect(await ann.get('/api/friends?limit=5')).toMatchObject({
      status: 400,
      body: { errors: [{ field: 'limit' }] },
    });
    expect(await ann.post('/api/auth/logout', { all: true })).toMatchObject({
      status: 400,
      body: { errors: [{ field: 'all' }] },
    });
    expect(await ann.put('/api/conversations/' + 'f'.repeat(24) + '/metadata?x=1', {})).toMatchObject({
      status: 400,
    });
  });

  test('an empty body with a content type counts as none', async () => {
    const response = await fetch(`${app.url}/api/friends/${'f'.repeat(24)}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${ann.token}`, 'content-type': 'application/json' },
    });
    expect(response.status).toBe(404);
  });
});

describe('Headers', () => {
  test('every answer has a request id and says no more of the server than needed', async () => {
    const { headers } = await ann.get('/api/friends');
    expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-powered-by')).toBeNull();
    expect(headers.get('server')).toBeNull();
  });

  test.each([
    ['https://chat.example.org', true],
    ['http://localhost:5173', true],
    ['https://evil.test', false],
    ['https://chat.example.org.evil.test', false],
    ['null', false],
  ])('origin %s: allowed %p', async (origin, isAllowed) => {
    const { headers } = await call(app.url, 'GET', '/api/friends', { token: ann.token, headers: { origin } });
    expect(headers.get('access-control-allow-origin')).toBe(isAllowed ? origin : null);
    const preflight = await fetch(`${app.url}/api/messages/send`, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization',
      },
    });
    expect(preflight.headers.get('access-control-allow-origin')).toBe(isAllowed ? origin : null);
  });

  test('browsers may read what clients need', async () => {
    const origin = 'https://chat.example.org';
    const { headers } = await call(app.url, 'GET', '/api/friends', { token: ann.token, headers: { origin } });
    expect(headers.get('access-control-expose-headers')).toBe('Link, Retry-After, X-Request-Id');
  });
});

describe('The API document', () => {
  test('has every route, each described, with its errors', async () => {
    const { status, body } = await call<{
      paths: Record<
        string,
        Record<string, { summary?: string; responses: Record<string, { description?: string }> }>
      >;
      components: { schemas: Record<string, unknown> };
    }>(app.url, 'GET', '/api/docs-json');
    expect(status).toBe(200);
    const documented = Object.entries(body.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replaceAll(/\{\w+\}/g, ':')}`),
    );
    expect(documented.toSorted()).toEqual(routesOf(app).toSorted());
    for (const [path, methods] of Object.entries(body.paths)) {
      for (const { summary, responses } of Object.values(methods)) {
        expect([path, summary]).toEqual([path, expect.any(String)]);
        expect(Object.keys(responses).some((status) => status.startsWith('2'))).toBe(true);
        for (const [status, { description }] of Object.entries(responses)) {
          expect([status, description]).toEqual([
            status,
            expect.stringMatching(status >= '400' ? /^`\w+`: / : /^/),
          ]);
        }
      }
    }
    expect(body.components.schemas).toHaveProperty('ErrorResponse');
  });

  test('the page works', async () => {
    const page = await fetch(`${app.url}/api/docs`);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('swagger-ui');
  });
});
