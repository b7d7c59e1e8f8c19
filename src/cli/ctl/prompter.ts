import { createInterface } from "node:readline";
import type { Interface } from "node:readline";
import { Writable } from "node:stream";
import type { CtlIo } from "./io.ts";

/** What the word that is being typed may become. */
export type Completer = (line: string) => Promise<[matches: string[], word: string]>;

type Completed = (error: null, answer: [matches: string[], word: string]) => void;

/** Asks for lines, and hears Ctrl-C: on a terminal with editing, otherwise plainly. */
export class Prompter {
  /** The lines of the shell, the newest first. */
  history: string[] = [];
  completer: Completer | undefined;
  private readonly io: CtlIo;
  private readonly isTerminal: boolean;
  private reader: Interface | undefined;
  private readonly lines: string[] = [];
  private isEnded = false;
  /** Whether a question stands, whose answer is no command. */
  private isAsking = false;
  private wake: (() => void) | undefined;
  private readonly interrupted: (() => void)[] = [];

  constructor(io: CtlIo, isShell: boolean) {
    this.io = io;
    this.isTerminal = isShell && isTerminal(io.stdin) && isTerminal(io.stdout);
  }

  /** A line of the shell, to be remembered; undefined as with `ask()`. */
  async command(prompt: string, signal: AbortSignal): Promise<string | undefined> {
    this.reader ??= this.open(this.io.stdout);
    if (this.isTerminal && this.lines.length === 0 && !this.isEnded) {
      this.reader.setPrompt(prompt);
      this.reader.prompt(true); // what was typed ahead stays as it is
    } else this.io.stdout.write(prompt);
    return this.line(signal);
  }

  /** An answer; undefined when there are no more lines, and when the signal says so. */
  async ask(
    prompt: string,
    signal: AbortSignal = new AbortController().signal,
  ): Promise<string | undefined> {
    this.isAsking = true;
    try {
      return await this.command(prompt, signal);
    } finally {
      this.isAsking = false;
    }
  }

  /** A line that does not show. */
  async askSecret(prompt: string): Promise<string | undefined> {
    if (!isTerminal(this.io.stdin)) return this.ask(prompt);
    this.stop();
    const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
    this.reader = this.open(nowhere, true);
    this.io.stdout.write(prompt);
    this.isAsking = true;
    try {
      return await this.line();
    } finally {
      this.isAsking = false;
      this.stop();
    }
  }

  /** Calls `listener` at Ctrl-C, and nobody who listened before, until the answer is called. */
  onInterrupt(listener: () => void): () => void {
    if (this.interrupted.length === 0) this.io.interrupts?.on("SIGINT", this.interrupt);
    this.interrupted.push(listener);
    return () => {
      this.interrupted.splice(this.interrupted.indexOf(listener), 1);
      if (this.interrupted.length === 0) this.io.interrupts?.off("SIGINT", this.interrupt);
    };
  }

  /** Lets go of the input. */
  close(): void {
    this.stop();
  }

  private readonly interrupt = () => {
    const listener = this.interrupted.at(-1);
    if (listener) listener();
    else this.end(); // nobody answers
  };

  private readonly end = () => {
    this.isEnded = true;
    this.wake?.();
  };

  private async line(signal?: AbortSignal): Promise<string | undefined> {
    const isOver = () => this.isEnded || signal?.aborted === true;
    while (this.lines.length === 0 && !isOver()) {
      await new Promise<void>((resolve) => {
        const wake = () => {
          signal?.removeEventListener("abort", wake);
          resolve();
        };
        this.wake = wake;
        signal?.addEventListener("abort", wake);
      });
    }
    return signal?.aborted === true ? undefined : this.lines.shift();
  }

  private open(output: Writable, hasEditing = this.isTerminal): Interface {
    const { completer } = this;
    const reader = createInterface({
      input: this.io.stdin,
      ...(hasEditing && { output, history: [...this.history], historySize: 1000 }),
      ...(completer && {
        completer: (line: string, callback: Completed) => {
          completer(line).then(
            (answer) => callback(null, answer),
            () => callback(null, [[], line]),
          );
        },
      }),
      terminal: hasEditing,
    });
    return reader
      .on("line", (line) => {
        this.lines.push(line);
        this.wake?.();
      })
      .on("history", (history) => {
        if (this.isAsking) history.splice(0, history.length, ...this.history);
        else this.history = [...history];
      })
      .on("SIGINT", this.interrupt)
      .on("close", this.end);
  }

  private stop(): void {
    this.reader?.off("close", this.end).close();
    this.reader = undefined;
  }
}

function isTerminal(stream: NodeJS.ReadableStream | NodeJS.WritableStream): boolean {
  return "isTTY" in stream && stream.isTTY === true;
}
