/**
 * Writes the OpenAPI document of the built service into a file: `node scripts/openapi.mjs FILE`. Needs no database,
 * since nothing is started: in Nest's preview mode the controllers are known and not made.
 */
import 'reflect-metadata';
import { writeFile } from 'node:fs/promises';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { AppModule } from '../dist/app.module.js';
import { loadConfig } from '../dist/config/load-config.js';
import { openApiDocument, placeRoutes } from '../dist/operations/api-docs.js';

const [file] = process.argv.slice(2);
if (!file) throw new Error('Which file?');

const config = loadConfig({ NODE_ENV: 'test', JWT_SECRET: 'none, since nothing is signed by this program' });
const app = await NestFactory.create(AppModule.with(config, 'mongodb://nowhere'), new FastifyAdapter(), {
  preview: true,
  abortOnError: false,
  logger: ['error'],
});
placeRoutes(app);
await writeFile(file, `${JSON.stringify(openApiDocument(app), null, 2)}\n`);
