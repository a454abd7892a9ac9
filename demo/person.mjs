import { io } from 'socket.io-client';
import { Failure } from './failure.mjs';
import { HEARD } from './words.mjs';

/** How long an answer or an event may take, in milliseconds. */
const PATIENCE = 15_000;

const names = new Map();
const nameOf = (id) => names.get(id) ?? 'somebody';

/** Somebody at a device: calls REST with a token, hears events on a socket, and tells both to the screen. */
export class Person {
  id = '';
  #token = '';
  #socket;
  #unread = [];
  #waiting;
  #isGone = false;

  /**
   * @param {string} url of the server
   * @param {string} name
   * @param {import('./screen.mjs').Screen} screen
   */
  constructor(url, name, screen) {
    Object.assign(this, { url, name, screen });
  }

  async signsUp() {
    const body = {
      email: `${this.name.toLowerCase()}.${crypto.randomUUID()}@example.org`,
      password: crypto.randomUUID(),
      name: this.name,
    };
    const { user, accessToken } = await this.calls('POST', '/api/auth/register', { body }, () => 'signs up');
    this.id = user._id;
    this.#token = accessToken;
    names.set(user._id, user.name);
  }

  /**
   * Calls REST.
   *
   * @param {string} method
   * @param {string} path with `:id` for the person or thing it is about
   * @param {{ id?: string, query?: Record<string, string>, body?: unknown }} request
   * @param {(answer: any, status: number) => string} tell what the answer means, in words
   * @throws Failure when the server cannot be reached or refuses
   */
  calls(method, path, { id = '', query, body }, tell) {
    return this.screen.call(async () => {
      const search = query ? `?${new URLSearchParams(query)}` : '';
      const call = `${method} ${path}${search}`;
      const { status, answer } = await this.#fetches(call, method, path.replace(':id', id) + search, body);
      this.screen.did(this.name, tell(answer, status), `${call} -> ${status}`);
      return answer;
    });
  }

  /** Opens a socket and waits until the server is ready for it. */
  async connects() {
    const socket = io(this.url, { auth: { token: this.#token }, forceNew: true, reconnection: false });
    this.#socket = socket;
    socket.onAny((event, payload) => this.#hear(event, payload));
    socket.on('disconnect', (why) => this.#hear('disconnect', why));
    socket.on('connect_error', (error) =>
      this.#fail(new Failure(`The socket was refused: ${error.data?.message ?? error.message}`)),
    );
    await this.hears('ready');
  }

  /**
   * Sends an event and waits for its acknowledgement.
   *
   * @param {string} event
   * @param {object} payload
   * @param {(data: any) => string} tell what the answer means, in words
   * @throws Failure when the server does not acknowledge or refuses
   */
  emits(event, payload, tell) {
    return this.screen.call(async () => {
      const answer = await this.#socket
        .timeout(PATIENCE)
        .emitWithAck(event, payload)
        .catch(() => {
          throw new Failure(`${event} was not acknowledged within ${PATIENCE / 1000} s`);
        });
      if (!answer.success) throw new Failure(`${event} was refused: ${reason(answer)}`);
      this.screen.did(this.name, tell(answer.data), `${event} -> acknowledged`);
      return answer.data;
    });
  }

  /**
   * The next event of this name that was not asked for yet.
   *
   * @param {string} event
   * @param {(payload: any) => boolean} isWanted
   * @throws Failure when it does not come
   */
  async hears(event, isWanted = () => true) {
    const matches = (heard) => heard.event === event && isWanted(heard.payload);
    const index = this.#unread.findIndex(matches);
    if (index >= 0) return this.#unread.splice(index, 1)[0].payload;
    if (this.#isGone) throw this.#gone();
    let timer;
    try {
      return await new Promise((resolve, reject) => {
        this.#waiting = { matches, resolve, reject };
        timer = setTimeout(reject, PATIENCE, new Failure(`${this.name} was not told ${event}`));
      });
    } finally {
      clearTimeout(timer);
      this.#waiting = undefined;
    }
  }

  /** What was heard so far no longer counts. */
  forgets() {
    this.#unread = [];
  }

  /** Closes the socket, if there is one. */
  leaves() {
    this.#socket?.offAny().removeAllListeners().disconnect();
  }

  async #fetches(call, method, path, body) {
    const response = await fetch(this.url + path, {
      method,
      headers: {
        ...(this.#token && { authorization: `Bearer ${this.#token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(PATIENCE),
    }).catch((error) => {
      throw new Failure(`${call}: ${this.url} cannot be reached (${error.cause?.code ?? error.message})`);
    });
    const text = await response.text();
    const answer = parsed(text);
    if (!response.ok) throw new Failure(`${call} was refused: ${response.status} ${reason(answer)}`);
    if (text && answer === undefined) throw new Failure(`${call}: ${this.url} does not answer in JSON`);
    return { status: response.status, answer };
  }

  #hear(event, payload) {
    this.screen.heard(this.name, HEARD[event]?.(payload, nameOf) ?? event, event);
    if (this.#waiting?.matches({ event, payload })) this.#waiting.resolve(payload);
    else this.#unread.push({ event, payload });
    if (event === 'disconnect') this.#fail(this.#gone());
  }

  #fail(error) {
    this.#isGone = true;
    this.#waiting?.reject(error);
  }

  #gone() {
    return new Failure(`The server has closed the socket of ${this.name}`);
  }
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function reason(answer) {
  return answer?.code ? `${answer.code}: ${answer.message}` : 'without saying why';
}
