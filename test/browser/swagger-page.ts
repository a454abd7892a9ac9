import { chromium, type Browser, type Locator, type Page } from 'playwright-core';

/** The browser of Debian's and Ubuntu's package, or the one that is named. */
export const CHROMIUM = process.env.CHROMIUM_BINARY ?? '/usr/bin/chromium';

/** Nothing of the browser's own goes over the network. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** What a person enters for one call. */
export interface Entries {
  /** Parameters of the path and the query. */
  parameters?: Record<string, string>;
  /** The example to begin with, by its name in the list. */
  example?: string;
  /** Typed over what the body has there. */
  body?: Record<string, unknown>;
}

/** What the page shows of an answer. */
export interface Shown<T> {
  status: number;
  body: T;
}

/** Swagger UI as a person works in it: by clicks and typing. */
export class SwaggerPage {
  /** What the browser complained about: errors on the page, refusals by the content security policy. */
  readonly complaints: string[] = [];
  /** Where the page sent requests to. */
  readonly origins = new Set<string>();

  private constructor(
    private readonly browser: Browser,
    private readonly page: Page,
  ) {
    page.on('console', (message) => {
      if (message.type() === 'error') this.complaints.push(message.text());
    });
    page.on('pageerror', (error) => this.complaints.push(error.message));
    page.on('request', (request) => {
      if (request.url().startsWith('http')) this.origins.add(new URL(request.url()).origin);
    });
  }

  static async open(url: string): Promise<SwaggerPage> {
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
    const page = await browser.newPage({ viewport: { width: 1100, height: 1000 } });
    page.setDefaultTimeout(15_000);
    const swagger = new SwaggerPage(browser, page);
    await page.goto(`${url}/api/docs`);
    await swagger.isThere();
    return swagger;
  }

  async reloads(): Promise<void> {
    await this.page.reload();
    await this.isThere();
  }

  /** The titles of the parts, from top to bottom. */
  parts(): Promise<string[]> {
    return this.page.locator('.opblock-tag > a').allTextContents();
  }

  /** Whether the page has a token that it sends. */
  async isAuthorized(): Promise<boolean> {
    return (await this.page.locator('.btn.authorize.locked').count()) > 0;
  }

  /** Gives the token to "Authorize", in the place of one that is there. */
  async authorizes(token: string): Promise<void> {
    await this.page.locator('.auth-wrapper .btn.authorize').click();
    const dialog = this.page.locator('.dialog-ux .modal-ux');
    await dialog.locator('.auth-btn-wrapper').waitFor();
    const logout = dialog.locator('button', { hasText: 'Logout' });
    if (await logout.isVisible()) await logout.click();
    await dialog.locator('input').fill(token);
    await dialog.locator('.auth-btn-wrapper .authorize').click();
    await dialog.locator('.btn-done').click();
  }

  /** Opens a route, fills it in and sends it. */
  async runs<T>(operationId: string, { parameters = {}, example, body }: Entries = {}): Promise<Shown<T>> {
    const block = await this.opens(operationId);
    const clear = block.locator('.btn-clear');
    if (await clear.isVisible()) await clear.click();
    for (const [name, value] of Object.entries(parameters))
      await block.locator(`tr[data-param-name="${name}"] input`).fill(value);
    if (example !== undefined)
      await block.locator('.examples-select-element').first().selectOption({ label: example });
    if (body !== undefined) {
      const text = block.locator('textarea.body-param__text');
      const shown = JSON.parse(await text.inputValue()) as Record<string, unknown>;
      await text.fill(JSON.stringify({ ...shown, ...body }, null, 2));
    }
    await block.locator('.btn.execute').click();
    const answer = block.locator('.live-responses-table .response').first();
    const status = Number.parseInt(await answer.locator('.response-col_status').innerText(), 10);
    return { status, body: (await this.jsonIn(answer)) as T };
  }

  /** Closes a route again. */
  async closes(operationId: string): Promise<void> {
    const block = this.blockOf(operationId);
    await block.locator('.opblock-summary-control').click();
  }

  /** Takes a picture of the beginning of the page, or of one route from its name to the answer it got. */
  async isPictured(file: string, operationId?: string): Promise<void> {
    if (operationId === undefined) {
      await this.page.evaluate('window.scrollTo(0, 0)');
      await this.page.screenshot({ path: file });
      return;
    }
    const block = this.blockOf(operationId);
    const answer = block.locator('.live-responses-table .highlight-code').first();
    const [from, to] = await Promise.all([block.boundingBox(), answer.boundingBox()]);
    if (!from || !to) throw new Error(`${operationId} has no answer yet`);
    const top = from.y + Number(await this.page.evaluate('window.scrollY'));
    const clip = { x: from.x, y: top, width: from.width, height: to.y + to.height - from.y + 4 };
    await this.page.screenshot({ path: file, fullPage: true, clip });
  }

  close(): Promise<void> {
    return this.browser.close();
  }

  private async isThere(): Promise<void> {
    await this.page.locator('.opblock').first().waitFor();
  }

  private blockOf(operationId: string): Locator {
    return this.page.locator(`.opblock[id$="-${operationId}"]`);
  }

  private async opens(operationId: string): Promise<Locator> {
    const block = this.blockOf(operationId);
    const isOpen = await block.evaluate((element) => element.classList.contains('is-open'));
    if (!isOpen) await block.locator('.opblock-summary-control').click();
    await block.locator('.btn.execute').waitFor();
    return block;
  }

  private async jsonIn(answer: Locator): Promise<unknown> {
    const code = answer.locator('.response-col_description .highlight-code code').first();
    return (await code.count()) > 0 ? JSON.parse(await code.innerText()) : undefined;
  }
}
