/** The Fastify route that one writes by hand: a token, `insertOne` as durable as the service's, the answer. */
import Fastify from 'fastify';
import jwt from 'jsonwebtoken';
import { mongo } from 'mongoose';

const { MONGODB_URI, JWT_SECRET } = process.env;
const writeConcern = { w: 'majority', journal: true };
const client = await new mongo.MongoClient(MONGODB_URI, { writeConcern }).connect();
const messages = client.db().collection('messages');
await messages.createIndex({ conversationId: 1, createdAt: 1 });

const app = Fastify();
app.post('/api/messages/send', async (request, reply) => {
  const token = request.headers.authorization?.slice('Bearer '.length);
  const { sub: senderId } = jwt.verify(token, JWT_SECRET, { algorithms: ['HS256'] });
  const { recipientId, text } = request.body;
  const conversationId = senderId < recipientId ? `${senderId}:${recipientId}` : `${recipientId}:${senderId}`;
  const message = { conversationId, senderId, recipientId, text, createdAt: new Date(), status: 'sent' };
  await messages.insertOne(message);
  return reply.code(201).send(message);
});

console.log(`Ready ${await app.listen({ port: 0, host: '127.0.0.1' })}`);
process.on('SIGTERM', () => process.exit(0));
