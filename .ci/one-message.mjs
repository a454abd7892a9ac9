// Two people sign up, befriend each other, and one message goes from one to the other.
const [, , url] = process.argv;

async function call(method, path, token, body) {
  const response = await fetch(url + path, {
    method,
    headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${JSON.stringify(answer)}`);
  return answer;
}

const signUp = (name) =>
  call('POST', '/api/auth/register', undefined, {
    email: `${name}@example.org`,
    password: 'correct horse',
    name,
  });

const [ann, bob] = await Promise.all([signUp('ann'), signUp('bob')]);
const { request } = await call('POST', '/api/friends/requests', ann.accessToken, { userId: bob.user._id });
await call('POST', `/api/friends/requests/${request._id}/accept`, bob.accessToken);
await call('POST', '/api/messages/send', ann.accessToken, { recipientId: bob.user._id, text: 'Hello!' });
const [message] = await call('GET', `/api/messages/${ann.user._id}`, bob.accessToken);
if (message.text !== 'Hello!') throw new Error('The message did not arrive');
process.stdout.write('One message went from Ann to Bob.\n');
