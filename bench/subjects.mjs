import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import jwt from 'jsonwebtoken';
import { Filling } from './fill.mjs';

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));

/** As `npm start` has it, and the same for all, so that none is favoured. */
const NODE_OPTIONS = ['--enable-source-maps', '--max-semi-space-size=64'];

const SECRET = randomBytes(32).toString('hex');

/** Sign-ups under way at once: more would only wait for each other. */
const SIGN_UPS = 3;

/** A server under test: how it is started, and how the pairs of people that use it come to be. */
class Subject {
  constructor(name, what, script, settings) {
    this.name = name;
    this.what = what;
    this.script = script;
    this.settings = settings;
  }

  /**
   * @param profileFolder - where its CPU profile is written when it ends, if one is wanted
   * @param nodeOptions - besides the usual ones, which they overrule
   * @returns its URL and what ends it
   */
  async start(mongoUri, profileFolder, nodeOptions = []) {
    const env = { PATH: process.env.PATH, HOME: process.env.HOME, MONGODB_URI: mongoUri, JWT_SECRET: SECRET };
    const profile = profileFolder ? ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`] : [];
    const child = spawn(process.execPath, [...NODE_OPTIONS, ...nodeOptions, ...profile, path(this.script)], {
      cwd: path('.'),
      env: { ...env, ...this.settings },
      stdio: ['ignore', 'pipe', openSync(join(tmpdir(), `reals2chat-bench-${this.name}.log`), 'w')],
    });
    const exited = once(child, 'exit');
    const lines = createInterface({ input: child.stdout });
    const url = await Promise.race([
      new Promise((resolve) => lines.on('line', (line) => line.startsWith('Ready') && resolve(urlIn(line)))),
      exited.then(() => Promise.reject(new Error(`${this.name} has ended before it was ready`))),
    ]);
    return {
      url,
      pid: child.pid,
      /** What its heap holds after a collection; only with the memory probe. */
      liveBytes: async () => {
        const said = once(lines, 'line');
        child.kill('SIGUSR2');
        return Number(/^Memory (\d+)/.exec(await said)[1]);
      },
      stop: async () => {
        child.kill('SIGTERM');
        await exited;
      },
    };
  }
}

/** A server without accounts: a token says who one is. */
class PlainServer extends Subject {
  async pairs(_, count) {
    return Array.from({ length: count }, () => {
      const [sender, recipient] = [this.#person(), this.#person()];
      return { sender: sender.token, recipient: recipient.token, recipientId: recipient.sub };
    });
  }

  /** Access tokens of people who know nobody. */
  async strangers(_, count) {
    return Array.from({ length: count }, () => this.#person().token);
  }

  #person() {
    const sub = randomBytes(12).toString('hex');
    return { sub, token: jwt.sign({ sub }, SECRET, { expiresIn: '1h' }) };
  }
}

/** This service: people sign up and befriend each other, once for all rounds. */
class Service extends Subject {
  #pairs = [];

  async pairs(url, count) {
    while (this.#pairs.length < count) {
      const missing = Math.min(SIGN_UPS, count - this.#pairs.length);
      this.#pairs.push(...(await Promise.all(Array.from({ length: missing }, () => friends(url)))));
    }
    return this.#pairs.slice(0, count);
  }

  /** The same for the service: people with a session each, put into its database, since sign-ups would take hours. */
  async strangers(mongoUri, count) {
    const filling = await Filling.of(mongoUri);
    try {
      const people = await filling.strangers(count);
      const claims = { issuer: 'reals2chat', audience: 'reals2chat', expiresIn: '1h' };
      return people.map(({ userId, sessionId }) =>
        jwt.sign({ sid: sessionId }, SECRET, { ...claims, subject: userId }),
      );
    } finally {
      await filling.close();
    }
  }

  /** The 99th percentile of the event loop's delay since it was last asked, in seconds. */
  async loopDelay(url) {
    return (await this.figures(url))('nodejs_eventloop_lag_p99_seconds');
  }

  /** Reads its metrics. @returns what gives the value of one that has no labels */
  async figures(url) {
    const headers = { authorization: `Bearer ${this.settings.METRICS_TOKEN}` };
    const text = await (await fetch(`${url}/metrics`, { headers })).text();
    return (name) => Number(new RegExp(`^${name} (\\S+)`, 'm').exec(text)[1]);
  }
}

/** Two people who are friends. */
export async function friends(url) {
  const [sender, recipient] = [await signUp(url), await signUp(url)];
  const { request } = await post(
    url,
    '/api/friends/requests',
    { userId: recipient.user._id },
    sender.accessToken,
  );
  await post(url, `/api/friends/requests/${request._id}/accept`, undefined, recipient.accessToken);
  return {
    sender: sender.accessToken,
    senderId: sender.user._id,
    recipient: recipient.accessToken,
    recipientId: recipient.user._id,
  };
}

/** Somebody new. */
export function signUp(url) {
  const email = `${randomBytes(8).toString('hex')}@example.org`;
  return post(url, '/api/auth/register', { email, password: 'a long password', name: 'Bench' });
}

/** @throws Error if it is not answered with success */
export async function post(url, where, body, token) {
  const response = await fetch(url + where, {
    method: 'POST',
    headers: {
      ...(body && { 'content-type': 'application/json' }),
      ...(token && { authorization: `Bearer ${token}` }),
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${where}: ${response.status} ${await response.text()}`);
  return response.json();
}

function urlIn(line) {
  return new URL(/http:\/\/\S+/.exec(line)[0]).origin;
}

/** As it ships; only the limits of rates are off. */
const PRODUCTION = {
  NODE_ENV: 'production',
  HOST: '127.0.0.1',
  PORT: '0',
  RATE_LIMITS: 'off',
  METRICS_TOKEN: randomBytes(16).toString('hex'),
};

export const plain = new PlainServer('plain', 'plain Socket.IO, `insertOne`', 'servers/plain-socket.mjs', {});
export const numbered = new PlainServer(
  'numbered',
  'the same with a number by `$inc`',
  'servers/plain-socket.mjs',
  { NUMBERED: '1' },
);
export const route = new PlainServer(
  'route',
  'plain Fastify route, `insertOne`',
  'servers/plain-http.mjs',
  {},
);
export const service = new Service('service', 'this service', '../dist/main.js', PRODUCTION);

/** One of several nodes on one database. */
export const nodeOf = (redisUrl, name) =>
  new Service(name, 'a node of this service', '../dist/main.js', { ...PRODUCTION, REDIS_URL: redisUrl });
