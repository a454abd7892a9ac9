import type { mongo } from 'mongoose';

/** One operation of the service on the database, as mongod has recorded it. */
export interface RecordedQuery {
  /** Without the name of the database. */
  collection: string;
  op: string;
  /** What it was given: filters, pipeline, documents. */
  command: mongo.Document;
  /** `IXSCAN { … }`, `IDHACK`, `DISTINCT_SCAN { … }`, `COLLSCAN`; none for an insert. */
  plan: string;
  keysExamined: number;
  docsExamined: number;
  returned: number;
}

/** Entries of this size in all are kept, in bytes: enough for a whole test. */
const ROOM = 256 * 1024 * 1024;

/** As the service names itself to mongod (`database.module.ts`). */
const SERVICE = 'reals2chat';

/** mongod's own record of every operation of the service on a database: MongoDB's profiler at its second level. */
export class QueryLog {
  private constructor(private readonly db: mongo.Db) {}

  /** From now on. */
  static async begin(db: mongo.Db): Promise<QueryLog> {
    await db.command({ profile: 0 });
    await db.createCollection('system.profile', { capped: true, size: ROOM });
    await db.command({ profile: 2, slowms: 0, sampleRate: 1 });
    return new QueryLog(db);
  }

  /** Everything since, in the order in which it ended. */
  async end(): Promise<RecordedQuery[]> {
    await this.db.command({ profile: 0 });
    const entries = await this.db
      .collection('system.profile')
      .find({ appName: SERVICE, ns: { $not: /\.(system\.|\$cmd)/ } })
      .sort({ ts: 1 })
      .toArray();
    return entries.filter(isData).map(recorded);
  }
}

/** What reads or writes rows; the rest is about collections, indexes and transactions. */
function isData({ op, command }: mongo.Document): boolean {
  if (op !== 'command') return ['query', 'getmore', 'insert', 'update', 'remove'].includes(String(op));
  return ['aggregate', 'findAndModify', 'count', 'distinct'].some((name) => name in command);
}

function recorded(entry: mongo.Document): RecordedQuery {
  const { ns, op, command, planSummary, keysExamined, docsExamined, nreturned, nModified, nMatched } = entry;
  return {
    collection: String(ns).slice(String(ns).indexOf('.') + 1),
    op: String(op),
    command: (command ?? {}) as mongo.Document,
    plan: String(planSummary ?? ''),
    keysExamined: Number(keysExamined ?? 0),
    docsExamined: Number(docsExamined ?? 0),
    returned: Math.max(Number(nreturned ?? 0), Number(nModified ?? 0), Number(nMatched ?? 0)),
  };
}
