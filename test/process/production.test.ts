import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type FaultyMongod, startFaultyMongod } from '../support/faulty-mongod.js';
import { call } from '../support/person.js';
import { type Refusal, type ServiceProcess, ServiceProcesses } from '../support/service-process.js';

const JWT_SECRET = 'a-secret-of-32-bytes-or-a-bit-more';
const METRICS_TOKEN = 'scrape-me';

let services: ServiceProcesses;
let openMongod: FaultyMongod;

beforeAll(async () => {
  services = await ServiceProcesses.inFolder();
  openMongod = await startFaultyMongod();
});

afterAll(async () => {
  await services.end();
  await openMongod.stop();
});

const production = (settings: Record<string, string> = {}) => ({
  NODE_ENV: 'production',
  JWT_SECRET,
  MONGODB_URI: services.newDatabase(),
  ...settings,
});

const refusal = (text: string): Refusal => ({
  code: 1,
  signal: null,
  stdout: '',
  lines: [expect.stringMatching(`^The service cannot start: ${text}`) as unknown as string],
});

const statusOf = async (service: ServiceProcess, path: string, token?: string) => {
  const { status, body } = await call(service.url, 'GET', path, token ? { token } : {});
  if (status >= 400) expect(body).toMatchObject({ success: false, code: expect.any(String) });
  return status;
};

describe('Production refuses to start', () => {
  test.each([
    ['without a JWT_SECRET', { JWT_SECRET: '' }, 'JWT_SECRET must be set in production'],
    ['with a short JWT_SECRET', { JWT_SECRET: 'x1y2z3'.repeat(5) }, 'JWT_SECRET is too weak'],
    ['without a MONGODB_URI', { MONGODB_URI: '' }, 'MONGODB_URI must be set in production'],
    ['with CORS_ORIGINS=*', { CORS_ORIGINS: '*' }, 'CORS_ORIGINS must not be \\* in production'],
  ])('%s', async (_, settings, text) => {
    expect(await services.refuses(production(settings))).toEqual(refusal(text));
  });
});

describe('Production', () => {
  test('shows neither docs nor figures unless it is told to, and logs JSON only', async () => {
    const service = await services.start(production({ LOG_LEVEL: 'debug' }));
    expect(service.stdout).toMatch(/^Ready: API http:\/\/127\.0\.0\.1:\d+\/api\n$/);
    for (const path of ['/api/docs', '/api/docs-json', '/api/docs-yaml', '/metrics']) {
      expect(await statusOf(service, path)).toBe(404);
    }
    expect(await statusOf(service, '/metrics', METRICS_TOKEN)).toBe(404);
    expect(await service.isStopped()).toEqual({ code: 0, signal: null });
    expect(service.complaints.length).toBeGreaterThan(0);
    for (const line of service.complaints) expect(JSON.parse(line)).toHaveProperty('level');
  });

  test('shows them to whom they are meant for', async () => {
    const service = await services.start(production({ METRICS_TOKEN, API_DOCS: 'on' }));
    expect(service.stdout).toContain('/api/docs');
    expect(await statusOf(service, '/api/docs-json')).toBe(200);
    expect(await statusOf(service, '/metrics')).toBe(401);
    expect(await statusOf(service, '/metrics', 'something-else')).toBe(401);
    expect(await statusOf(service, '/metrics', METRICS_TOKEN)).toBe(200);
  });

  test('only warns of a database that lets everybody in', async () => {
    const service = await services.start(production({ MONGODB_URI: openMongod.uri, LOG_LEVEL: 'warn' }));
    expect(service.complaints).toEqual([expect.stringContaining('Warning: MONGODB_URI has no credentials.')]);
  });
});

test('outside production the figures are open, but for where there is a token', async () => {
  const open = await services.start({ MONGODB_URI: services.newDatabase() });
  expect(await statusOf(open, '/metrics')).toBe(200);
  const closed = await services.start({ MONGODB_URI: services.newDatabase(), METRICS_TOKEN });
  expect(await statusOf(closed, '/metrics')).toBe(401);
  expect(await statusOf(closed, '/metrics', METRICS_TOKEN)).toBe(200);
});
