import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Friend, FriendRequest } from '../src/realtime/wire.js';
import type { Device } from './support/device.js';
import { type HttpAnswer, Person } from './support/person.js';
import { type RunningApp, startApp } from './support/running-app.js';

interface Requests {
  incoming: FriendRequest[];
  outgoing: FriendRequest[];
}

interface Found {
  users: { _id: string; relationship: string }[];
}

interface Row {
  userId: { toHexString(): string };
  state: string;
  requestId: { toHexString(): string } | null;
  since: Date | null;
  hidden: boolean;
}

const NOBODY = '0123456789abcdef01234567';
const FRIEND_EVENTS = ['friendRequest', 'friendAccepted', 'friendRemoved', 'friendRequestClosed'] as const;

const asks = (me: Person, other: Person, note?: string) =>
  me.post<{ request: FriendRequest; friend: Friend }>('/api/friends/requests', {
    userId: other.id,
    ...(note !== undefined && { note }),
  });
const accepts = (me: Person, id: string) => me.post<{ friend: Friend }>(`/api/friends/requests/${id}/accept`);
const declines = (me: Person, id: string) => me.post(`/api/friends/requests/${id}/decline`);
const withdraws = (me: Person, id: string) => me.delete(`/api/friends/requests/${id}`);
const unfriends = (me: Person, other: Person) => me.delete(`/api/friends/${other.id}`);
const open = async (me: Person) => (await me.get<Requests>('/api/friends/requests')).body;
const friendsOf = async (me: Person) => (await me.get<{ friends: Friend[] }>('/api/friends')).body.friends;
const said = ({ status, body }: HttpAnswer) => [status, body.code];
const card = ({ id, account }: Person) => ({ _id: id, name: account.name, photoURL: account.photoURL });

/** The names of what this device was told about friendship, in order. */
function told(device: Device): string[] {
  return device.seen
    .map(({ event }) => event)
    .filter((event) => FRIEND_EVENTS.some((name) => name === event));
}

