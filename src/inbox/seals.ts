import { createHmac, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { AppConfig } from '../config/app-config.js';
import { derivedKey } from '../config/secrets.js';

/** Bytes of the code behind the content. */
const MAC_BYTES = 12;

/**
 * What clients keep for the service and give back: opaque to them, and it is noticed when it was cut, invented,
 * or made for another person or purpose. Nothing of it is stored here.
 */
@Injectable()
export class Seals {
  private readonly key: Buffer;

  constructor(config: AppConfig) {
    this.key = derivedKey(config, 'inbox seals');
  }

  /** The content with an HMAC-SHA-256 behind it, cut to 96 bits, in base64url. */
  seal(purpose: string, content: Buffer): string {
    return Buffer.concat([content, this.macOf(purpose, content)]).toString('base64url');
  }

  /** The content; `undefined` for whatever was not sealed for this purpose. */
  open(purpose: string, text: string): Buffer | undefined {
    const bytes = Buffer.from(text, 'base64url');
    // Decoding forgives much; there is one spelling of each.
    if (bytes.length < MAC_BYTES || bytes.toString('base64url') !== text) return undefined;
    const content = bytes.subarray(0, -MAC_BYTES);
    const isOurs = timingSafeEqual(bytes.subarray(-MAC_BYTES), this.macOf(purpose, content));
    return isOurs ? content : undefined;
  }

  private macOf(purpose: string, content: Buffer): Buffer {
    // A purpose is a word and ids, so it has no NUL and nothing can move from it into the content.
    return createHmac('sha256', this.key)
      .update(`${purpose}\0`)
      .update(content)
      .digest()
      .subarray(0, MAC_BYTES);
  }
}
