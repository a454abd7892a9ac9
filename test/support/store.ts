import { mongo } from 'mongoose';

/** Moves with every call and connection, whatever becomes of them. */
const MOVING = { lastSeen: 0, lastUsedAt: 0 };

/** All that is stored, but for when somebody was last there: the same before and after what must change nothing. */
export async function stored(db: mongo.Db): Promise<string> {
  const collections = await db.listCollections({}, { nameOnly: true }).toArray();
  const contents = await Promise.all(
    collections
      .map(({ name }) => name)
      .toSorted()
      .map(async (name) => [
        name,
        await db.collection(name).find({}, { projection: MOVING }).sort({ _id: 1 }).toArray(),
      ]),
  );
  return mongo.BSON.EJSON.stringify(contents);
}
