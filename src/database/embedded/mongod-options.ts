import type { DataFolder } from './data-folder.js';
import { LOOPBACK } from './loopback.js';

/** The name of the one-node replica set: transactions and majority reads need one. */
export const REPLICA_SET = 'reals2chat';

/**
 * How mongod is started; every option is known to 6.0, 7.0 and 8.0. There is nothing secret in it, since a command
 * line can be read by everyone on the machine.
 */
export function mongodOptions(folder: DataFolder, port: number): string[] {
  const parameters = {
    // Without it any local user may create the first administrator.
    enableLocalhostAuthBypass: 0,
    // Nobody else can take over as primary, so there is nothing to wait for on the way down.
    shutdownTimeoutMillisForSignaledShutdown: 100,
    diagnosticDataCollectionEnabled: 'false',
  };
  return [
    ...['--dbpath', folder.data],
    ...['--bind_ip', LOOPBACK],
    ...['--port', String(port)],
    '--nounixsocket',
    ...['--replSet', REPLICA_SET],
    ...['--keyFile', folder.keyFile],
    // Sizes for a small machine; by default half of the memory and 5% of the disk.
    ...['--wiredTigerCacheSizeGB', '0.25'],
    ...['--oplogSize', '256'],
    ...['--logpath', folder.log],
    '--logappend',
    ...['--logRotate', 'reopen'],
    '--quiet',
    // A slow operation is logged with its values, and those are what people have written.
    ...['--slowOpSampleRate', '0'],
    '--noscripting',
    ...Object.entries(parameters).flatMap(([name, value]) => ['--setParameter', `${name}=${value}`]),
  ];
}
