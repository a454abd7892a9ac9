import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { ConfigError } from './config-error.js';
import { parseEnvFile } from './env-file.js';
import { environment, loadConfig, VARIABLES } from './load-config.js';

const folder = mkdtempSync(join(tmpdir(), 'config '));
const secret = 'a-secret-of-32-bytes-or-a-bit-more';
const uri = 'mongodb://me:swordfish@db.example.org/chat';
const production = { NODE_ENV: 'production', JWT_SECRET: secret, MONGODB_URI: uri };

afterAll(() => rmSync(folder, { recursive: true }));

const load = (env: Record<string, string>) => loadConfig({ DATA_DIR: join(folder, 'data'), ...env });

describe('Without any variable', () => {
  test('everything has its default', () => {
    const config = load({});
    expect({ ...config }).toEqual({
      NODE_ENV: 'development',
      PORT: 3000,
      ACCESS_TOKEN_TTL: '7d',
      DATA_DIR: join(folder, 'data'),
      RATE_LIMITS: 'on',
      PRESENCE_GRACE_MS: 5000,
      HISTORY_BARE_LIMIT: 200,
      LOG_LEVEL: 'info',
      TRUSTED_PROXIES: 0,
      CACHE_DIR: join(homedir(), '.cache', 'reals2chat'),
      JWT_SECRET: expect.stringMatching(/^[\w-]{64}$/),
    });
    expect(config).toMatchObject({
      isProduction: false,
      host: '127.0.0.1',
      accessTokenTtl: 7 * 24 * 3600,
      docsEnabled: true,
      rateLimitsEnabled: true,
      corsOrigins: undefined,
    });
  });

  test('production is reached from everywhere and shows no docs', () => {
    expect(load(production)).toMatchObject({ isProduction: true, host: '0.0.0.0', docsEnabled: false });
  });

  test('the data are below the folder of the start', () => {
    expect(loadConfig({ JWT_SECRET: secret }).DATA_DIR).toBe(join(process.cwd(), '.data'));
  });
});

describe('A variable that is set', () => {
  test.each([
    ['PORT', '0', { PORT: 0 }],
    ['HOST', '::', { host: '::' }],
    ['HOST', 'localhost', { host: '127.0.0.1' }],
    ['ACCESS_TOKEN_TTL', '90s', { accessTokenTtl: 90 }],
    ['ACCESS_TOKEN_TTL', '30m', { accessTokenTtl: 1800 }],
    ['ACCESS_TOKEN_TTL', '12h', { accessTokenTtl: 43_200 }],
    ['CORS_ORIGINS', '*', { corsOrigins: ['*'] }],
    [
      'CORS_ORIGINS',
      'https://a.example, http://b.example:81',
      { corsOrigins: ['https://a.example', 'http://b.example:81'] },
    ],
    ['RATE_LIMITS', 'off', { rateLimitsEnabled: false }],
    ['PRESENCE_GRACE_MS', '0', { PRESENCE_GRACE_MS: 0 }],
    ['HISTORY_BARE_LIMIT', '10000', { HISTORY_BARE_LIMIT: 10_000 }],
    ['API_DOCS', 'off', { docsEnabled: false }],
    ['TRUSTED_PROXIES', '1', { TRUSTED_PROXIES: 1 }],
    ['MONGODB_URI', uri, { MONGODB_URI: uri }],
    ['REDIS_URL', 'rediss://r.example', { REDIS_URL: 'rediss://r.example' }],
    ['CACHE_DIR', '/cache', { CACHE_DIR: '/cache' }],
    ['XDG_CACHE_HOME', '/xdg', { CACHE_DIR: '/xdg/reals2chat' }],
    ['METRICS_TOKEN', ' kept as it is ', { METRICS_TOKEN: ' kept as it is ' }],
  ])('%s=%s', (name, value, expected) => {
    expect(load({ [name]: value })).toMatchObject(expected);
  });

  test('but is empty counts as not set', () => {
    const empty = Object.fromEntries(Object.keys(example()).map((name) => [name, '']));
    expect({ ...load({ ...empty, DATA_DIR: join(folder, 'data') }) }).toEqual({ ...load({}) });
  });
});

