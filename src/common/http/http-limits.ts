/** How long a client may take, in milliseconds. Engine.IO's requests are held to those of HTTP too. */
export interface HttpLimits {
  /** For the head of a request; for the first one from the opening of the connection. */
  head: number;
  /** For a whole request. */
  request: number;
  /** Without a byte in either direction. Longer than Engine.IO holds a poll, which is 25 s. */
  silence: number;
  /** How often it is looked for those that are late. */
  check: number;
  /** How often a socket is asked whether it is still there. */
  pingInterval: number;
  /** For the answer, or the socket is closed. */
  pingTimeout: number;
}

/**
 * A head is one packet or a few. The largest body, 1 MiB, takes 30 s at 280 kbit/s, which is less than any phone
 * has that can show a chat. Node's own values are 60 s, 5 min and a look every 30 s: slow requests could hold
 * connections as long as that (Slowloris). The pings of sockets are those of every Engine.IO server.
 */
export const HTTP_LIMITS: HttpLimits = {
  head: 10_000,
  request: 30_000,
  silence: 30_000,
  check: 2000,
  pingInterval: 25_000,
  pingTimeout: 20_000,
};
