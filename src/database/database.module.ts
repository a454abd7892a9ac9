import { type DynamicModule, Global, Injectable, Module, type OnApplicationBootstrap } from '@nestjs/common';
import { InjectConnection, MongooseModule } from '@nestjs/mongoose';
import mongoose, { type Connection } from 'mongoose';
import { Snapshots } from './snapshots.js';
import { Transactions } from './transactions.js';

mongoose.set('strictQuery', 'throw');
mongoose.set('sanitizeFilter', true);

const NAMES_DATABASE = /^mongodb(\+srv)?:\/\/[^/]+\/[^?]/;

/** Makes the collections and indexes before the service says that it is ready. */
@Injectable()
class Indexes implements OnApplicationBootstrap {
  constructor(@InjectConnection() private readonly connection: Connection) {}

  async onApplicationBootstrap(): Promise<void> {
    await Promise.all(Object.values(this.connection.models).map((model) => model.init()));
  }
}

/** The connection to MongoDB. Every write waits for a majority and its journal. */
@Global()
@Module({})
export class DatabaseModule {
  /** @param uri - where the database is; one in the path names the database, else `reals2chat` */
  static at(uri: string): DynamicModule {
    const connection = MongooseModule.forRoot(uri, {
      ...(!NAMES_DATABASE.test(uri) && { dbName: 'reals2chat' }),
      appName: 'reals2chat',
      retryWrites: true,
      writeConcern: { w: 'majority', journal: true },
      readPreference: 'primary',
      serverSelectionTimeoutMS: 5000,
      connectTimeoutMS: 5000,
      socketTimeoutMS: 30_000,
      // With the time to connect it makes the 10 s after which a hanging server counts as away.
      heartbeatFrequencyMS: 5000,
      maxPoolSize: 50,
    });
    return {
      module: DatabaseModule,
      imports: [connection],
      providers: [Indexes, Snapshots, Transactions],
      exports: [Snapshots, Transactions],
    };
  }
}
