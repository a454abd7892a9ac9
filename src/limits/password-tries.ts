import { Injectable } from '@nestjs/common';
import { Limits } from './limits.js';
import { RULES, TRIES_UNDER_ATTACK } from './rules.js';
import type { Count } from './windows.js';

const {
  wrong_passwords_here: HERE,
  wrong_passwords_account: ACCOUNT,
  wrong_passwords_address: ADDRESS,
} = RULES;

/** Who tries to sign in. */
export interface Try {
  /** The account, whether it exists or not, in one spelling. */
  account: string;
  /** What counts as one client, see `networkOf`. */
  network: string;
}

/**
 * Wrong passwords, which are what gets somebody refused. Not a weapon: however many others try an account, the right
 * password from an address that has not tried in vain opens it. So many addresses guess slowly, each three times a
 * window once the account is under attack, and one address guesses ten passwords of one account and fifteen of all.
 */
@Injectable()
export class PasswordTries {
  constructor(private readonly limits: Limits) {}

  /**
   * Says whether a password is looked at at all.
   *
   * @throws ChatError `rate_limited`
   */
  async require(who: Try): Promise<void> {
    if (!this.limits.areOn) return;
    this.refuseAbove(await this.counts(who, 'read'), 1);
  }

  /**
   * Counts the outcome. Looks again, since others of the same client may have been tried meanwhile: who tries a
   * hundred passwords at once learns no more than who tries one after the other.
   *
   * @throws ChatError `rate_limited` where not even the outcome is told
   */
  async settle(who: Try, isRight: boolean): Promise<void> {
    if (!this.limits.areOn) return;
    if (isRight) {
      await this.require(who);
      await this.limits.sharedOf('wrong_passwords_here').forget(keyHere(who));
      return;
    }
    const counts = await this.counts(who, 'add');
    this.refuseAbove(counts, 0);
    const { account } = counts;
    if (account.count > ACCOUNT.points) throw this.limits.refusal('wrong_passwords_account', account.msLeft);
  }

  private async counts(who: Try, how: 'read' | 'add'): Promise<Counts> {
    const [here, account, address] = await Promise.all([
      this.limits.sharedOf('wrong_passwords_here')[how](keyHere(who)),
      this.limits.sharedOf('wrong_passwords_account')[how](who.account),
      this.limits.sharedOf('wrong_passwords_address')[how](who.network),
    ]);
    return { here, account, address };
  }

  /** @param more - how many are to come beside those counted */
  private refuseAbove({ here, account, address }: Counts, more: number): void {
    const mostHere = account.count > ACCOUNT.points ? TRIES_UNDER_ATTACK : HERE.points;
    if (here.count + more > mostHere) throw this.limits.refusal('wrong_passwords_here', here.msLeft);
    if (address.count + more > ADDRESS.points) {
      throw this.limits.refusal('wrong_passwords_address', address.msLeft);
    }
  }
}

interface Counts {
  here: Count;
  account: Count;
  address: Count;
}

function keyHere({ account, network }: Try): string {
  return `${network} ${account}`;
}
