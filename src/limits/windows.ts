/** What was counted for a key in its window. */
export interface Count {
  count: number;
  /** Until the window is over, in milliseconds; 0 where none is open. */
  msLeft: number;
}

interface Window {
  count: number;
  /** By the monotonic clock, in milliseconds. */
  endsAt: number;
}

/** Keys that are remembered at most, some 100 bytes each. */
const MOST_KEYS = 20_000;

const NONE: Count = { count: 0, msLeft: 0 };

/**
 * Counts by key in windows of one length, in memory. Bounded, since who attacks can choose keys: the oldest window is
 * given up for a new one, which costs an attacker more addresses or accounts than any limit saves.
 */
export class Windows {
  /** In the order in which the windows were opened, and so will end. */
  private readonly windows = new Map<string, Window>();

  /**
   * @param seconds - length of a window
   * @param now - the monotonic clock, in milliseconds
   */
  constructor(
    private readonly seconds: number,
    private readonly mostKeys = MOST_KEYS,
    private readonly now = () => performance.now(),
  ) {}

  /** Keys that take memory. */
  get size(): number {
    return this.windows.size;
  }

  /** Counts one more. */
  add(key: string): Count {
    const now = this.now();
    const window = this.find(key, now) ?? this.open(key, now);
    window.count += 1;
    return { count: window.count, msLeft: window.endsAt - now };
  }

  /** What was counted so far. */
  read(key: string): Count {
    const now = this.now();
    const window = this.find(key, now);
    return window ? { count: window.count, msLeft: window.endsAt - now } : NONE;
  }

  forget(key: string): void {
    this.windows.delete(key);
  }

  private find(key: string, now: number): Window | undefined {
    const window = this.windows.get(key);
    return window && window.endsAt > now ? window : undefined;
  }

  private open(key: string, now: number): Window {
    this.windows.delete(key);
    this.makeRoom(now);
    const window = { count: 0, endsAt: now + this.seconds * 1000 };
    this.windows.set(key, window);
    return window;
  }

  private makeRoom(now: number): void {
    for (const [key, { endsAt }] of this.windows) {
      if (endsAt > now && this.windows.size < this.mostKeys) break;
      this.windows.delete(key);
    }
  }
}
