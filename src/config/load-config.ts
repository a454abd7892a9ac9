import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { messageOf } from '../common/message-of.js';
import { AppConfig } from './app-config.js';

/** A setting that stops the start: one line that names the variable and what to do. */
export class ConfigError extends Error {}

type Environment = Record<string, string | undefined>;

/** The variables of `.env` in this folder, then those of the process, which win. */
export function environment(folder = process.cwd()): Environment {
  const file = join(folder, '.env');
  if (!existsSync(file)) return { ...process.env };
  try {
    return { ...parseEnv(readFileSync(file, 'utf8')), ...process.env };
  } catch (error) {
    throw new ConfigError(`.env cannot be read: ${messageOf(error)}`);
  }
}

/**
 * The validated configuration; an empty variable counts as not set.
 *
 * @throws ConfigError naming the variable
 */
export function loadConfig(env: Environment = environment()): AppConfig {
  const given = Object.entries(env).filter(
    ([name, value]) => name in NAMES && value !== undefined && value !== '',
  );
  const config = plainToInstance(AppConfig, Object.fromEntries(given));
  const [wrong] = validateSync(config, { stopAtFirstError: true });
  if (wrong) throw new ConfigError(`${wrong.property} ${Object.values(wrong.constraints ?? {})[0]}`);
  if (config.isProduction) refuseWeakProduction(config);
  config.DATA_DIR = resolve(config.DATA_DIR);
  config.CACHE_DIR ||= join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'reals2chat');
  config.JWT_SECRET ??= keptSecret(config.DATA_DIR);
  return config;
}

const NAMES: Record<keyof Omit<AppConfig, Computed>, true> = {
  NODE_ENV: true,
  PORT: true,
  HOST: true,
  MONGODB_URI: true,
  REDIS_URL: true,
  JWT_SECRET: true,
  ACCESS_TOKEN_TTL: true,
  CORS_ORIGINS: true,
  DATA_DIR: true,
  RATE_LIMITS: true,
  PRESENCE_GRACE_MS: true,
  HISTORY_BARE_LIMIT: true,
  API_DOCS: true,
  METRICS_TOKEN: true,
  LOG_LEVEL: true,
  TRUSTED_PROXIES: true,
  MONGOD_BINARY: true,
  CACHE_DIR: true,
  PATH: true,
};
type Computed =
  'isProduction' | 'host' | 'accessTokenTtl' | 'docsEnabled' | 'rateLimitsEnabled' | 'corsOrigins';

function refuseWeakProduction(config: AppConfig): void {
  if (!config.JWT_SECRET)
    throw new ConfigError('JWT_SECRET must be set in production, to at least 32 random bytes');
  if (Buffer.byteLength(config.JWT_SECRET) < 32 || new Set(config.JWT_SECRET).size < 8) {
    throw new ConfigError('JWT_SECRET is too weak for production: at least 32 random bytes are needed');
  }
  if (!config.MONGODB_URI) throw new ConfigError('MONGODB_URI must be set in production');
  if (config.CORS_ORIGINS === '*') throw new ConfigError('CORS_ORIGINS must not be * in production');
}

/** The secret made at the first start, readable by its owner only. */
function keptSecret(dataDir: string): string {
  const file = join(dataDir, 'jwt-secret');
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    try {
      // Linked when whole, so that two first starts at once agree on one secret.
      const draft = `${file}.${process.pid}`;
      writeFileSync(draft, randomBytes(48).toString('base64url'), { mode: 0o600 });
      try {
        linkSync(draft, file);
      } finally {
        rmSync(draft);
      }
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    }
    chmodSync(file, 0o600);
    const secret = readFileSync(file, 'utf8').trim();
    if (secret.length < 32) throw new Error(`${file} is damaged; remove it and everyone signs in again`);
    return secret;
  } catch (error) {
    throw new ConfigError(`DATA_DIR cannot be used: ${messageOf(error)}`);
  }
}
