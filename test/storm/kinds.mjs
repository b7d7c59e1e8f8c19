/**
 * Trees of processes, each as a shell's script. `born` is said by every process that the script
 * starts, into a file that counts them. `T` is the time that all sleep for: no other sleeps so long
 * to the millisecond, so that it marks those whose environment is gone.
 */
const born = `printf . >>"$COUNT"; `;
const sleeper = `${born}exec sleep "$T"`;
const deaf = `trap '' TERM HUP INT; ${born}while :; do sleep "$T"; done`;

export const kinds = {
  plain: { script: sleeper },
  shell: { script: `${born}for i in 1 2 3; do (${sleeper}) & done; wait` },
  deaf: { script: `(${deaf}) & ${deaf}` },
  setsid: { script: `${born}setsid sh -c '${sleeper}' & setsid sh -c '${sleeper}' & wait` },
  "double fork": { script: `${born}( (${sleeper}) & ) ; ( (${sleeper}) & ); exec sleep "$T"` },
  daemon: {
    script: `${born}setsid -f sh -c "$DEAF"; exec sleep "$T"`,
    environment: { DEAF: deaf },
  },
  "cleaned environment": {
    script: `${born}${born}env -i sleep "$T" & wait`,
  },
  "chain of forks": {
    script: `${born}setsid sh -c "$CHAIN" & wait`,
    environment: { CHAIN: `${born}sleep 0.05; sh -c "$CHAIN" & exit 0` },
  },
  crasher: {
    script: `${born}setsid -f sh -c "$DEAF"; (${sleeper}) & exit 1`,
    environment: { DEAF: deaf },
    settings: { startsecs: 0, autorestart: true },
  },
  "failed start": {
    script: `${born}(${sleeper}) & setsid -f sh -c '${sleeper}'; exit 1`,
    settings: { startsecs: 1, startretries: 3 },
  },
  "slow to die": {
    script: `trap 'sleep 0.3; exit 0' TERM; ${born}(${sleeper}) & while :; do wait; done`,
  },
};

/** A source of numbers from 0 to 1 that gives the same ones for the same seed. */
export function dice(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const pick = (items, roll) => items[Math.floor(roll() * items.length)];

/** One to eight programs, at random. `T` has the mark in it. */
export function programs({ roll, mark, directory, names = Object.keys(kinds) }) {
  const entries = Array.from({ length: 1 + Math.floor(roll() * 8) }, (_, i) => {
    const kind = pick(names, roll);
    return [`p${i}`, program({ kind, mark, directory })];
  });
  return Object.fromEntries(entries);
}

export function program({ kind, mark, directory }) {
  const { script, environment = {}, settings = {} } = kinds[kind];
  return {
    command: ["/bin/sh", "-c", script],
    environment: {
      ...environment,
      STORM: `${mark}/${kind}`,
      COUNT: `${directory}/${kind}`,
      T: `${secondsOf(mark)}`,
    },
    startsecs: 0.05,
    stopwaitsecs: 0.2,
    stdout_logfile: "NONE",
    stderr_logfile: "NONE",
    ...settings,
  };
}

/** What those sleep that belong to the mark. */
export function secondsOf(mark) {
  return 70_000_000 + mark;
}
