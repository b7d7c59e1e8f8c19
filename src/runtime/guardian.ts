import { spawn, type ChildProcess } from "node:child_process";
import { systemClock } from "./clock.ts";
import type { OwnedFile } from "./owned.ts";

/**
 * What the guardian runs. Its standard input is a pipe whose other end only the host has: when that
 * closes, however the host ended, it ends all that the host had started.
 *
 * `$1`: the variable that tags our processes; `$2`: how many tenths of a second the stop signals may
 * take before SIGKILL. It hears `+ group signal`, `- group`, `c number` and `r number` (a cgroup, whose
 * path is `$3` and its number), `f number identity path` and `u number` (a file), and `q`. A shell
 * variable for each group: one long list would cost the square of their number. `kill -SIGNAL -GROUP`
 * is the one form that dash, BusyBox and bash have in common. The tag closes the gap between a fork and its registration: a child that is being forked
 * holds a copy of the pipe's end until it executes, and then shows the tag. Who shows it leads to its
 * whole group, of which some may have cleaned their environment: our children begin with a session of
 * their own, so that no group of theirs has strangers in it. Nobody is sent the stop signal twice,
 * which many take for a wish to end without ado.
 * The value of the tag ends with the signal that asks to stop (`NAME=7-15`), for who is not registered yet.
 * It goes on until two passes in a row have found nobody. Then it removes the files, those of them that
 * are still the same (GNU, BusyBox and BSD have stat(1)): another host may have taken the name.
 */
const SCRIPT = `
trap '' HUP INT TERM QUIT PIPE TSTP TTIN TTOU USR1 USR2 ALRM
tag=$1 grace=$2 base=$3 files=
while read -r op a b; do
  case $op in
    +) eval "g$a=$b" ;;
    -) unset "g$a" ;;
    c) eval "c$a=1" ;;
    r) unset "c$a" ;;
    f)
      eval "f$a=\\$b"
      files="$files $a"
      ;;
    u) unset "f$a" ;;
    q) exit 0 ;;
  esac
done
left=$(set | sed -n "s/^g\\([0-9][0-9]*\\)='\\{0,1\\}\\([0-9]*\\)'\\{0,1\\}$/\\1:\\2/p")
boxes=$(set | sed -n 's/^c\\([0-9][0-9]*\\)=.*/\\1/p')
boxes() {
  for n in $boxes; do
    echo 1 >"$base$n/cgroup.kill" && rmdir "$base$n"
  done 2>/dev/null
}
groups() {
  rest=
  for gs in $left; do
    kill -"\${1:-\${gs#*:}}" -"\${gs%:*}" 2>/dev/null && rest="$rest $gs"
  done
  left=$rest
}
tagged() {
  count=0 sig=$1 told=" $left "
  for f in $(grep -ls "$tag=" /proc/[0-9]*/environ 2>/dev/null); do
    p=\${f#/proc/} p=\${p%%/*}
    { read -r stat <"/proc/$p/stat"; } 2>/dev/null || continue
    set -- \${stat##*) }
    case $told in *" $3:"*) continue ;; esac
    how=$sig
    [ "$sig" = stop ] && how=$(tr '\\000' '\\n' <"/proc/$p/environ" | sed -n "s/^$tag=[0-9]*-//p")
    if [ "$3" -gt 1 ]; then
      told="$told $3:"
      p=-$3
    fi
    kill -"\${how:-15}" "$p" && count=$((count + 1))
  done 2>/dev/null
}
if [ "$grace" -gt 0 ]; then
  groups ''
  tagged stop
  while [ "$grace" -gt 0 ]; do
    groups 0
    tagged 0
    [ -z "$left" ] && [ "$count" -eq 0 ] && break
    sleep 0.1 2>/dev/null || sleep 1
    grace=$((grace - 1))
  done
fi
clean=0 pass=0
while [ "$clean" -lt 2 ] && [ "$pass" -lt 200 ]; do
  groups 9
  tagged 9
  boxes
  if [ -z "$left" ] && [ "$count" -eq 0 ]; then
    clean=$((clean + 1))
  else
    clean=0
    sleep 0.02 2>/dev/null || sleep 1
  fi
  pass=$((pass + 1))
done
for n in $files; do
  eval "word=\\\${f$n-}"
  [ -n "$word" ] || continue
  file=$(printf '%bx' "\${word#* }") file=\${file%x} id=\${word%% *}
  is=$(stat -c %d:%i:%Z "$file" || stat -f %d:%i:%c "$file")
  [ "$is" = "$id" ] && rm -f "$file"
done 2>/dev/null
`;

