import { once } from 'node:events';
import { createServer } from 'node:net';
import { ConfigError } from './config/config-error.js';

const NO_ADDRESS = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EAI_AGAIN', 'EINVAL', 'ENOTFOUND']);

/** Where the service listens: `HOST` and `PORT`. */
export interface ListenAddress {
  host: string;
  port: number;
}

/**
 * Looks whether the address can be listened on, before anything else is started.
 *
 * @throws ConfigError naming `PORT` or `HOST`
 */
export async function checkAddress(address: ListenAddress): Promise<void> {
  const probe = createServer();
  try {
    probe.listen(address);
    await once(probe, 'listening');
  } catch (error) {
    throw listenError(error, address);
  }
  probe.close();
  await once(probe, 'close');
}

/** Why the address cannot be listened on, in one line that names the variable; any other error stays itself. */
export function listenError(error: unknown, { host, port }: ListenAddress): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') {
    return new ConfigError(
      `PORT ${port} is in use on ${host} by another program: stop it, or set another PORT`,
    );
  }
  if (code === 'EACCES') {
    return new ConfigError(`PORT ${port} may not be listened on by this user: set one above 1023`);
  }
  if (code && NO_ADDRESS.has(code)) {
    return new ConfigError(`HOST ${host} is no address of this machine (${code})`);
  }
  return error;
}