describe('An invalid value is refused by the name of its variable, and never repeated', () => {
  test.each([
    ['NODE_ENV', ['prod', 'Production']],
    ['PORT', ['x', '-1', '65536', '3000 ', '3e3', '0x10', '1.5']],
    ['MONGODB_URI', ['localhost:27017', 'http://a.example', 'mongodb:// a']],
    ['REDIS_URL', ['localhost:6379']],
    ['ACCESS_TOKEN_TTL', ['7', '0d', '1w', '1.5h', '7 d', '99999999d']],
    ['CORS_ORIGINS', ['a.example', 'https://a.example/', 'https://a.example,', '*,https://a.example']],
    ['RATE_LIMITS', ['true', 'ON']],
    ['PRESENCE_GRACE_MS', ['600001', '5s']],
    ['HISTORY_BARE_LIMIT', ['0', '10001']],
    ['API_DOCS', ['yes']],
    ['LOG_LEVEL', ['verbose']],
    ['TRUSTED_PROXIES', ['11', 'all']],
  ])('%s', (name, values) => {
    for (const value of values) {
      const refused = () => load({ [name]: value });
      expect(refused).toThrow(ConfigError);
      expect(refused).toThrow(new RegExp(`^${name} must .{5,90}$`));
    }
  });
});

describe('Production refuses', () => {
  test.each([
    ['a missing secret', { JWT_SECRET: '' }, /^JWT_SECRET must be set in production/],
    ['a short secret', { JWT_SECRET: secret.slice(0, 31) }, /^JWT_SECRET is too weak/],
    ['a secret that is one thing over and over', { JWT_SECRET: 'abc'.repeat(20) }, /^JWT_SECRET is too weak/],
    ['a missing database', { MONGODB_URI: '' }, /^MONGODB_URI must be set in production$/],
    ['every origin', { CORS_ORIGINS: '*' }, /^CORS_ORIGINS must not be \* in production$/],
  ])('%s', (_, settings, message) => {
    expect(() => load({ ...production, ...settings })).toThrow(message);
  });

  test('a secret counts in bytes', () => {
    expect(load({ ...production, JWT_SECRET: 'äöüßéèêñ'.repeat(2) })).toMatchObject({ isProduction: true });
  });
});

describe('The secret that is made', () => {
  const file = join(folder, 'data', 'jwt-secret');

  test('stays the same, and is closed to others again', () => {
    const { JWT_SECRET } = load({});
    chmodSync(file, 0o644);
    expect(load({}).JWT_SECRET).toBe(JWT_SECRET);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(load({ JWT_SECRET: 'given' }).JWT_SECRET).toBe('given');
  });

  test('is refused when it is damaged, or cannot be kept', () => {
    writeFileSync(file, 'cut off');
    expect(() => load({})).toThrow(/^DATA_DIR \(.*\) cannot be used: .*jwt-secret is damaged; remove it/);
    rmSync(file);
    for (const DATA_DIR of [join(file, 'below a file'), '/proc/none', '/dev/null']) {
      if (DATA_DIR.startsWith(file)) writeFileSync(file, secret);
      expect(() => loadConfig({ DATA_DIR })).toThrow(/^DATA_DIR \(.*\) cannot be used: .*\.$/);
    }
  });
});

describe('.env', () => {
  const at = (content: string, given: Record<string, string> = {}) => {
    writeFileSync(join(folder, '.env'), content);
    return environment(folder, given);
  };

  test('gives way to the process, but not to what is empty there', () => {
    const given = { PORT: '1', HOST: '', OTHER: 'x' };
    expect(at('PORT=2\nHOST=::1\nAPI_DOCS=\n', given)).toEqual({ PORT: '1', HOST: '::1', OTHER: 'x' });
    expect(environment(join(folder, 'nowhere'), given)).toEqual({ PORT: '1', OTHER: 'x' });
  });

  test('may hold what people write there', () => {
    const content =
      '\uFEFF# first\r\n\r\nA=1 # one\r\n  export B = "two\nlines" # more\nC=\'#\'\nD=`"`\nE=a=b"c\n F=\nG=last';
    expect(at(content)).toEqual({ A: '1', B: 'two\nlines', C: '#', D: '"', E: 'a=b"c', G: 'last' });
  });

  test.each([
    ['PORT 3000', 1],
    ['A=1\n\nPORT: 3000', 3],
    ['A="two\nlines"\n=x', 3],
    ['JWT_SECRET="abc\nPORT=1', 1],
    ["A='a' junk", 1],
    ['A-B=1', 1],
  ])('%j is broken', (content, line) => {
    expect(() => at(content)).toThrow(
      new ConfigError(`${join(folder, '.env')} cannot be read: line ${line} is not a NAME=value`),
    );
  });

  test('.env.example names every variable, with its default', () => {
    expect([...Object.keys(example()), 'PATH'].toSorted()).toEqual(VARIABLES.toSorted());
    expect({ ...load({ ...withoutEmpty(example()), DATA_DIR: join(folder, 'data') }) }).toEqual({
      ...load({}),
    });
  });
});

function example(): Record<string, string | undefined> {
  return parseEnvFile(readFileSync(new URL('../../.env.example', import.meta.url), 'utf8'));
}

function withoutEmpty(env: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).flatMap(([name, value]) => (value ? [[name, value]] : [])));
}
