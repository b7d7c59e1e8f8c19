import { spawn, type ChildProcess } from "node:child_process";
import { systemClock } from "../system/clock.ts";
import type { OwnedFile } from "./owned-file.ts";
import type { Clock } from "../ports/clock.ts";
import { isShortage, needPipes } from "../system/shortage.ts";

/**
 * What the guardian runs. Its standard input is a pipe whose other end only the host has: when that
 * closes, however the host ended, it ends all that the host had started.
 *
 * `$1`: the variable that tags our processes; `$2`: how many tenths of a second the stop signals may
 * take before SIGKILL. It hears what stands in each slot of its list, `SLOT g GROUP SIGNAL`, `SLOT c
 * NUMBER` (a cgroup, whose path is `$3` and its number), `SLOT f IDENTITY PATH` (a file) or `SLOT`
 * alone, for nothing; and `q`. A shell variable for each slot: one long list would cost the square of
 * their number. `kill -SIGNAL -GROUP` is the one form that dash, BusyBox and bash have in common.
 *
 * The tag closes the gap between a fork and its registration: a child that is being forked
 * holds a copy of the pipe's end until it executes, and then shows the tag. Who shows it leads to its
 * whole group, of which some may have cleaned their environment: our children begin with a session of
 * their own, so that no group of theirs has strangers in it. Nobody is sent the stop signal twice,
 * which many take for a wish to end without ado.
 * The value of the tag ends with the signal that asks to stop (`NAME=7-15`), for who is not registered yet.
 *
 * It needs nothing but the shell and its builtins (`read` leaves out the zeros of /proc/PID/environ):
 * a system may lack the tools, and a user may have as many processes as he is allowed until ours
 * are killed. grep(1) saves time where processes are many, sleep(1) saves CPU, and files take stat(1) and
 * rm(1). `command eval` goes on where the shell cannot fork; but bash, whose `read` is quick enough
 * without grep, ends: so there is a trap for its end.
 *
 * A group of zombies, which nobody may ever collect, takes signals as any other does: those that are
 * left are looked at. It goes on until two passes in a row have found nobody. Then it removes the files,
 * those of them that are still the same (GNU, BusyBox and BSD have stat(1)): another host may have taken
 * the name.
 */
const SCRIPT = `
trap '' HUP INT TERM QUIT PIPE TSTP TTIN TTOU USR1 USR2 ALRM
tag=$1 grace=$2 base=$3 top=0
while read -r slot words; do
  [ "$slot" = q ] && exit 0
  eval "s$slot=\\$words"
  [ "$slot" -gt "$top" ] && top=$slot
done
[ -z "$BASH_VERSION" ]
nogrep=$? pass=0
trap 'nogrep=1; groups 9; tagged 9' EXIT
try() {
  command eval "$1" 2>/dev/null
}
pause() {
  try "sleep $1" || try 'sleep 1' || spin "$2"
}
uptime() {
  read -r now rest </proc/uptime && now=1\${now%.*}\${now#*.}
}
spin() {
  uptime || return
  end=$((now + $1))
  while [ "$now" -lt "$end" ]; do uptime; done
}
next() {
  while [ "$n" -lt "$top" ]; do
    n=$((n + 1))
    eval "word=\\$s$n"
    case $word in "$1 "*) word=\${word#* } && return ;; esac
  done
  return 1
}
groups() {
  left=0 n=0
  while next g; do
    group=\${word% *}
    if kill -"\${1:-\${word#* }}" -"$group"; then
      left=$((left + 1))
      eval "k$group=ours"
    else
      eval "s$n= k$group="
    fi
  done 2>/dev/null
}
look() {
  stat=
  while IFS= read -r line || [ -n "$line" ]; do stat=$stat$line; done <"/proc/$1/stat" || return
  set -- \${stat##*) }
  state=$1 group=$3
  case $group in '' | *[!0-9]*) return 1 ;; esac
  eval "known=\\$k$group"
}
lives() {
  look $$ || return 0
  n=0
  while next g; do
    look "\${word% *}" && [ "$known" = ours ] && [ "$state" != Z ] && return 0
  done
  for p in /proc/[0-9]*; do
    look "\${p#/proc/}" && [ "$known" = ours ] && [ "$state" != Z ] && return 0
  done
  return 1
} 2>/dev/null
mark() {
  while IFS= read -r line || [ -n "$line" ]; do
    case $line in *"$tag="*) mark=\${line#*"$tag="*-} mark=\${mark%%[!0-9]*} && return ;; esac
  done <"/proc/$1/environ"
  return 1
}
tagged() {
  count=0 pass=$((pass + 1)) found=
  [ "$nogrep" -eq 0 ] && try 'found=$(grep -ls "$tag=" /proc/[0-9]*/environ; [ $? -lt 3 ] && echo .)'
  case $found in
    *.) all= found=\${found%.} ;;
    *) all=1 found='/proc/[0-9]*/environ' ;;
  esac
  for p in $found; do
    p=\${p#/proc/} p=\${p%/*} mark=$1
    if [ "$all" ] || [ "$1" = stop ]; then
      mark "$p" || continue
      [ "$1" = stop ] || mark=$1
    fi
    look "$p" || continue
    [ "$known" = ours ] || [ "$known" = "$pass" ] && continue
    if [ "$group" -gt 1 ]; then
      eval "k$group=$pass"
      p=-$group
    fi
    kill -"\${mark:-15}" "$p" && count=$((count + 1))
  done 2>/dev/null
}
boxes() {
  n=0
  while next c; do
    echo 1 >"$base$word/cgroup.kill" && try 'rmdir "$base$word"'
  done 2>/dev/null
}
isbusy() {
  [ "$count" -gt 0 ] || { [ "$left" -gt 0 ] && lives; }
}
if [ "$grace" -gt 0 ]; then
  groups ''
  tagged stop
  while [ "$grace" -gt 0 ]; do
    groups 0
    tagged 0
    isbusy || break
    pause 0.1 10
    grace=$((grace - 1))
  done
fi
clean=0 pass=0
while [ "$clean" -lt 2 ] && [ "$pass" -lt 200 ]; do
  groups 9
  tagged 9
  boxes
  if isbusy; then
    clean=0
    pause 0.02 2
  else
    clean=$((clean + 1))
  fi
done
trap - EXIT
n=0
while next f; do
  file=$(printf '%bx' "\${word#* }") file=\${file%x} id=\${word%% *}
  is=$(stat -c %d:%i:%Z "$file" || stat -f %d:%i:%c "$file")
  [ "$is" = "$id" ] && rm -f "$file"
done 2>/dev/null
`;

