import { HttpStatus } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { Asked } from '../requests.service.js';
import type { FriendAnswer } from './friend.response.js';
import type { RequestAnswer } from './request.response.js';

/** The answer to asking for friendship: 201 only for a new request, 200 for the one that was open and for a friend. */
export function answerAsked(reply: FastifyReply, asked: Asked): RequestAnswer | FriendAnswer {
  const isNew = 'request' in asked && asked.isNew;
  void reply.status(isNew ? HttpStatus.CREATED : HttpStatus.OK);
  if ('friend' in asked) return { success: true, friend: asked.friend };
  return { success: true, request: asked.request };
}
