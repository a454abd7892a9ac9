import { Injectable } from '@nestjs/common';
import { ChatError } from '../common/errors/chat-error.js';
import type { Identity } from '../common/identity.js';
import { PasswordTries } from '../limits/password-tries.js';
import { foldEmail } from '../users/fold.js';
import { type Account, accountOf, type Credentials } from '../users/user.js';
import { UsersRepository } from '../users/users.repository.js';
import { AccessTokens } from './access-tokens.js';
import type { Client } from './client.js';
import type { ChangePassword } from './dto/change-password.dto.js';
import type { Login } from './dto/login.dto.js';
import type { Register } from './dto/register.dto.js';
import { Passwords } from './passwords.js';
import { RefreshTokens } from './refresh-tokens.js';
import type { Session } from './session.js';
import { SessionsService } from './sessions.service.js';

/** What a signed-in device is given. */
export interface Tokens {
  accessToken: string;
  refreshToken: string;
  /** Life of the access token in seconds. */
  expiresIn: number;
}

/** Accounts: signing up, in and out. */
@Injectable()
export class AuthService {
  constructor(
    private readonly users: UsersRepository,
    private readonly passwords: Passwords,
    private readonly tries: PasswordTries,
    private readonly sessions: SessionsService,
    private readonly accessTokens: AccessTokens,
    private readonly refreshTokens: RefreshTokens,
  ) {}

  /**
   * Signs somebody up, and in.
   *
   * @throws ChatError `email_taken`
   */
  async register(who: Register, client: Client): Promise<Tokens & { user: Account }> {
    const { email, name, photoURL = null } = who;
    const passwordHash = await this.passwords.hash(who.password);
    const user = await this.users.create({ email, name, photoURL, passwordHash });
    if (!user) throw new ChatError('email_taken');
    const session = await this.sessions.begin(user._id, client);
    return { user: accountOf(user), ...this.tokensOf(session) };
  }

  /**
   * Signs somebody in. Answer and time are the same for a wrong password and an unknown address.
   *
   * @param network - what counts as one client, see `networkOf`
   * @throws ChatError `invalid_credentials`, `rate_limited` after too many wrong passwords
   */
  async login(
    { email, password }: Login,
    client: Client,
    network: string,
  ): Promise<Tokens & { user: Account }> {
    const who = { account: foldEmail(email), network };
    await this.tries.require(who);
    const credentials = await this.users.findCredentialsByEmail(email);
    const isRight = await this.passwords.matches(password, credentials?.passwordHash);
    await this.tries.settle(who, isRight);
    if (!credentials || !isRight) throw new ChatError('invalid_credentials');
    const session = await this.sessions.begin(credentials.userId, client);
    await this.requireUnchanged(credentials, session);
    const user = await this.users.findById(credentials.userId);
    if (!user) throw new ChatError('invalid_credentials');
    return { user: accountOf(user), ...this.tokensOf(session) };
  }

  /**
   * Exchanges a refresh token for fresh tokens.
   *
   * @throws ChatError `unauthorized`, `session_revoked`, `refresh_reused`
   */
  async refresh(refreshToken: string): Promise<Tokens> {
    const session = await this.sessions.refresh(this.refreshTokens.read(refreshToken));
    return this.tokensOf(session);
  }

  /** Signs the person out on this device. */
  logout(me: Identity): Promise<void> {
    return this.sessions.endIfAlive(me.userId, me.sessionId);
  }

  /**
   * Changes the password and signs the person out everywhere else.
   *
   * @throws ChatError `invalid_credentials` when the current password is another
   */
  async changePassword(me: Identity, { currentPassword, newPassword }: ChangePassword): Promise<void> {
    const credentials = await this.users.findCredentialsById(me.userId);
    const isRight = await this.passwords.matches(currentPassword, credentials?.passwordHash);
    if (!credentials || !isRight) throw wrongCurrentPassword();
    const newHash = await this.passwords.hash(newPassword);
    await this.sessions.endOthers(me, async (transaction) => {
      const isReplaced = await this.users.replacePasswordHash(credentials, newHash, transaction);
      if (!isReplaced) throw wrongCurrentPassword();
    });
  }

  /** A password change that fell between the check and the new session did not see that session. */
  private async requireUnchanged(checked: Credentials, session: Session): Promise<void> {
    const current = await this.users.findCredentialsById(checked.userId);
    if (current?.passwordHash === checked.passwordHash) return;
    await this.sessions.endIfAlive(session.userId, session._id);
    throw new ChatError('invalid_credentials');
  }

  private tokensOf({ _id: sessionId, userId, refreshCounter: counter }: Session): Tokens {
    return {
      accessToken: this.accessTokens.issue({ userId, sessionId }),
      refreshToken: this.refreshTokens.issue({ sessionId, counter }),
      expiresIn: this.accessTokens.lifetime,
    };
  }
}

function wrongCurrentPassword(): ChatError {
  return new ChatError('invalid_credentials', { message: 'The current password is wrong.' });
}
