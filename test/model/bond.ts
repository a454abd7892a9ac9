import type { Who } from './people.js';

/** A request for friendship that is open. */
export interface Request {
  id: string;
  /** Asked behind a block: it exists for its asker alone, and does not count as asked. */
  isHidden: boolean;
}

/** What came of asking. */
export type Asked =
  | { kind: 'asked'; id: string; isHidden: boolean; replaced: string | undefined }
  | { kind: 'same'; id: string }
  | { kind: 'befriended' };

/** What two people are to each other: the contract's section 4 for one pair. */
export class Bond {
  areFriends = false;
  /** What is open, by who asked. */
  readonly requests = new Map<Who, Request>();
  /** The request by which they are friends. */
  private via: { id: string; asker: Who } | undefined;

  /** @param isHidden - whether the other blocks the one who asks */
  ask(me: Who, other: Who, id: string, isHidden: boolean): Asked {
    if (this.visibleTo(me, other)) return this.befriend(other);
    const open = this.requests.get(me);
    if (open) return { kind: 'same', id: open.id };
    const theirs = isHidden ? undefined : this.requests.get(other);
    if (theirs) this.requests.delete(other);
    this.requests.set(me, { id, isHidden });
    return { kind: 'asked', id, isHidden, replaced: theirs?.id };
  }

  /** @returns whether there was such a request for `me`, open or accepted already */
  accept(me: Who, other: Who, id: string): 'befriended' | 'same' | 'not_found' {
    if (this.visibleTo(me, other)?.id === id) {
      this.befriend(other);
      return 'befriended';
    }
    return this.areFriends && this.via?.id === id && this.via.asker === other ? 'same' : 'not_found';
  }

  /** The request that `asker` has open is declined or taken back. */
  close(asker: Who): void {
    this.requests.delete(asker);
  }

  end(): void {
    this.areFriends = false;
    this.via = undefined;
  }

  /** The open request of the asker, as far as `me` may know of it. */
  visibleTo(me: Who, asker: Who): Request | undefined {
    const request = this.requests.get(asker);
    return request && (asker === me || !request.isHidden) ? request : undefined;
  }

  /** Any request that was or is between them, to be tried by whoever. */
  idOf(asker: Who): string | undefined {
    return this.requests.get(asker)?.id ?? (this.via?.asker === asker ? this.via.id : undefined);
  }

  private befriend(asker: Who): Asked {
    const id = this.requests.get(asker)?.id;
    this.via = id === undefined ? undefined : { id, asker };
    this.requests.clear();
    this.areFriends = true;
    return { kind: 'befriended' };
  }
}
