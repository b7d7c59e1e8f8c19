import { createInterface } from "node:readline";
import type { Interface } from "node:readline";
import { Writable } from "node:stream";
import type { CtlIo } from "./io.ts";

/** Completes the last word of a line. */
export type Completer = (line: string) => Promise<[matches: string[], word: string]>;

type Completed = (error: null, answer: [matches: string[], word: string]) => void;

/** Reads lines and notices Ctrl-C; on a terminal with editing. */
export class Prompter {
  /** The lines of the shell, the newest first. */
  history: string[] = [];
  completer: Completer | undefined;
  private readonly io: CtlIo;
  private readonly isTerminal: boolean;
  private reader: Interface | undefined;
  private readonly lines: string[] = [];
  private isEnded = false;
  /** Whether the next line answers a question, and is no command. */
  private isAsking = false;
  private wake: (() => void) | undefined;
  private readonly interrupted: (() => void)[] = [];

  constructor(io: CtlIo, isShell: boolean) {
    this.io = io;
    this.isTerminal = isShell && isTerminal(io.stdin) && isTerminal(io.stdout);
  }

  /** Reads a line of the shell, which goes into the history; undefined as with `ask()`. */
  async command(prompt: string, signal: AbortSignal): Promise<string | undefined> {
    this.reader ??= this.open(this.io.stdout);
    if (this.isTerminal && this.lines.length === 0 && !this.isEnded) {
      this.reader.setPrompt(prompt);
      this.reader.prompt(true); // keeps what was typed ahead
    } else this.io.stdout.write(prompt);
    return this.line(signal);
  }

  /** Reads an answer; undefined at the end of the input, and when the signal aborts. */
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

  /** Reads a line that is not shown. */
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

  /** Calls `listener`, and no earlier listener, at Ctrl-C, until the function returned is called. */
  onInterrupt(listener: () => void): () => void {
    if (this.interrupted.length === 0) this.io.interrupts?.on("SIGINT", this.interrupt);
    this.interrupted.push(listener);
    return () => {
      this.interrupted.splice(this.interrupted.indexOf(listener), 1);
      if (this.interrupted.length === 0) this.io.interrupts?.off("SIGINT", this.interrupt);
    };
  }

  /** Releases the input. */
  close(): void {
    this.stop();
  }

  private readonly interrupt = () => {
    const listener = this.interrupted.at(-1);
    if (listener) listener();
    else this.end(); // no answer will come
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
