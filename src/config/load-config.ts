import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { messageOf } from '../common/message-of.js';
import { AppConfig } from './app-config.js';
import { ConfigError } from './config-error.js';
import { parseEnvFile } from './env-file.js';
import { keptSecret } from './kept-secret.js';

type Environment = Record<string, string | undefined>;

/**
 * The variables of `.env` in this folder, then those of the process, which win; an empty one counts as not set.
 *
 * @throws ConfigError if there is a `.env` that cannot be read whole
 */
export function environment(folder = process.cwd(), given: Environment = process.env): Environment {
  return { ...withoutEmpty(fromFile(join(folder, '.env'))), ...withoutEmpty(given) };
}

function fromFile(file: string): Environment {
  if (!existsSync(file)) return {};
  try {
    return parseEnvFile(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new ConfigError(`${file} cannot be read: ${messageOf(error)}`);
  }
}

function withoutEmpty(variables: Environment): Environment {
  return Object.fromEntries(
    Object.entries(variables).filter(([, value]) => value !== undefined && value !== ''),
  );
}

/**
 * The validated configuration; an empty variable counts as not set.
 *
 * @throws ConfigError naming the variable
 */
export function loadConfig(env: Environment = environment()): AppConfig {
  const given = Object.entries(withoutEmpty(env)).filter(([name]) => Object.hasOwn(NAMES, name));
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

/** All that can be set, by name; `PATH` belongs to the system. */
export const VARIABLES: readonly string[] = Object.keys(NAMES);

function refuseWeakProduction(config: AppConfig): void {
  if (!config.JWT_SECRET)
    throw new ConfigError('JWT_SECRET must be set in production, to at least 32 random bytes');
  if (Buffer.byteLength(config.JWT_SECRET) < 32 || new Set(config.JWT_SECRET).size < 8) {
    throw new ConfigError('JWT_SECRET is too weak for production: at least 32 random bytes are needed');
  }
  if (!config.MONGODB_URI) throw new ConfigError('MONGODB_URI must be set in production');
  if (config.CORS_ORIGINS === '*') throw new ConfigError('CORS_ORIGINS must not be * in production');
}
