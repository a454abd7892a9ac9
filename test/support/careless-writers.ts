import { mongo } from 'mongoose';
import { complaintsAbout, type Acknowledged, type Row } from './checker.js';

/** What others do: it is acknowledged as soon as the primary has it in its journal. */
const CARELESS = { retryWrites: false, writeConcern: { w: 1, journal: true } };

/** How many write at the same time. */
const WRITERS = 8;

/**
 * Writers that a failover makes break their promise: a fault in which these lose nothing shows nothing. What they
 * write looks like messages, so that the same checker judges it.
 */
export class CarelessWriters {
  private readonly acknowledged: Acknowledged[] = [];
  private readonly client: mongo.MongoClient;
  private readonly work: Promise<void>[];
  private looks: (() => void)[] = [];
  private isOver = false;

  /** @param uri - of the replica set; they write until its primary is gone */
  constructor(uri: string) {
    this.client = new mongo.MongoClient(uri, CARELESS);
    this.work = Array.from({ length: WRITERS }, (_, index) => this.writes(`careless-${index}`));
  }

  /** Waits until so many are acknowledged. */
  async hasAcknowledged(enough: number): Promise<void> {
    while (this.acknowledged.length < enough && !this.isOver) {
      await new Promise<void>((resolve) => this.looks.push(resolve));
    }
  }

  /** Leaves nothing running. */
  async end(): Promise<void> {
    await Promise.all(this.work);
    await this.client.close();
  }

  /** What has become of it, after the failover. @returns what the checker says */
  async complaints(store: mongo.Db): Promise<string[]> {
    const stored = await store
      .collection('messages')
      .find<Row>({}, { sort: { seq: 1 } })
      .toArray();
    return complaintsAbout({ acknowledged: this.acknowledged, stored, views: [], told: [] });
  }

  private async writes(line: string): Promise<void> {
    const messages = this.client.db().collection<Row>('messages');
    try {
      for (let seq = 1; ; seq += 1) {
        const answer = messageOf(line, seq);
        await messages.insertOne({ ...answer });
        this.acknowledged.push({ ...answer, line, answer });
        this.look();
      }
    } catch {
      // The primary is gone.
      this.isOver = true;
      this.look();
    }
  }

  private look(): void {
    for (const look of this.looks.splice(0)) look();
  }
}

function messageOf(line: string, seq: number) {
  const clientMessageId = `${line}-${seq}`;
  return {
    _id: clientMessageId,
    conversationId: line,
    senderId: line,
    recipientId: 'nobody',
    seq,
    text: `text of ${clientMessageId}`,
    createdAt: new Date().toISOString(),
    clientMessageId,
  };
}
