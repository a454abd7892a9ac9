import { randomBytes } from 'node:crypto';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { hash, verify } from '@node-rs/argon2';
import { HashQueue } from './hash-queue.js';

/** Argon2id with 19 MiB, two passes, one lane: OWASP Password Storage Cheat Sheet. */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** Leaves one of libuv's four threads to files and name look-ups, and bounds the memory to 57 MiB. */
const AT_ONCE = 3;

/** Some seconds of work; who comes later would not wait that long anyway. */
const MOST_WAITING = 500;

/** Passwords: hashed off the event loop, a few at a time. */
@Injectable()
export class Passwords implements OnModuleInit {
  private readonly queue = new HashQueue(AT_ONCE, MOST_WAITING);
  private decoy = '';

  /** Makes the hash that stands in where there is no account, with the same cost as the real ones. */
  async onModuleInit(): Promise<void> {
    this.decoy = await this.hash(randomBytes(24).toString('base64url'));
  }

  /**
   * The hash to store, in PHC string format.
   *
   * @throws ChatError `unavailable` when too many wait already
   */
  hash(password: string): Promise<string> {
    return this.queue.run(() => hash(normal(password), COST));
  }

  /**
   * Whether this is the password of that hash. Takes as long where there is no hash, so that nobody can tell
   * from the time whether an account exists.
   *
   * @throws ChatError `unavailable` when too many wait already
   */
  async matches(password: string, passwordHash: string | undefined): Promise<boolean> {
    const isMatch = await this.queue.run(() => verify(passwordHash ?? this.decoy, normal(password)));
    return isMatch && passwordHash !== undefined;
  }
}

/** One password, however the keyboard composes its letters (NIST SP 800-63B, 3.1.1.2). */
function normal(password: string): string {
  return password.normalize('NFKC');
}
