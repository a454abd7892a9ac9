import { mongo } from 'mongoose';
import { AccessTokens } from '../../src/auth/access-tokens.js';
import { SessionsService } from '../../src/auth/sessions.service.js';
import type { Identity } from '../../src/common/identity.js';
import { UsersRepository } from '../../src/users/users.repository.js';
import { call, type HttpAnswer } from '../support/person.js';
import { ALL_PHONES, PEOPLE, PHONES, type PhoneName, type Who } from './people.js';
import { Phone } from './phone.js';
import type { Service } from './service.js';

/** Somebody of a history, as the service knows them. */
export class Actor {
  constructor(
    readonly who: Who,
    readonly id: string,
    private readonly token: string,
    private readonly service: Service,
  ) {}

  /** As the service's own parts know a caller. */
  get identity(): Identity {
    return { userId: this.id, sessionId: '', expiresAt: Infinity };
  }

  call<T = unknown>(method: string, path: string, body?: unknown): Promise<HttpAnswer<T>> {
    return call<T>(this.service.url, method, path, { token: this.token, body });
  }
}

/** The people of one history, fresh accounts, with their devices. */
export class Cast {
  readonly phones: ReadonlyMap<PhoneName, Phone>;
  private readonly byId: ReadonlyMap<string, Who>;
  private numbers = 0;

  private constructor(
    readonly service: Service,
    private readonly actors: ReadonlyMap<Who, Actor>,
    tokens: ReadonlyMap<PhoneName, string>,
  ) {
    this.byId = new Map([...actors.values()].map(({ id, who }) => [id, who]));
    const phones = PEOPLE.flatMap((who) => PHONES[who].map((name): [PhoneName, Who] => [name, who]));
    this.phones = new Map(
      phones.map(([name, who]) => [name, new Phone(name, this.of(who), tokens.get(name) as string, service)]),
    );
  }

  /** Signs them up behind the service: hashing their passwords would take longer than all they do. */
  static async signUp(service: Service): Promise<Cast> {
    const users = service.app.get(UsersRepository);
    const tokens = new Map<PhoneName, string>();
    const actors = new Map<Who, Actor>();
    for (const who of PEOPLE) {
      const user = await users.create({
        email: `${new mongo.ObjectId().toHexString()}@example.org`,
        name: who,
        photoURL: null,
        passwordHash: 'nobody signs in with a password',
      });
      if (!user) throw new Error('Not signed up');
      for (const phone of PHONES[who]) tokens.set(phone, await signIn(service, user._id));
      actors.set(who, new Actor(who, user._id, await signIn(service, user._id), service));
    }
    return new Cast(service, actors, tokens);
  }

  of(who: Who): Actor {
    return this.actors.get(who) as Actor;
  }

  /** Everybody but this person. */
  others(who: Who): Actor[] {
    return [...this.actors.values()].filter((actor) => actor.who !== who);
  }

  whoIs(id: string): Who {
    return this.byId.get(id) as Who;
  }

  phone(name: PhoneName): Phone {
    return this.phones.get(name) as Phone;
  }

  phonesOf(who: Who): Phone[] {
    return PHONES[who].map((name) => this.phone(name));
  }

  /** A number that this history has not had yet. */
  nextNumber(): number {
    this.numbers += 1;
    return this.numbers;
  }

  /** Those that are connected. */
  online(): Phone[] {
    return ALL_PHONES.map((name) => this.phone(name)).filter(({ isOnline }) => isOnline);
  }

  async leave(): Promise<void> {
    await Promise.all(this.online().map((phone) => phone.disconnect()));
  }
}

async function signIn(service: Service, userId: string): Promise<string> {
  const session = await service.app.get(SessionsService).begin(userId, { userAgent: null, ip: null });
  return service.app.get(AccessTokens).issue({ userId, sessionId: session._id });
}
