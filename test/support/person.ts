import type { ManagerOptions, SocketOptions } from 'socket.io-client';
import type { ErrorBody } from '../../src/common/errors/chat-error.js';
import type { Message } from '../../src/realtime/wire.js';
import { ApiDocument } from './api-document.js';
import { type Answer, Device } from './device.js';

export interface HttpAnswer<T = unknown> {
  status: number;
  headers: Headers;
  body: T & Partial<ErrorBody>;
}

interface Account {
  _id: string;
  name: string;
  email: string;
  photoURL: string | null;
  createdAt: string;
}

let people = 0;

/**
 * Calls the HTTP side; `body` is sent as JSON where there is one.
 *
 * @throws Error if the answer is not one that the app's own API document describes
 */
export async function call<T = unknown>(
  url: string,
  method: string,
  path: string,
  { token, body, headers = {} }: { token?: string; body?: unknown; headers?: Record<string, string> } = {},
): Promise<HttpAnswer<T>> {
  const document = await ApiDocument.of(url);
  const response = await fetch(url + path, {
    method,
    headers: {
      ...(token && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const { status } = response;
  const type = response.headers.get('content-type')?.split(';', 1)[0];
  const answer = text && type === 'application/json' ? JSON.parse(text) : text;
  document?.mustDescribe({ method, path, status, type, body: answer });
  return { status, headers: response.headers, body: answer };
}

/** Somebody who signed up: an actor of the stories that the tests tell. */
export class Person {
  readonly devices: Device[] = [];

  private constructor(
    readonly url: string,
    readonly account: Account,
    readonly password: string,
    public token: string,
    public refreshToken: string,
  ) {}

  get id(): string {
    return this.account._id;
  }

  /** Signs somebody up. */
  static async signUp(url: string, name: string): Promise<Person> {
    people += 1;
    const email = `${name.toLowerCase().replaceAll(/[^a-z]/g, '')}.${process.pid}.${people}@example.org`;
    const password = `a password of ${name}`;
    const answer = await call<{ user: Account; accessToken: string; refreshToken: string }>(
      url,
      'POST',
      '/api/auth/register',
      { body: { email, password, name } },
    );
    if (answer.status !== 201) throw new Error(`Sign-up failed: ${JSON.stringify(answer.body)}`);
    return new Person(url, answer.body.user, password, answer.body.accessToken, answer.body.refreshToken);
  }

  /** The same person with another node as their server. */
  at(url: string): Person {
    return new Person(url, this.account, this.password, this.token, this.refreshToken);
  }

  get<T = unknown>(path: string): Promise<HttpAnswer<T>> {
    return call<T>(this.url, 'GET', path, { token: this.token });
  }

  post<T = unknown>(path: string, body?: unknown): Promise<HttpAnswer<T>> {
    return call<T>(this.url, 'POST', path, { token: this.token, body });
  }

  put<T = unknown>(path: string, body?: unknown): Promise<HttpAnswer<T>> {
    return call<T>(this.url, 'PUT', path, { token: this.token, body });
  }

  patch<T = unknown>(path: string, body?: unknown): Promise<HttpAnswer<T>> {
    return call<T>(this.url, 'PATCH', path, { token: this.token, body });
  }

  delete<T = unknown>(path: string): Promise<HttpAnswer<T>> {
    return call<T>(this.url, 'DELETE', path, { token: this.token });
  }

  /** Opens a device and waits until it is ready. */
  async connects(options: Partial<ManagerOptions & SocketOptions> = {}): Promise<Device> {
    const device = Device.open(this.url, { auth: { token: this.token }, ...options });
    this.devices.push(device);
    await device.hears('ready');
    return device;
  }

  /** Opens a device that is told what is live and nothing else, as one that syncs. */
  connectsWithoutReplay(): Promise<Device> {
    return this.connects({ auth: { token: this.token, replay: false } });
  }

  /** Opens a device that need not get in. */
  opens(options: Partial<ManagerOptions & SocketOptions> = {}): Device {
    const device = Device.open(this.url, { auth: { token: this.token }, ...options });
    this.devices.push(device);
    return device;
  }

  /** Sends by HTTP. */
  async posts(to: Person, text: string, clientMessageId?: string): Promise<HttpAnswer<Message>> {
    return this.post<Message>('/api/messages/send', {
      recipientId: to.id,
      text,
      ...(clientMessageId && { clientMessageId }),
    });
  }

  /** Sends by HTTP, and it must succeed. */
  async says(to: Person, text: string, clientMessageId?: string): Promise<Message> {
    const { status, body } = await this.posts(to, text, clientMessageId);
    if (status >= 300) throw new Error(`Not sent: ${status} ${JSON.stringify(body)}`);
    return body;
  }

  /** Reads the history with the other person. */
  async reads(other: Person, query = ''): Promise<Message[]> {
    const { status, body } = await this.get<Message[]>(`/api/messages/${other.id}${query}`);
    if (status !== 200) throw new Error(`Not read: ${status} ${JSON.stringify(body)}`);
    return body;
  }

  async befriends(other: Person): Promise<void> {
    const asked = await this.post<{ request?: { _id: string } }>('/api/friends/requests', {
      userId: other.id,
    });
    if (asked.status !== 201 || !asked.body.request)
      throw new Error(`Not asked: ${JSON.stringify(asked.body)}`);
    const accepted = await other.post(`/api/friends/requests/${asked.body.request._id}/accept`);
    if (accepted.status !== 200) throw new Error(`Not accepted: ${JSON.stringify(accepted.body)}`);
  }

  async blocks(other: Person): Promise<void> {
    await this.put(`/api/conversations/${other.id}/metadata`, { isBlocked: true });
  }

  async unblocks(other: Person): Promise<void> {
    await this.put(`/api/conversations/${other.id}/metadata`, { isBlocked: false });
  }

  /** Closes all devices. */
  leaves(): void {
    for (const device of this.devices) device.close();
  }
}

/** The data of a successful acknowledgement. */
export function dataOf<T>(answer: Answer<T>): T {
  if (!answer.success) throw new Error(`Refused: ${JSON.stringify(answer)}`);
  return answer.data;
}

/** Two people who are friends. */
export async function friends(url: string): Promise<{ ann: Person; bob: Person }> {
  const [ann, bob] = await Promise.all([Person.signUp(url, 'Ann'), Person.signUp(url, 'Bob')]);
  await ann.befriends(bob);
  return { ann, bob };
}