/** How long one that is dismissed may take to go, in ms. */
const QUIT_MS = 1000;

/** Why there is no guardian any more, or yet. */
export interface GuardianEnd {
  readonly reason: string;
  /** Whether it ran, or could not be started, for now or for ever. */
  readonly kind: "died" | "short" | "impossible";
}

/** A small shell that outlives the host, by as long as it takes to end what the host had started. */
export class Guardian {
  readonly #shell: ChildProcess;
  readonly #clock: Clock;
  readonly #words: string[] = [];
  readonly #slots = new Map<string, number>();
  readonly #free: number[] = [];
  #isOver = false;

  /**
   * Starts one. `tag` is the variable by which our processes are known, `lost` is called when it ends
   * without having been asked to, or could not be started.
   * @throws where the descriptors for it are lacking
   */
  constructor(
    tag: string,
    waitSecs: number,
    cgroups: string,
    lost: (end: GuardianEnd) => void,
    clock: Clock,
  ) {
    this.#clock = clock;
    needPipes(1);
    // not of our session: neither Ctrl-C nor the end of the terminal reaches it; and not tagged itself
    const tenths = String(Math.ceil(waitSecs * 10));
    const args = ["-c", SCRIPT, "libsupervisor-guardian", tag, tenths, cgroups];
    this.#shell = spawn("/bin/sh", args, {
      stdio: ["pipe", "ignore", "ignore"],
      detached: true,
      cwd: "/",
      env: { PATH: "/usr/bin:/bin:/usr/sbin:/sbin" },
    });
    const gone = (end: GuardianEnd) => {
      if (!this.#isOver) lost(end);
      this.#isOver = true;
    };
    this.#shell.once("error", (error) => gone(failureOf(error)));
    this.#shell.once("exit", (code, signal) =>
      gone({ reason: signal ?? `exit status ${code}`, kind: "died" }),
    );
    this.#shell.stdin?.on("error", () => {}); // `exit` tells
    this.#shell.unref();
    (this.#shell.stdin as unknown as { unref?: () => void } | null)?.unref?.();
  }

  get pid(): number | undefined {
    return this.#shell.pid;
  }

  /** From now on, this process group is in its care; at once, for the host may be killed at any time. */
  add(group: number, signal: number): void {
    this.#put(`g${group}`, `g ${group} ${signal}`);
    this.#speak();
  }

  /** Nobody is left there. */
  remove(group: number): void {
    this.#drop(`g${group}`);
  }

  /** From now on, this cgroup is in its care. */
  addCgroup(run: number): void {
    this.#put(`c${run}`, `c ${run}`);
  }

  /** It is gone. */
  removeCgroup(run: number): void {
    this.#drop(`c${run}`);
  }

  /** From now on, this file is in its care; at once, as a process group is. */
  addFile(number: number, { identity, path }: OwnedFile): void {
    this.#put(`f${number}`, `f ${identity} ${escaped(path)}`);
    this.#speak();
  }

  /** It is no longer. */
  removeFile(number: number): void {
    this.#drop(`f${number}`);
  }

  /** It may go: nobody is left at all. Settles when it has gone, for which the host stays, or was killed. */
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
    await new Promise<void>((resolve) => {
      // one that was stopped hears nothing; SIGKILL is for those as well
      const timer = this.#clock.setTimeout(() => resolve(this.#abandon()), QUIT_MS, true);
      void gone.then(() => resolve(this.#clock.clearTimeout(timer)));
    });
  }

  #abandon(): void {
    this.#shell.kill("SIGKILL");
    this.#shell.unref();
  }

  #put(key: string, words: string): void {
    const slot = this.#free.pop() ?? this.#slots.size + 1;
    this.#slots.set(key, slot);
    this.#say(`${slot} ${words}`);
  }

  #drop(key: string): void {
    const slot = this.#slots.get(key);
    if (slot === undefined) return;
    this.#slots.delete(key);
    this.#free.push(slot);
    this.#say(`${slot}`);
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

/** What it means that one could not be started. */
export function failureOf(error: NodeJS.ErrnoException): GuardianEnd {
  if (!isShortage(error)) return { reason: error.message, kind: "impossible" };
  return { reason: `spawn /bin/sh ${error.code}`, kind: "short" };
}

/** For `printf %b`: what is more than a letter of a plain path comes in octal, byte by byte. */
function escaped(path: string): string {
  const octal = (byte: number) => `\\0${byte.toString(8).padStart(3, "0")}`;
  return path.replaceAll(/[^\w./:@,+-]/gu, (odd) => [...Buffer.from(odd)].map(octal).join(""));
}
