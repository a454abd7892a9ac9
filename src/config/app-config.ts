import { Transform } from 'class-transformer';
import { IsIn, IsInt, IsOptional, IsString, Matches, Max, Min } from 'class-validator';
import { seconds } from './duration.js';

/** Up to 9999999d: later is no date any more. */
const DURATION = /^[1-9]\d{0,6}[smhd]$/;
const YES_NO = /^(on|off)$/;

function Whole(min: number, max: number): PropertyDecorator {
  const message = `must be a whole number from ${min} to ${max}`;
  return (target, key) => {
    Transform(({ value }: { value: unknown }) =>
      typeof value === 'string' ? (/^\d+$/.test(value) ? Number(value) : NaN) : value,
    )(target, key);
    IsInt({ message })(target, key);
    Min(min, { message })(target, key);
    Max(max, { message })(target, key);
  };
}

/**
 * Everything an operator can set, by the name of its environment variable. The only reader of `process.env` is
 * `loadConfig`; everyone else is given this object. `.env.example` explains each to the operator.
 */
export class AppConfig {
  @IsIn(['development', 'test', 'production'], { message: 'must be development, test or production' })
  NODE_ENV: 'development' | 'test' | 'production' = 'development';

  @Whole(0, 65_535)
  PORT: number = 3000;

  /** Empty: all interfaces in production, else this machine only. */
  @IsOptional()
  @IsString()
  HOST?: string;

  /** Empty: an embedded mongod in `DATA_DIR`. */
  @IsOptional()
  @Matches(/^mongodb(\+srv)?:\/\/\S+$/, { message: 'must begin with mongodb:// or mongodb+srv://' })
  MONGODB_URI?: string;

  /** Empty: one node. */
  @IsOptional()
  @Matches(/^rediss?:\/\/\S+$/, { message: 'must begin with redis:// or rediss://' })
  REDIS_URL?: string;

  /** Empty: made at the first start and kept in `DATA_DIR`; refused in production. */
  @IsOptional()
  @IsString()
  JWT_SECRET?: string;

  @Matches(DURATION, { message: 'must be a number and a unit, such as 30m, 12h or 7d' })
  ACCESS_TOKEN_TTL: string = '7d';

  /** Empty: the service's own origin, and outside production localhost. */
  @IsOptional()
  @Matches(/^(\*|https?:\/\/[^\s,/]+(\s*,\s*https?:\/\/[^\s,/]+)*)$/, {
    message: 'must be a comma-separated list of origins such as https://chat.example.org',
  })
  CORS_ORIGINS?: string;

  @IsString()
  DATA_DIR: string = '.data';

  @Matches(YES_NO, { message: 'must be on or off' })
  RATE_LIMITS: string = 'on';

  @Whole(0, 600_000)
  PRESENCE_GRACE_MS: number = 5000;

  @Whole(1, 10_000)
  HISTORY_BARE_LIMIT: number = 200;

  /** Empty: on, in production off. */
  @IsOptional()
  @Matches(YES_NO, { message: 'must be on or off' })
  API_DOCS?: string;

  @IsOptional()
  @IsString()
  METRICS_TOKEN?: string;

  @IsIn(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], {
    message: 'must be fatal, error, warn, info, debug, trace or silent',
  })
  LOG_LEVEL: string = 'info';

  /** How many proxies in front may be believed about the client's address. */
  @Whole(0, 10)
  TRUSTED_PROXIES: number = 0;

  /** The mongod to embed. Empty: `mongod` on the PATH, else one is fetched. */
  @IsOptional()
  @IsString()
  MONGOD_BINARY?: string;

  /** Where a fetched mongod is kept. */
  @IsString()
  CACHE_DIR: string = '';

  /** The `PATH` of the process, on which a mongod may be found. */
  @IsOptional()
  @IsString()
  PATH?: string;

  get isProduction(): boolean {
    return this.NODE_ENV === 'production';
  }

  /**
   * The address to listen on. `localhost` is one address too: for its second one Fastify opens a server of its
   * own, which Socket.IO would know nothing of.
   */
  get host(): string {
    const host = this.HOST ?? (this.isProduction ? '0.0.0.0' : '127.0.0.1');
    return host === 'localhost' ? '127.0.0.1' : host;
  }

  /** Life of an access token in seconds. */
  get accessTokenTtl(): number {
    return seconds(this.ACCESS_TOKEN_TTL);
  }

  get docsEnabled(): boolean {
    return this.API_DOCS ? this.API_DOCS === 'on' : !this.isProduction;
  }

  get rateLimitsEnabled(): boolean {
    return this.RATE_LIMITS === 'on';
  }

  /** The configured origins, or `undefined` where none are. */
  get corsOrigins(): string[] | undefined {
    return this.CORS_ORIGINS?.split(',').map((origin) => origin.trim());
  }
}
