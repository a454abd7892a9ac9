import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { ChatError } from '../common/errors/chat-error.js';
import type { Identity } from '../common/identity.js';
import { networkOf } from './client-address.js';
import { Limits } from './limits.js';
import { isShared, RULE_OF_ROUTE, type RuleName, RULES } from './rules.js';

type Request = FastifyRequest & { user?: Identity };

/**
 * How often a person or an address may do what, by route; behind the guard that knows who is calling. Events were
 * counted when they arrived, those included that reach no handler.
 */
@Injectable()
export class LimitsGuard implements CanActivate {
  constructor(private readonly limits: Limits) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    if (!this.limits.areOn || context.getType() !== 'http') return true;
    const request = context.switchToHttp().getRequest<Request>();
    passUnless(request.user && this.limits.spend('calls', request.user.userId));
    // HEAD does the work of GET.
    const method = request.method === 'HEAD' ? 'GET' : request.method;
    const rule = RULE_OF_ROUTE[`${method} ${request.routeOptions.url}`];
    return rule ? this.spend(rule, keyFor(rule, request)) : true;
  }

  private spend(rule: RuleName, key: string): boolean | Promise<boolean> {
    if (isShared(rule)) return this.limits.spendShared(rule, key).then(passUnless);
    return passUnless(this.limits.spend(rule, key));
  }
}

function keyFor(rule: RuleName, { ip, user }: Request): string {
  const { per } = RULES[rule];
  const key = per === 'person' ? user?.userId : per === 'session' ? user?.sessionId : undefined;
  return key ?? networkOf(ip);
}

function passUnless(refusal: ChatError | undefined): true {
  if (refusal) throw refusal;
  return true;
}
