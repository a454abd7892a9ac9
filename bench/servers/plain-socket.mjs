/**
 * The Socket.IO server that one writes by hand: a token in the handshake, a room for each person, each message one
 * `insertOne` that is as durable as the service's, then the event to the recipient's room, then the acknowledgement.
 * No friendship, no block, no idempotency, no history; with `NUMBERED=1` a number for each message by `$inc` first.
 */
import { createServer } from 'node:http';
import jwt from 'jsonwebtoken';
import { mongo } from 'mongoose';
import { Server } from 'socket.io';

const { MONGODB_URI, JWT_SECRET, NUMBERED } = process.env;
const writeConcern = { w: 'majority', journal: true };
const client = await new mongo.MongoClient(MONGODB_URI, { writeConcern }).connect();
const messages = client.db().collection('messages');
const counters = client.db().collection('counters');
await messages.createIndex({ conversationId: 1, createdAt: 1 });

const http = createServer();
const io = new Server(http, { serveClient: false, perMessageDeflate: false });

io.use((socket, next) => {
  try {
    socket.data.userId = jwt.verify(socket.handshake.auth.token, JWT_SECRET, { algorithms: ['HS256'] }).sub;
    next();
  } catch {
    next(new Error('Unauthorized'));
  }
});

io.on('connection', (socket) => {
  const senderId = socket.data.userId;
  void socket.join(senderId);
  socket.on('sendMessage', async ({ recipientId, text }, ack) => {
    const conversationId =
      senderId < recipientId ? `${senderId}:${recipientId}` : `${recipientId}:${senderId}`;
    const message = { conversationId, senderId, recipientId, text, createdAt: new Date(), status: 'sent' };
    if (NUMBERED) message.seq = await nextNumber(conversationId);
    await messages.insertOne(message);
    io.to(recipientId).emit('receiveMessage', message);
    ack({ success: true, data: message });
  });
  socket.emit('ready', { userId: senderId });
});

async function nextNumber(conversationId) {
  const counter = await counters.findOneAndUpdate(
    { _id: conversationId },
    { $inc: { last: 1 } },
    { upsert: true, returnDocument: 'after' },
  );
  return counter.last;
}

http.listen(0, '127.0.0.1', () => console.log(`Ready http://127.0.0.1:${http.address().port}`));
process.on('SIGTERM', () => process.exit(0));
