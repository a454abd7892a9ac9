import { describe, expect, it } from '@jest/globals';
import { mongo } from 'mongoose';
import { isDatabaseAway } from './database-errors.js';

/** As the driver wraps what ended a bulk write. */
function ofBulkWrite(cause: Error): Error {
  return new mongo.MongoBulkWriteError(cause, {} as mongo.BulkWriteResult);
}

describe('an error of a bulk write', () => {
  it('says that the database is away where its connection ended', () => {
    // Of a connection that ends after another has ended, the driver does not say that trying again may help.
    expect(isDatabaseAway(ofBulkWrite(new mongo.MongoNetworkError('connection 1 closed')))).toBe(true);
  });

  it('says so where the node steps down', () => {
    expect(isDatabaseAway(ofBulkWrite(new mongo.MongoServerError({ message: 'no', code: 10_107 })))).toBe(
      true,
    );
  });

  it('says nothing of the kind where the write was refused', () => {
    expect(isDatabaseAway(ofBulkWrite(new mongo.MongoServerError({ message: 'no', code: 121 })))).toBe(false);
    expect(isDatabaseAway(ofBulkWrite(new mongo.MongoInvalidArgumentError('no')))).toBe(false);
  });
});
