// For mongosh: forms the replica set and gives the service a user that may use its own database and no other.
// May run again at any time; it then only brings the service's password up to date.

const { MONGO_MEMBER, MONGO_KEY, MONGO_CHAT_PASSWORD } = process.env;

// The member itself, which its key file makes an administrator: there is no other yet.
db.getSiblingDB('local').auth({ user: '__system', pwd: MONGO_KEY, mechanism: 'SCRAM-SHA-256' });

try {
  rs.status();
} catch (error) {
  if (error.codeName !== 'NotYetInitialized') throw error;
  rs.initiate({ _id: 'rs0', members: [{ _id: 0, host: MONGO_MEMBER }] });
}
while (!db.hello().isWritablePrimary) sleep(200);

const chat = db.getSiblingDB('chat');
const settings = { pwd: MONGO_CHAT_PASSWORD, roles: [{ role: 'readWrite', db: 'chat' }] };
if (chat.getUser('chat')) chat.updateUser('chat', settings);
else chat.createUser({ user: 'chat', ...settings });
print('The database is ready');
