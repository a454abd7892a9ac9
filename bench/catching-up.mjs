/**
 * A device in a process of its own, so that what it does takes no time from whoever measures others.
 *
 * `process.send` gets `{ ready, received, isWhole }` when `ready` has come and again at the end, on the message `end`.
 * With `bytesPerSecond` the device reads no faster than that, through a proxy.
 */
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { io } from 'socket.io-client';

const [{ url, token, bytesPerSecond }] = await once(process, 'message');
const last = new Map();
let received = 0;
let isWhole = true;
let connections = 0;

const through = bytesPerSecond ? await slowly(url, bytesPerSecond) : url;
const begun = performance.now();
const socket = io(through, { transports: ['websocket'], auth: { token } });
socket.on('connect', () => (connections += 1));
socket.on('receiveMessage', ({ conversationId, seq }) => {
  if (seq !== (last.get(conversationId) ?? 0) + 1) isWhole = false;
  last.set(conversationId, seq);
  received += 1;
});
const state = () => ({ received, isWhole, connections, seconds: (performance.now() - begun) / 1000 });
socket.once('ready', () => process.send({ ...state(), isReady: true }));
await once(process, 'message');
process.send(state());
process.disconnect();
setImmediate(() => process.exit());

/** What comes from the server goes on so slowly; what goes there goes at once. */
async function slowly(target, bytes) {
  const { hostname, port } = new URL(target);
  const proxy = createServer((client) => {
    const server = connect({ host: hostname, port, highWaterMark: bytes });
    client.pipe(server);
    const pump = setInterval(() => {
      const some = server.read(Math.min(bytes / 10, server.readableLength));
      if (some) client.write(some);
    }, 100);
    const end = () => {
      clearInterval(pump);
      client.destroy();
      server.destroy();
    };
    for (const side of [client, server]) side.on('error', end).on('close', end);
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  return `http://127.0.0.1:${proxy.address().port}`;
}