/** What keeps it from starting for now, and not for ever. */
const SHORTAGES = new Set(["EAGAIN", "EMFILE", "ENFILE", "ENOMEM"]);

/** A small shell that outlives the host, by as long as it takes to end what the host had started. */
export class Guardian {
  readonly #shell: ChildProcess;
  readonly #words: string[] = [];
  #isOver = false;

  /**
   * Starts one. `tag` is the variable by which our processes are known, `lost` is called when it ends
   * without having been asked to, with whether another one may fare better.
   */
  constructor(
    tag: string,
    waitSecs: number,
    cgroups: string,
    lost: (reason: string, canTry: boolean) => void,
  ) {
    // not of our session: neither Ctrl-C nor the end of the terminal reaches it; and not tagged itself
    const tenths = String(Math.ceil(waitSecs * 10));
    const args = ["-c", SCRIPT, "libsupervisor-guardian", tag, tenths, cgroups];
    this.#shell = spawn("/bin/sh", args, {
      stdio: ["pipe", "ignore", "ignore"],
      detached: true,
      cwd: "/",
      env: { PATH: "/usr/bin:/bin:/usr/sbin:/sbin" },
    });
    const gone = (reason: string, canTry = true) => {
      if (!this.#isOver) lost(reason, canTry);
      this.#isOver = true;
    };
    this.#shell.once("error", ({ message, code = "" }: NodeJS.ErrnoException) =>
      gone(message, SHORTAGES.has(code)),
    );
    this.#shell.once("exit", (code, signal) => gone(signal ?? `exit status ${code}`));
    this.#shell.stdin?.on("error", () => {}); // `exit` tells
    this.#shell.unref();
    (this.#shell.stdin as unknown as { unref?: () => void } | null)?.unref?.();
  }

  get pid(): number | undefined {
    return this.#shell.pid;
  }

  /** From now on, this process group is in its care; at once, for the host may be killed at any time. */
  add(group: number, signal: number): void {
    this.#words.push(`+ ${group} ${signal}`);
    this.#speak();
  }

  /** Nobody is left there. */
  remove(group: number): void {
    this.#say(`- ${group}`);
  }

  /** From now on, this cgroup is in its care. */
  addCgroup(run: number): void {
    this.#say(`c ${run}`);
  }

  /** It is gone. */
  removeCgroup(run: number): void {
    this.#say(`r ${run}`);
  }

  /** From now on, this file is in its care; at once, as a process group is. */
  addFile(number: number, { identity, path }: OwnedFile): void {
    this.#words.push(`f ${number} ${identity} ${escaped(path)}`);
    this.#speak();
  }

  /** It is no longer. */
  removeFile(number: number): void {
    this.#say(`u ${number}`);
  }

  /** It may go: nobody is left at all. Settles when it has gone, for which the host stays. */
  async dismiss(): Promise<void> {
    const { exitCode, signalCode, stdin } = this.#shell;
    if (this.#isOver || exitCode !== null || signalCode !== null) return;
    const gone = new Promise<void>((resolve) => {
      this.#shell.once("exit", () => resolve()).once("error", () => resolve());
    });
    this.#shell.ref();
    this.#words.push("q");
    this.#speak();
    this.#isOver = true;
    stdin?.end();
    await gone;
  }

  /** At the end of this turn: the end of one child and the start of the next are one message. */
  #say(line: string): void {
    if (this.#isOver) return;
    if (this.#words.length === 0) systemClock.setTimeout(() => this.#speak(), 0, false);
    this.#words.push(line);
  }

  #speak(): void {
    const text = this.#words.splice(0).map((line) => `${line}\n`);
    if (!this.#isOver && text.length > 0) this.#shell.stdin?.write(text.join(""));
  }
}

/** For `printf %b`: what is more than a letter of a plain path comes in octal, byte by byte. */
function escaped(path: string): string {
  const octal = (byte: number) => `\\0${byte.toString(8).padStart(3, "0")}`;
  return path.replaceAll(/[^\w./:@,+-]/gu, (odd) => [...Buffer.from(odd)].map(octal).join(""));
}
