import { setTimeout as sleep } from 'node:timers/promises';
import { Person } from './person.mjs';
import { quoted, settingsOf } from './words.mjs';

const PICTURE = { type: 'image', url: 'https://example.org/harbour.jpg' };

/** Ann and Bob sign up, befriend each other and chat for half a minute. */
export class Story {
  /**
   * @param {string} url of the server
   * @param {import('./screen.mjs').Screen} screen
   * @param {boolean} isFast whether to leave out the pauses
   */
  constructor(url, screen, isFast) {
    this.screen = screen;
    this.ann = new Person(url, 'Ann', screen);
    this.bob = new Person(url, 'Bob', screen);
    this.moment = (seconds = 1.2) => sleep(isFast ? 0 : seconds * 1000);
  }

  /** @throws Failure when the server cannot be reached, refuses, or does not tell what it should */
  async tell() {
    await this.#arrive();
    await this.#befriend();
    await this.#chat();
    await this.#pin();
    await this.#blockAndUnblock();
    await this.#goAway();
  }

  /** Closes both sockets. */
  end() {
    this.ann.leaves();
    this.bob.leaves();
  }

  async #arrive() {
    const { ann, bob } = this;
    this.screen.chapter('Two people arrive');
    await ann.signsUp();
    await bob.signsUp();
    await ann.connects();
    await bob.connects();
    await this.moment();
  }

  async #befriend() {
    const { ann, bob } = this;
    this.screen.chapter('They become friends');
    await ann.calls('GET', '/api/users', { query: { query: 'Bob' } }, ({ users }) => `finds ${count(users)}`);
    const body = { userId: bob.id, note: 'We met in Lisbon' };
    const asked = await ann.calls('POST', '/api/friends/requests', { body }, () => 'asks Bob for friendship');
    await bob.hears('friendRequest');
    await this.moment();
    const request = { id: asked.request._id };
    await bob.calls('POST', '/api/friends/requests/:id/accept', request, () => 'accepts');
    await ann.hears('friendAccepted');
    await this.moment();
  }

  async #chat() {
    const { ann, bob } = this;
    this.screen.chapter('They chat: Ann over REST, Bob over Socket.IO');
    await this.#types(ann, bob);
    await this.#posts(ann, bob, { text: 'Hello Bob, are you back?' });
    await bob.hears('receiveMessage');
    await this.moment();

    await this.#types(bob, ann);
    await this.#sends(bob, ann, { text: 'Since this morning. Look:' });
    await ann.hears('receiveMessage');
    await this.#sends(bob, ann, { attachment: PICTURE });
    await ann.hears('receiveMessage');
    await this.moment(2);

    await this.#types(ann, bob);
    const message = { text: 'What a harbour!', clientMessageId: crypto.randomUUID() };
    await this.#posts(ann, bob, message);
    await bob.hears('receiveMessage');
    await this.moment();
    await this.#posts(ann, bob, message, 'retries, stored once:');
    await this.moment();

    await this.#types(bob, ann);
    await bob.emits('stopTyping', { recipientId: ann.id }, () => 'thinks better of it');
    await ann.hears('typingStatus', ({ isTyping }) => !isTyping);
    await this.moment();
  }

  async #pin() {
    const { ann, bob } = this;
    this.screen.chapter('Ann pins the conversation');
    await this.#sets(ann, bob, { isPinned: true, isFavorite: true });
    await this.#readsHistory(ann, bob);
    await this.moment();
  }

  async #blockAndUnblock() {
    const { ann, bob } = this;
    this.screen.chapter('Ann blocks Bob for a moment, which Bob cannot notice');
    await this.#sets(ann, bob, { isBlocked: true });
    await this.moment();
    const hidden = await this.#sends(bob, ann, { text: 'Are you there?' });
    await this.moment(2);
    await this.#sets(ann, bob, { isBlocked: false });
    await this.moment();
    await this.#sends(bob, ann, { text: 'Coffee at five?' });
    await ann.hears('receiveMessage');
    await this.#readsHistory(ann, bob, ` (never no. ${hidden.seq})`);
    await this.moment();
    await this.#types(ann, bob);
    await this.#posts(ann, bob, { text: 'At five. See you!' });
    await bob.hears('receiveMessage');
    await this.moment(2);
  }

  async #goAway() {
    const { ann, bob } = this;
    this.screen.chapter('They leave');
    ann.forgets();
    await bob.calls('POST', '/api/auth/logout', {}, () => 'signs out');
    await bob.hears('disconnect');
    await ann.hears('userStatus', ({ isOnline }) => !isOnline);
    await this.moment();
    await ann.calls('GET', '/api/friends', {}, ({ friends }) => `looks who is there: ${friends.map(seen)}`);
    await ann.calls('POST', '/api/auth/logout', {}, () => 'signs out');
    await ann.hears('disconnect');
  }

  async #types(person, other) {
    await person.emits('typing', { recipientId: other.id }, () => 'types');
    await other.hears('typingStatus', ({ isTyping }) => isTyping);
    await this.moment(1.5);
  }

  #posts(person, other, message, words = 'writes') {
    const body = { recipientId: other.id, ...message };
    return person.calls('POST', '/api/messages/send', { body }, (sent) => `${words} ${quoted(sent)}`);
  }

  #sends(person, other, message) {
    return person.emits(
      'sendMessage',
      { recipientId: other.id, ...message },
      (sent) => `writes ${quoted(sent)}`,
    );
  }

  async #sets(person, other, settings) {
    const request = { id: other.id, body: settings };
    const told = (stored) => `sets: ${settingsOf(stored)}`;
    await person.calls('PUT', '/api/conversations/:id/metadata', request, told);
    await person.hears('conversationUpdated');
  }

  #readsHistory(person, other, remark = '') {
    const numbers = (messages) => `finds no. ${messages.map(({ seq }) => seq).join(', ')}${remark}`;
    return person.calls('GET', '/api/messages/:id', { id: other.id }, numbers);
  }
}

function count(users) {
  return users.length === 1 ? 'one person called Bob' : `${users.length} people called Bob`;
}

function seen({ name, isOnline }) {
  return `${name} is ${isOnline ? 'online' : 'offline'}`;
}
