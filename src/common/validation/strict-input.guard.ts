import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { ROUTE_ARGS_METADATA, RouteParamtypes } from '@nestjs/common/internal';
import type { FastifyRequest } from 'fastify';
import { ChatError } from '../errors/chat-error.js';

/**
 * Refuses query parameters and bodies on routes that take none; where a route declares a DTO for them, the
 * validation pipe refuses what the DTO does not know.
 */
@Injectable()
export class StrictInputGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    if (context.getType() !== 'http') return true;
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    refuseUnless(takes(context, RouteParamtypes.QUERY), request.query);
    refuseUnless(takes(context, RouteParamtypes.BODY), request.body);
    return true;
  }
}

function refuseUnless(taken: boolean, given: unknown): void {
  if (taken || given === undefined || given === null) return;
  const fields = typeof given === 'object' ? Object.keys(given) : ['body'];
  if (fields.length === 0) return;
  throw new ChatError('validation_failed', {
    errors: fields.map((field) => ({ field, message: 'is not a known field' })),
  });
}

function takes(context: ExecutionContext, kind: RouteParamtypes): boolean {
  const args: object =
    Reflect.getMetadata(ROUTE_ARGS_METADATA, context.getClass(), context.getHandler().name) ?? {};
  return Object.keys(args).some((key) => key.startsWith(`${kind}:`));
}
