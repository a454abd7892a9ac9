/**
 * Preloaded into a service process: it is killed between storing a message with this text and telling anybody of it.
 * The service itself has no such switch.
 */
import { pathToFileURL } from 'node:url';

const { Realtime } = await import(
  pathToFileURL(`${process.env.SERVICE_ROOT}/dist/realtime/realtime.js`).href
);

const { tell } = Realtime.prototype;
Realtime.prototype.tell = function (userId, event, payload, ...rest) {
  if (payload.text === process.env.CRASHES_BEHIND) {
    process.kill(process.pid, 'SIGKILL');
    // Nothing else is done before the signal arrives.
    for (;;);
  }
  return tell.call(this, userId, event, payload, ...rest);
};
