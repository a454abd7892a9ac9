/**
 * A person explores the API by hand, in Swagger UI, in a real Chromium. With `SCREENSHOTS=1` the pictures in
 * `docs/images` are taken anew.
 */
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type RunningApp, startApp } from '../support/running-app.js';
import { CHROMIUM, SwaggerPage } from './swagger-page.js';

const IMAGES = join(import.meta.dirname, '../../docs/images');

interface SignedIn {
  user: { _id: string; name: string };
  accessToken: string;
}

function explore(): void {
  let app: RunningApp;
  let swagger: SwaggerPage;
  let ann: SignedIn;
  let bob: SignedIn;

  beforeAll(async () => {
    app = await startApp();
    swagger = await SwaggerPage.open(app.url);
  });
  afterAll(async () => {
    await swagger?.close();
    await app.stop();
  });

  async function picture(name: string, operationId?: string): Promise<void> {
    if (!process.env.SCREENSHOTS) return;
    await mkdir(IMAGES, { recursive: true });
    await swagger.isPictured(join(IMAGES, `swagger-${name}.png`), operationId);
  }

  test('the page shows the parts of the API in the order in which one needs them', async () => {
    expect(await swagger.parts()).toEqual([
      'Auth',
      'Users',
      'Friends',
      'Messages',
      'Conversations',
      'Operations',
    ]);
    await picture('overview');
  });

  test('two people sign up with the examples as they are', async () => {
    const first = await swagger.runs<SignedIn>('register', { example: 'Ann' });
    const second = await swagger.runs<SignedIn>('register', { example: 'Bob' });
    expect([first.status, second.status]).toEqual([201, 201]);
    [ann, bob] = [first.body, second.body];
    expect([ann.user.name, bob.user.name]).toEqual(['Ann Lee', 'Bob Ray']);
    await swagger.closes('register');
  });

  test('without authorization nothing else is to be had', async () => {
    expect(await swagger.runs('readMe')).toMatchObject({ status: 401, body: { code: 'unauthorized' } });
    await swagger.closes('readMe');
  });

  test('Ann authorizes, finds Bob and asks for friendship', async () => {
    await swagger.authorizes(ann.accessToken);
    const { body: found } = await swagger.runs<{ users: { _id: string; relationship: string }[] }>(
      'findPeople',
      {
        parameters: { query: 'bob' },
      },
    );
    expect(found.users).toMatchObject([{ _id: bob.user._id, relationship: 'none' }]);
    const asked = await swagger.runs('askFriendship', { body: { userId: found.users[0]?._id } });
    expect(asked.status).toBe(201);
  });

  test('Bob authorizes, sees the request and accepts', async () => {
    await swagger.authorizes(bob.accessToken);
    const { body: open } = await swagger.runs<{ incoming: { _id: string; from: { name: string } }[] }>(
      'listRequests',
    );
    expect(open.incoming).toMatchObject([{ from: { name: 'Ann Lee' } }]);
    const accepted = await swagger.runs('acceptRequest', { parameters: { id: open.incoming[0]?._id ?? '' } });
    expect(accepted).toMatchObject({ status: 200, body: { friend: { _id: ann.user._id } } });
  });

  test('Ann sends a message and reads the history', async () => {
    await swagger.authorizes(ann.accessToken);
    const text = 'Hello Bob, from Swagger UI!';
    const sent = await swagger.runs('sendMessage', {
      example: 'A text',
      body: { recipientId: bob.user._id, text },
    });
    expect(sent).toMatchObject({ status: 201, body: { text, seq: 1, recipientId: bob.user._id } });
    await picture('sent', 'sendMessage');
    const history = await swagger.runs('readHistory', { parameters: { otherUserId: bob.user._id } });
    expect(history).toEqual({ status: 200, body: [sent.body] });
    await picture('history', 'readHistory');
  });

  test('the authorization survives a reload', async () => {
    await swagger.reloads();
    expect(await swagger.isAuthorized()).toBe(true);
    expect(await swagger.runs('readMe')).toMatchObject({
      status: 200,
      body: { user: { _id: ann.user._id } },
    });
  });

  test('the browser refused nothing, and asked nobody but this server', async () => {
    // That one call without a token.
    const unexpected = swagger.complaints.filter((complaint) => !complaint.includes('401 (Unauthorized)'));
    expect(unexpected).toEqual([]);
    expect([...swagger.origins]).toEqual([app.url]);
  });
}

if (existsSync(CHROMIUM)) {
  describe('In Swagger UI', () => {
    explore();
  });
} else {
  test(`not run: there is no ${CHROMIUM} here, and no other named by CHROMIUM_BINARY`, () => {
    process.stderr.write(`Swagger UI: not run, there is no ${CHROMIUM} here\n`);
  });
}
