import { getConnectionToken } from '@nestjs/mongoose';
import type { Connection, mongo } from 'mongoose';
import { ownDatabase, type RunningApp, startApp } from '../support/running-app.js';

/** Commands of which a person's call could cost more or fewer. */
const COUNTED = [
  'find',
  'aggregate',
  'getMore',
  'insert',
  'update',
  'delete',
  'findAndModify',
  'commitTransaction',
  'abortTransaction',
];

/** Whether sessions are alive and when somebody was last seen: looked at and stored behind what people do. */
const BY_THE_CLOCK = / sessions$|^update users$/;

/** An application whose commands to the database are seen. */
export interface WatchedApp extends RunningApp {
  /** The commands since the last call of this, each with its collection, in no order. */
  takeCommands(): string[];
  /** Whether a command is on its way, or one began since the last call of this. */
  isBusy(): boolean;
}

export async function startWatchedApp(): Promise<WatchedApp> {
  const uri = new URL(ownDatabase());
  uri.searchParams.set('monitorCommands', 'true');
  const app = await startApp({ MONGODB_URI: uri.toString() });
  const client = app.app.get<Connection>(getConnectionToken()).getClient();
  let commands: string[] = [];
  let started = 0;
  let open = 0;
  client.on('commandSucceeded', () => (open -= 1));
  client.on('commandFailed', () => (open -= 1));
  client.on('commandStarted', ({ commandName, command }: mongo.CommandStartedEvent) => {
    const collection = String(commandName === 'getMore' ? command.collection : command[commandName]);
    open += 1;
    started += 1;
    if (!COUNTED.includes(commandName)) return;
    const name = collection === '1' ? commandName : `${commandName} ${collection}`;
    if (!BY_THE_CLOCK.test(name)) commands.push(name);
  });
  return {
    ...app,
    takeCommands: () => {
      const taken = commands.toSorted();
      commands = [];
      return taken;
    },
    isBusy: () => {
      const isBusy = open > 0 || started > 0;
      started = 0;
      return isBusy;
    },
  };
}

/**
 * Puts the same word for everything that differs between two stories that are otherwise the same: ids, by the order
 * in which they are first met, times, addresses, and sealed tokens, of which the length stays.
 */
export class Anonymizer {
  private readonly ids = new Map<string, string>();

  of(value: unknown): unknown {
    const text = JSON.stringify(value, (key, inner: unknown) =>
      /token|cursor/i.test(key) && typeof inner === 'string' ? `sealed, ${inner.length} long` : inner,
    );
    return text === undefined ? undefined : JSON.parse(this.words(text));
  }

  private words(text: string): string {
    return text
      .replaceAll(/\b[0-9a-f]{24}\b/g, (id) => this.wordFor(id))
      .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, 'a time');
  }

  private wordFor(id: string): string {
    const word = this.ids.get(id) ?? `id ${this.ids.size + 1}`;
    this.ids.set(id, word);
    return word;
  }
}

/** The headers that say something of the answer itself. */
export function headersOf(headers: Headers): Record<string, string> {
  const moving = ['date', 'x-request-id'];
  return Object.fromEntries(
    [...headers].map(([name, value]) => [name, moving.includes(name) ? 'moving' : value]),
  );
}
