import { accessSync, constants } from "node:fs";
import path from "node:path";

// What is used of playwright-core. Its own types want those of a browser, which are not to be known
// to the code that is tested.

/** A browser. */
export interface Browser {
  newContext(view: View): Promise<Context>;
  close(): Promise<void>;
}

/** How somebody looks at a page. */
export interface View {
  readonly viewport?: { readonly width: number; readonly height: number };
  readonly colorScheme?: "light" | "dark";
  readonly javaScriptEnabled?: boolean;
}

interface Context {
  newPage(): Promise<Page>;
  close(): Promise<void>;
}

interface Found {
  locator(selector: string, options?: { readonly hasText?: string }): Locator;
  getByRole(role: string, options?: { readonly name?: string; readonly exact?: boolean }): Locator;
  getByText(text: string): Locator;
}

/** A page that is open. */
export interface Page extends Found {
  readonly keyboard: { press(key: string): Promise<void> };
  goto(url: string): Promise<unknown>;
  title(): Promise<string>;
  evaluate(script: string): Promise<unknown>;
  setDefaultTimeout(ms: number): void;
  on(event: "console", listener: (message: { text(): string }) => void): void;
  on(event: "pageerror", listener: (error: Error) => void): void;
}

interface Locator extends Found {
  click(): Promise<void>;
  focus(): Promise<void>;
  count(): Promise<number>;
  textContent(): Promise<string | null>;
  getAttribute(name: string): Promise<string | null>;
  waitFor(options?: { readonly state?: "attached" | "detached" }): Promise<void>;
}

interface Playwright {
  readonly chromium: {
    launch(options: {
      readonly executablePath: string;
      readonly args: readonly string[];
      readonly handleSIGTERM: boolean;
    }): Promise<Browser>;
  };
}

/** Chromium as Debian and others call it. */
const NAMES = ["chromium", "chromium-browser", "google-chrome"];

const executablePath = (process.env["PATH"] ?? "")
  .split(path.delimiter)
  .flatMap((directory) => NAMES.map((name) => path.join(directory, name)))
  .find(isExecutable);

const playwright = await load();

/** Why there are no tests in a browser here, or false. */
export const noBrowser: string | false =
  (executablePath === undefined && "chromium is not installed") ||
  (playwright === undefined && "playwright-core is not installed");

/** A browser without a window. */
export async function launchBrowser(): Promise<Browser> {
  if (!playwright || executablePath === undefined) throw new Error(String(noBrowser));
  return playwright.chromium.launch({
    executablePath,
    args: ["--no-sandbox"], // which root cannot have
    handleSIGTERM: false, // else a test that has taken too long would close the browser, and stay
  });
}

async function load(): Promise<Playwright | undefined> {
  try {
    return (await import(import.meta.resolve("playwright-core"))) as Playwright;
  } catch {
    return undefined;
  }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
