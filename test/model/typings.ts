import type { PhoneName, Who } from './people.js';

/** It ends by itself 6 s after it was renewed last; from a second before that on nothing is said of it. */
const SURE_FOR_MS = 5000;

interface Typing {
  typist: Who;
  other: Who;
  /** From which it was begun or renewed last. */
  phone: PhoneName;
  renewedAt: number;
  /** The other's devices that were told; `undefined` where it is not shown. */
  shownTo: PhoneName[] | undefined;
  /** Whether it may have ended and begun again by itself. */
  isUnsure: boolean;
}

/** Who is typing to whom, and who was told. */
export class Typings {
  private readonly all = new Map<string, Typing>();

  /** @param hearers - the other's devices, where it may be shown */
  start(typist: Who, phone: PhoneName, other: Who, hearers: PhoneName[] | undefined): void {
    const key = `${typist} ${other}`;
    const known = this.all.get(key);
    const isUnsure = known !== undefined && isOld(known);
    // Those who were told already are not told again.
    const shownTo = known?.shownTo ?? hearers;
    this.all.set(key, { typist, other, phone, shownTo, renewedAt: performance.now(), isUnsure });
  }

  /** They are friends now: what is typed already may stay unseen until it ends. */
  doubt(one: Who, other: Who): void {
    for (const key of [`${one} ${other}`, `${other} ${one}`]) {
      const typing = this.all.get(key);
      if (typing) typing.isUnsure = true;
    }
  }

  end(typist: Who, other: Who): void {
    this.all.delete(`${typist} ${other}`);
  }

  endBoth(one: Who, other: Who): void {
    this.end(one, other);
    this.end(other, one);
  }

  /** A device is gone, and with it what was typed there and what it showed. */
  leave(phone: PhoneName): void {
    for (const typing of this.all.values()) {
      typing.shownTo = typing.shownTo?.filter((one) => one !== phone);
      if (typing.phone === phone) this.end(typing.typist, typing.other);
    }
  }

  /** Whether this device shows that somebody types to its owner; `undefined` where the clock decides. */
  isShown(typist: Who, other: Who, phone: PhoneName): boolean | undefined {
    const typing = this.all.get(`${typist} ${other}`);
    if (!typing) return false;
    return isOld(typing) ? undefined : (typing.shownTo?.includes(phone) ?? false);
  }
}

function isOld({ renewedAt, isUnsure }: Typing): boolean {
  return isUnsure || performance.now() - renewedAt > SURE_FOR_MS;
}
