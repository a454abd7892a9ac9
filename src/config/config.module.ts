import { type DynamicModule, Module } from '@nestjs/common';
import { AppConfig } from './app-config.js';
import { OriginPolicy } from './origin-policy.js';

/** Gives every feature the one configuration object, and what follows from it. */
@Module({})
export class ConfigModule {
  static with(config: AppConfig): DynamicModule {
    return {
      module: ConfigModule,
      global: true,
      providers: [{ provide: AppConfig, useValue: config }, OriginPolicy],
      exports: [AppConfig, OriginPolicy],
    };
  }
}
