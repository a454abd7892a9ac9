import { Injectable } from '@nestjs/common';
import { AppConfig } from './app-config.js';

const LOCAL = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * From which web origins browsers may use the service: its own, the configured ones, and outside production
 * any on this machine. One policy for HTTP, polling and websocket (OWASP ASVS 4.4.2).
 */
@Injectable()
export class OriginPolicy {
  constructor(private readonly config: AppConfig) {}

  /**
   * @param origin - the `Origin` header; clients that are no browsers send none and are always allowed
   * @param host - the `Host` header
   */
  allows(origin: string | undefined, host: string | undefined): boolean {
    if (origin === undefined) return true;
    const configured = this.config.corsOrigins ?? [];
    if (configured.includes('*') || configured.includes(origin)) return true;
    if (!URL.canParse(origin)) return false;
    const url = new URL(origin);
    if (url.origin !== origin) return false;
    return url.host === host || (!this.config.isProduction && LOCAL.has(url.hostname));
  }
}