describe('friends', () => {
  let running: RunningApp;
  let ann: Person;
  let bob: Person;

  beforeAll(async () => {
    running = await startApp();
  });
  afterAll(() => running.stop());
  beforeEach(async () => {
    [ann, bob] = await Promise.all([Person.signUp(running.url, 'Ann'), Person.signUp(running.url, 'Bob')]);
  });
  afterEach(() => [ann, bob].forEach((person) => person.leaves()));

  describe('requests', () => {
    it('are seen by both, on all devices, and accepted', async () => {
      const devices = [await ann.connects(), await bob.connects(), await bob.connects()];
      const asked = await asks(ann, bob, 'We met.');
      expect(asked.status).toBe(201);
      const request = {
        _id: expect.stringMatching(/^[0-9a-f]{24}$/),
        from: card(ann),
        to: card(bob),
        note: 'We met.',
        createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      };
      expect(asked.body).toEqual({ success: true, request });
      for (const device of devices) expect(await device.hears('friendRequest')).toEqual(asked.body.request);
      expect(await open(ann)).toEqual({ success: true, incoming: [], outgoing: [asked.body.request] });
      expect(await open(bob)).toEqual({ success: true, incoming: [asked.body.request], outgoing: [] });

      const accepted = await accepts(bob, asked.body.request._id);
      expect(accepted.status).toBe(200);
      const friend = { ...card(ann), isOnline: true, lastSeen: expect.any(String) };
      expect(accepted.body).toEqual({ success: true, friend });
      expect(await devices[0]?.hears('friendAccepted')).toMatchObject(card(bob));
      expect(await devices[1]?.hears('friendAccepted')).toEqual(accepted.body.friend);
      expect(await devices[2]?.hears('friendAccepted')).toEqual(accepted.body.friend);
      expect(await friendsOf(bob)).toEqual([accepted.body.friend]);
      expect(await open(bob)).toMatchObject({ incoming: [], outgoing: [] });
    });

    it('have no note where none is given, and one of at most 140 characters', async () => {
      const tooLong = await asks(ann, bob, 'x'.repeat(141));
      expect([...said(tooLong), tooLong.body.errors?.[0]?.field]).toEqual([400, 'validation_failed', 'note']);
      expect((await asks(ann, bob)).body.request.note).toBeNull();
      await withdraws(ann, (await open(ann)).outgoing[0]?._id ?? '');
      expect((await asks(ann, bob, '\u{1f600}'.repeat(140))).status).toBe(201);
    });

    it('repeated are the same request, and nobody is told again', async () => {
      const device = await bob.connects();
      const first = await asks(ann, bob, 'first');
      const second = await asks(ann, bob, 'second');
      expect(second.status).toBe(200);
      expect(second.body).toEqual(first.body);
      await withdraws(ann, first.body.request._id);
      await device.hears('friendRequestClosed');
      expect(told(device)).toEqual(['friendRequest', 'friendRequestClosed']);
    });

    it('that cross make friends at once', async () => {
      const [hers, his] = [await ann.connects(), await bob.connects()];
      const asked = await asks(ann, bob);
      const crossed = await asks(bob, ann);
      expect(crossed.status).toBe(200);
      expect(crossed.body).toMatchObject({ success: true, friend: card(ann) });
      expect(await hers.hears('friendAccepted')).toMatchObject(card(bob));
      expect(await his.hears('friendAccepted')).toMatchObject(card(ann));
      expect((await accepts(bob, asked.body.request._id)).status).toBe(200);
      expect(said(await asks(ann, bob))).toEqual([409, 'already_friends']);
    });

    it('go to other people who exist only', async () => {
      expect(said(await asks(ann, ann))).toEqual([400, 'to_oneself']);
      expect(said(await ann.post('/api/friends/requests', { userId: NOBODY }))).toEqual([404, 'not_found']);
      for (const body of [{}, { userId: 'bob' }, { userId: { $ne: null } }, { userId: bob.id, more: 1 }]) {
        expect(said(await ann.post('/api/friends/requests', body))).toEqual([400, 'validation_failed']);
      }
    });

    it('accepted again give the same answer, and nobody is told again', async () => {
      const device = await ann.connects();
      const { body } = await asks(ann, bob);
      const [first, second] = [await accepts(bob, body.request._id), await accepts(bob, body.request._id)];
      expect(second.status).toBe(200);
      expect(second.body).toEqual(first.body);
      await unfriends(bob, ann);
      await device.hears('friendRemoved');
      expect(told(device)).toEqual(['friendRequest', 'friendAccepted', 'friendRemoved']);
      expect(said(await accepts(bob, body.request._id))).toEqual([404, 'not_found']);
    });

    it('declined are gone, and both are told', async () => {
      const [hers, his] = [await ann.connects(), await bob.connects()];
      const { body } = await asks(ann, bob);
      const { _id: id } = body.request;
      expect((await declines(bob, id)).status).toBe(204);
      for (const device of [hers, his]) {
        expect(await device.hears('friendRequestClosed')).toEqual({ requestId: id });
      }
      expect(said(await declines(bob, id))).toEqual([404, 'not_found']);
      expect(said(await accepts(bob, id))).toEqual([404, 'not_found']);
      expect((await asks(ann, bob)).status).toBe(201);
    });

    it('taken back are gone, and both are told', async () => {
      const [hers, his] = [await ann.connects(), await bob.connects()];
      const { _id: id } = (await asks(ann, bob)).body.request;
      expect((await withdraws(ann, id)).status).toBe(204);
      for (const device of [hers, his]) {
        expect(await device.hears('friendRequestClosed')).toEqual({ requestId: id });
      }
      expect(said(await withdraws(ann, id))).toEqual([404, 'not_found']);
      expect(await open(bob)).toMatchObject({ incoming: [], outgoing: [] });
    });

    it('are answered only by who was asked, and taken back only by who asked', async () => {
      const eve = await Person.signUp(running.url, 'Eve');
      const { _id: id } = (await asks(ann, bob)).body.request;
      for (const refused of [
        await accepts(ann, id),
        await declines(ann, id),
        await withdraws(bob, id),
        await accepts(eve, id),
        await declines(eve, id),
        await withdraws(eve, id),
        await accepts(bob, NOBODY),
      ]) {
        expect(said(refused)).toEqual([404, 'not_found']);
      }
      expect((await open(bob)).incoming).toHaveLength(1);
    });
  });

  describe('the list', () => {
    it('is by name, whatever its case', async () => {
      expect((await ann.get('/api/friends')).body).toEqual({ success: true, friends: [] });
      for (const name of ['zoe', 'Émile', 'adam', 'Carol', 'carol']) {
        await ann.befriends(await Person.signUp(running.url, name));
      }
      const names = (await friendsOf(ann)).map(({ name }) => name);
      expect(names.map((name) => name.toLowerCase())).toEqual(['adam', 'carol', 'carol', 'zoe', 'émile']);
    });

    it('loses a friendship on both sides, and both are told', async () => {
      await ann.befriends(bob);
      const [hers, his] = [await ann.connects(), await bob.connects()];
      expect((await unfriends(ann, bob)).status).toBe(204);
      expect(await hers.hears('friendRemoved')).toEqual({ userId: bob.id });
      expect(await his.hears('friendRemoved')).toEqual({ userId: ann.id });
      expect([await friendsOf(ann), await friendsOf(bob)]).toEqual([[], []]);
      for (const refused of [
        await unfriends(ann, bob),
        await unfriends(bob, ann),
        await unfriends(ann, ann),
      ]) {
        expect(said(refused)).toEqual([404, 'not_found']);
      }
      await ann.befriends(bob);
      expect(await friendsOf(bob)).toHaveLength(1);
    });
  });

  describe('behind a block', () => {
    /** Bob has blocked Ann, and she asks him. */
    async function hidden(): Promise<FriendRequest> {
      await bob.blocks(ann);
      const asked = await asks(ann, bob, 'please');
      expect(asked.status).toBe(201);
      return asked.body.request;
    }

    it('a request looks like any other to who asks, and does not exist for the blocker', async () => {
      const [hers, his] = [await ann.connects(), await bob.connects()];
      const request = await hidden();
      expect(request).toMatchObject({ from: card(ann), to: card(bob), note: 'please' });
      expect(await hers.hears('friendRequest')).toEqual(request);
      expect((await open(ann)).outgoing).toEqual([request]);
      expect(await open(bob)).toMatchObject({ incoming: [], outgoing: [] });
      expect(said(await accepts(bob, request._id))).toEqual([404, 'not_found']);

      await bob.unblocks(ann);
      const again = await asks(ann, bob, 'again');
      expect([again.status, again.body.request]).toEqual([200, request]);
      expect(await open(bob)).toMatchObject({ incoming: [], outgoing: [] });
      const found = await bob.get<Found>(`/api/users?query=${ann.account.email}`);
      expect(found.body.users).toMatchObject([{ _id: ann.id, relationship: 'none' }]);
      await his.catchesUp();
      expect(told(his)).toEqual([]);
    });

    it('a request can be taken back, and only its sender hears of it', async () => {
      const [hers, his] = [await ann.connects(), await bob.connects()];
      const { _id } = await hidden();
      await bob.unblocks(ann);
      expect((await withdraws(ann, _id)).status).toBe(204);
      expect(await hers.hears('friendRequestClosed')).toEqual({ requestId: _id });
      await his.catchesUp();
      expect(told(his)).toEqual([]);
      await asks(ann, bob);
      expect((await his.hears('friendRequest')).from).toEqual(card(ann));
    });

    it('a request does not count as asked when the other asks after unblocking', async () => {
      const hers = await ann.connects();
      const { _id } = await hidden();
      await bob.unblocks(ann);
      const asked = await asks(bob, ann);
      expect(asked.status).toBe(201);
      expect(await hers.hears('friendRequestClosed')).toEqual({ requestId: _id });
      await hers.hears('friendRequest', ({ from }) => from._id === bob.id);
      expect(await open(ann)).toMatchObject({ incoming: [asked.body.request], outgoing: [] });
      expect((await asks(ann, bob)).status).toBe(200);
      expect(await friendsOf(bob)).toHaveLength(1);
    });

    it('the blocker cannot ask', async () => {
      await bob.blocks(ann);
      expect(said(await asks(bob, ann))).toEqual([403, 'recipient_blocked']);
      await ann.blocks(bob);
      expect(said(await asks(ann, bob))).toEqual([403, 'recipient_blocked']);
    });

    it('a request that stood before goes its way, and the blocker is told nothing', async () => {
      const [hers, his] = [await ann.connects(), await bob.connects()];
      const { _id } = (await asks(bob, ann)).body.request;
      await bob.blocks(ann);
      expect((await accepts(ann, _id)).status).toBe(200);
      expect(await hers.hears('friendAccepted')).toMatchObject(card(bob));
      expect(await friendsOf(bob)).toMatchObject([card(ann)]);
      expect((await unfriends(ann, bob)).status).toBe(204);
      expect(await hers.hears('friendRemoved')).toEqual({ userId: bob.id });
      expect(await friendsOf(bob)).toEqual([]);
      await his.catchesUp();
      expect(told(his)).toEqual(['friendRequest']);
    });
  });

  describe('finding people', () => {
    const finds = async (me: Person, query: string) =>
      (await me.get<Found>(`/api/users?${query}`)).body.users;

    it('goes by the beginning of the name or the exact e-mail, and never finds oneself', async () => {
      const name = `Quentin${Date.now()}`;
      const [one, other] = [await Person.signUp(running.url, name), await Person.signUp(running.url, name)];
      const found = await finds(one, `query=${name.toUpperCase().slice(0, -1)}`);
      expect(found).toEqual([{ ...card(other), relationship: 'none' }]);
      // Blanks are typed on the way to the next word, so they count.
      expect(await finds(ann, `query=${name}%20`)).toEqual([]);
      expect(await finds(ann, `query=${name}&limit=1`)).toHaveLength(1);
      expect(await finds(ann, `query=${name.slice(1)}`)).toEqual([]);
      expect(await finds(one, `query=${encodeURIComponent(one.account.email)}`)).toEqual([]);
      const byEmail = await finds(one, `query=${encodeURIComponent(other.account.email.toUpperCase())}`);
      expect(byEmail).toEqual([{ ...card(other), relationship: 'none' }]);
      expect(await finds(one, `query=${encodeURIComponent(other.account.email.slice(0, -1))}`)).toEqual([]);
    });

    it('says what they are to oneself', async () => {
      const relationship = async (me: Person, other: Person) =>
        (await finds(me, `query=${other.account.email}`))[0]?.relationship;
      expect(await relationship(ann, bob)).toBe('none');
      const { _id } = (await asks(ann, bob)).body.request;
      expect([await relationship(ann, bob), await relationship(bob, ann)]).toEqual(['outgoing', 'incoming']);
      await accepts(bob, _id);
      expect([await relationship(ann, bob), await relationship(bob, ann)]).toEqual(['friend', 'friend']);
      await unfriends(ann, bob);
      expect(await relationship(bob, ann)).toBe('none');
    });

    it('refuses too little, too much and what it does not know', async () => {
      for (const query of [
        '',
        'query=',
        'query=a',
        'query=ab&limit=0',
        'query=ab&limit=21',
        'query=ab&limit=x',
        'query=ab&query=cd',
        'query[$ne]=ab',
        'query=ab&more=1',
        `query=${'a'.repeat(255)}`,
      ]) {
        expect([query, ...said(await ann.get(`/api/users?${query}`))]).toEqual([
          query,
          400,
          'validation_failed',
        ]);
      }
    });
  });

  it('is the same on both sides, whatever 50 pairs do at once, each on another node', async () => {
    const { MONGODB_URI = '', JWT_SECRET = '' } = running.config;
    const second = await startApp({ MONGODB_URI, JWT_SECRET });
    const there = (person: Person): Person =>
      Object.assign(Object.create(Person.prototype), person, { url: second.url });
    const deeds = [
      (me: Person, other: Person) => asks(me, other),
      (me: Person, other: Person) => asks(me, other),
      async (me: Person) => accepts(me, (await open(me)).incoming[0]?._id ?? NOBODY),
      async (me: Person) => declines(me, (await open(me)).incoming[0]?._id ?? NOBODY),
      async (me: Person) => withdraws(me, (await open(me)).outgoing[0]?._id ?? NOBODY),
      (me: Person, other: Person) => unfriends(me, other),
    ];
    const does = (n: number, me: Person, other: Person): Promise<HttpAnswer> =>
      (deeds[n % deeds.length] ?? asks)(me, other);
    const signUps = Array.from({ length: 20 }, (_, n) => Person.signUp(running.url, `Person ${n}`));
    const people = await Promise.all(signUps);
    const all = people.flatMap((one, n) =>
      people.slice(n + 1).map((other): [Person, Person] => [one, other]),
    );
    const pairs = all.filter((_, n) => n % 3 === 0).slice(0, 50);

    const answers = await Promise.all(
      pairs.flatMap(([one, other], n) =>
        [0, 1, 2, 3].flatMap((round) => [
          does(n + round, one, other),
          does(n * 5 + round, there(other), one),
        ]),
      ),
    );
    expect(answers.filter(({ status }) => status >= 500)).toEqual([]);

    const rows = (await running.db.collection('friendships').find().toArray()) as unknown as (Row & {
      otherUserId: Row['userId'];
    })[];
    const rowOf = (me: Person, other: Person) =>
      rows.find(
        ({ userId, otherUserId }) => userId.toHexString() === me.id && otherUserId.toHexString() === other.id,
      );
    for (const [one, other] of pairs) {
      const [mine, theirs] = [rowOf(one, other), rowOf(other, one)];
      expect(Boolean(mine)).toBe(Boolean(theirs));
      if (!mine || !theirs) continue;
      const states = [mine.state, theirs.state].toSorted().join(' ');
      expect(['none none', 'ended ended', 'incoming outgoing', 'friends friends']).toContain(states);
      expect(mine.requestId?.toHexString()).toBe(theirs.requestId?.toHexString());
      expect(mine.since?.getTime()).toBe(theirs.since?.getTime());
      expect([mine.hidden, theirs.hidden]).toEqual([false, false]);
    }
    for (const one of people) {
      for (const friend of await friendsOf(one)) {
        const other = people.find(({ id }) => id === friend._id);
        expect(other && (await friendsOf(other)).some(({ _id }) => _id === one.id)).toBe(true);
      }
    }
    await second.stop();
  });
});
