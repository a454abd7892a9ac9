import { constants } from 'node:os';
import { parseArgs } from 'node:util';
import { Failure } from './failure.mjs';
import { Screen } from './screen.mjs';
import { isReady, OwnServer } from './server.mjs';
import { Story } from './story.mjs';

const USAGE = `npm run demo -- [URL | --own] [--fast]

Two people sign up, befriend each other and chat for half a minute, in the terminal.

URL     the server to use, else REALS2CHAT_URL, else http://127.0.0.1:3000 where one answers, else one that is
        started for the demo and removed afterwards
--own   do not look for a server, start one
--fast  without pauses`;

const LOCAL = 'http://127.0.0.1:3000';
const screen = new Screen();
const cleanUps = [];

async function main() {
  const wanted = options();
  if (wanted.isHelp) return screen.note(USAGE);
  const url = await serverUrl(wanted);
  screen.note(`The server is ${url}`);
  const story = new Story(url, screen, wanted.isFast);
  cleanUps.push(() => story.end());
  await story.tell();
  screen.note('\nThat was all.');
}

function options() {
  const flag = { type: 'boolean', default: false };
  try {
    const { values, positionals } = parseArgs({
      options: { own: flag, fast: flag, help: flag },
      allowPositionals: true,
    });
    const most = values.own ? 0 : 1;
    if (positionals.length > most) throw new Error(`There is one argument too many: ${positionals[most]}`);
    const url = positionals[0] || process.env.REALS2CHAT_URL;
    return { url, isOwn: values.own, isFast: values.fast, isHelp: values.help };
  } catch (error) {
    throw new Failure(error.message);
  }
}

async function serverUrl({ url, isOwn }) {
  if (url && !isOwn) return checked(url);
  if (!isOwn && (await isReady(LOCAL))) return LOCAL;
  const server = new OwnServer();
  cleanUps.push(() => server.stop());
  screen.note('Starting a server for the demo ...');
  await server.start();
  return server.url;
}

async function checked(given) {
  const url = URL.canParse(given) ? new URL(given).origin : 'null';
  if (!url.startsWith('http')) throw new Failure(`${given} is not an http(s) URL`);
  if (!(await isReady(url))) throw new Failure(`No chat server that is ready answers at ${url}`);
  return url;
}

/** Undoes what was begun, in the other order, once. */
async function cleanUp() {
  for (let undo = cleanUps.pop(); undo; undo = cleanUps.pop()) await undo();
}

let isLeaving = false;

async function leave(code) {
  if (isLeaving) return;
  isLeaving = true;
  await cleanUp();
  process.exit(code);
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => void leave(128 + constants.signals[signal]));
}
// Nobody reads on, as in `npm run demo | head`.
process.stdout.on('error', () => void leave(1));

try {
  await main();
  await leave(0);
} catch (error) {
  if (!isLeaving) {
    const why = error instanceof Failure ? `The demo cannot go on: ${error.message}` : error.stack;
    process.stderr.write(`${why}\n`);
  }
  await leave(1);
}
