import { styleText } from 'node:util';

const COLOURS = { Ann: 'cyan', Bob: 'yellow' };
const STORY_WIDTH = 48;

/**
 * Where the story is told: when, who, what happened, and from which call or event that is known. Colours only
 * where a person looks (and `NO_COLOR` is not set).
 */
export class Screen {
  #begun = 0;
  #calls = 0;
  #held = [];
  #isColoured = process.stdout.isTTY && !process.env.NO_COLOR;

  /** @param {string} text what the next lines are about */
  chapter(text) {
    this.#begun ||= Date.now();
    this.#write(`\n${this.#paint('bold', text)}`);
  }

  /**
   * Makes a call. What is heard while it is under way is told behind it: first what was done, then what came of it.
   *
   * @template T
   * @param {() => Promise<T>} make
   */
  async call(make) {
    this.#calls += 1;
    try {
      return await make();
    } finally {
      this.#calls -= 1;
      if (this.#calls === 0) this.#held.splice(0).forEach((line) => this.#write(line));
    }
  }

  /**
   * @param {string} who did it
   * @param {string} what it was, in words
   * @param {string} source the call, and how it was answered
   */
  did(who, what, source) {
    this.#write(this.#line(who, what, source));
  }

  /**
   * @param {string} who was told
   * @param {string} what, in words
   * @param {string} event its name
   */
  heard(who, what, event) {
    const line = this.#line(who, what, `<- ${event}`);
    if (this.#calls > 0) this.#held.push(line);
    else this.#write(line);
  }

  /** @param {string} text about the demo itself */
  note(text) {
    this.#write(text);
  }

  #line(who, what, source) {
    const seconds = Math.floor((Date.now() - this.#begun) / 1000);
    const clock = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
    const name = this.#paint(COLOURS[who] ?? 'bold', who);
    return `  ${clock}  ${name}  ${plain(what).padEnd(STORY_WIDTH)}  ${this.#paint('dim', plain(source))}`;
  }

  #paint(style, text) {
    return this.#isColoured ? styleText(style, text) : text;
  }

  #write(text) {
    process.stdout.write(`${text}\n`);
  }
}

/** What a server answers must not steer the terminal. */
function plain(text) {
  return text.replaceAll(/\p{Cc}/gu, '?');
}
