import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import type { Probe, StatusRange } from "../../src/ports/prober.ts";
import { parseProbeUrl } from "../../src/readiness/probe-url.ts";

const statuses: readonly StatusRange[] = [[200, 399]];
const http = { kind: "http", isSecure: false, port: 80, target: "/" };
const https = { ...http, isSecure: true, port: 443 };

const good: readonly [url: string, probe: Record<string, unknown>][] = [
  ["tcp://localhost:8080", { kind: "tcp", host: "localhost", port: 8080 }],
  ["TCP://LocalHost:8080/", { kind: "tcp", host: "localhost", port: 8080 }],
  ["tcp://my_db.internal:5432", { kind: "tcp", host: "my_db.internal", port: 5432 }],
  ["tcp://127.0.0.1:80", { kind: "tcp", host: "127.0.0.1", port: 80 }],
  ["tcp://127.1:443", { kind: "tcp", host: "127.0.0.1", port: 443 }],
  ["tcp://[::1]:65535", { kind: "tcp", host: "::1", port: 65_535 }],
  ["tcp://[0:0:0:0:0:0:0:1]:1", { kind: "tcp", host: "::1", port: 1 }],
  ["tcp://[FD00::2]:1", { kind: "tcp", host: "fd00::2", port: 1 }],
  ["tcp://[::ffff:127.0.0.1]:1", { kind: "tcp", host: "127.0.0.1", port: 1 }],
  ["tcp://bücher.example:1", { kind: "tcp", host: "xn--bcher-kva.example", port: 1 }],
  ["unix:///run/web.sock", { kind: "unix", path: "/run/web.sock" }],
  ["unix:///run/a%20b%3f%23%25.sock", { kind: "unix", path: "/run/a b?#%.sock" }],
  ["http://localhost", { ...http, host: "localhost" }],
  ["HTTP://localhost:3000/", { ...http, host: "localhost", port: 3000 }],
  ["http://[::1]:3000", { ...http, host: "::1", port: 3000 }],
  [
    "https://web/health?full=1&x=a%20b",
    { ...https, host: "web", target: "/health?full=1&x=a%20b" },
  ],
  ["https://web?a@b", { ...https, host: "web", target: "/?a@b" }],
  ["http://web:8080/a#b", { ...http, host: "web", port: 8080, target: "/a" }],
  ["http://web#b", { ...http, host: "web" }],
  ["http://web//other/x", { ...http, host: "web", target: "//other/x" }],
  ["http://web/ä", { ...http, host: "web", target: "/%C3%A4" }],
];

const forms = "expected tcp://host:port, unix:///path, http://host or https://host, got";
const bad: readonly [url: string, problem: string][] = [
  ["", `${forms} ""`],
  ["localhost:8080", `${forms} "localhost:8080"`],
  ["/run/web.sock", `${forms} "/run/web.sock"`],
  ["unix:/run/web.sock", `${forms} "unix:/run/web.sock"`],
  ["htp://web", `${forms} "htp://web"; did you mean "http"?`],
  ["udp://web:53", `${forms} "udp://web:53"`],
  ["postgres://web:5432", `${forms} "postgres://web:5432"`],
  ["tcp://db", 'expected a port, as in tcp://localhost:8080, got "tcp://db"'],
  ["tcp://[::1]", 'expected a port, as in tcp://localhost:8080, got "tcp://[::1]"'],
  ...["", "0", "65536", "99999999", "80a", "-1", "+8", "0x50"].map((port): [string, string] => [
    `tcp://db:${port}`,
    `expected a port from 1 to 65535, got "tcp://db:${port}"`,
  ]),
  ["http://web:0/", 'expected a port from 1 to 65535, got "http://web:0/"'],
  ["tcp://db:1/path", 'expected nothing after the port, got "tcp://db:1/path"'],
  ["tcp://db:1?a", 'expected nothing after the port, got "tcp://db:1?a"'],
  ["tcp://:80", 'expected a host name or an IP address, got "tcp://:80"'],
  ["http:///path", 'expected a host name or an IP address, got "http:///path"'],
  ["tcp://a|b:80", 'expected a host name or an IP address, got "tcp://a|b:80"'],
  ["tcp://1.2.3.4.5:80", 'expected a host name or an IP address, got "tcp://1.2.3.4.5:80"'],
  [String.raw`http://a\b`, String.raw`expected a host name or an IP address, got "http://a\\b"`],
  ["tcp://[web]:80", 'expected a host name or an IP address, got "tcp://[web]:80"'],
  ["tcp://::1:80", 'expected an IPv6 address in brackets, as in [::1]:8080, got "tcp://::1:80"'],
  ["tcp://[::1:80", 'expected a host name or an IP address, got "tcp://[::1:80"'],
  ...["0.0.0.0", "0", "*"].map((host): [string, string] => [
    `tcp://${host}:80`,
    `expected an address to connect to, got "tcp://${host}:80"; ${host} is to listen on: ask 127.0.0.1`,
  ]),
  ...["[::]", "[0::0]"].map((host): [string, string] => [
    `http://${host}/`,
    `expected an address to connect to, got "http://${host}/"; ${host} is to listen on: ask [::1]`,
  ]),
  [
    "http://me:secret@web/",
    'expected a URL without user and password, got "http://…@web/"; use ready_command to send them',
  ],
  [
    "tcp://m@e@web:1",
    'expected a URL without user and password, got "tcp://…@web:1"; use ready_command to send them',
  ],
  [
    "unix://run/web.sock",
    'expected an absolute path, as in unix:///run/web.sock, got "unix://run/web.sock"',
  ],
  ["unix:///", 'expected an absolute path, as in unix:///run/web.sock, got "unix:///"'],
  ["unix:///a#1", 'expected a path with "?" as %3F and "#" as %23, got "unix:///a#1"'],
  ["unix:///a?1", 'expected a path with "?" as %3F and "#" as %23, got "unix:///a?1"'],
  ["unix:///100%", 'expected a path with "%" as %25, got "unix:///100%"'],
  ["unix:///a%00", 'expected a path, got "unix:///a%00"'],
  ["http://web/a b", 'expected a URL without blanks (%20 is one), got "http://web/a b"'],
  ["http://w\neb/", String.raw`expected a URL without blanks (%20 is one), got "http://w\neb/"`],
  [
    "http://web/a\r\nX: y",
    String.raw`expected a URL without blanks (%20 is one), got "http://web/a\r\nX: y"`,
  ],
];

describe("the URL of a probe", () => {
  for (const [url, probe] of good) {
    it(`${JSON.stringify(url)} is read`, () => {
      const expected = { ...probe, url, ...(probe["kind"] === "http" && { statuses }) };
      assert.deepEqual(parseProbeUrl(url, statuses), expected);
    });
  }

  for (const [url, problem] of bad) {
    it(`${JSON.stringify(url)} is refused`, () => {
      assert.deepEqual(parseProbeUrl(url, statuses), { problem });
    });
  }

  it("a long URL is shortened in the message", () => {
    const { problem } = parseProbeUrl("x".repeat(10_000), statuses) as { problem: string };
    assert.ok(problem.length < 200, problem);
  });

  const label = fc.stringMatching(/^[a-z](?:[a-z0-9-]{0,8}[a-z0-9])?$/);
  const name = fc
    .array(label, { minLength: 1, maxLength: 3 })
    .map((labels) => labels.join("."))
    .filter((text) => !text.split(".").some((part) => part.startsWith("xn--")));
  const host = fc.oneof(
    name,
    fc.ipV4().filter((text) => text !== "0.0.0.0"),
    fc.ipV6().map((text) => `[${text}]`),
  );
  const port = fc.integer({ min: 1, max: 65_535 });
  const target = fc.webPath({ size: "small" }).map((path) => path || "/");

  /** The URL that says what the probe says. */
  function urlOf(probe: Probe): string {
    if (probe.kind === "file") return probe.path;
    if (probe.kind === "unix")
      return `unix://${encodeURIComponent(probe.path).replaceAll("%2F", "/")}`;
    const place = `${probe.host.includes(":") ? `[${probe.host}]` : probe.host}:${probe.port}`;
    if (probe.kind === "tcp") return `tcp://${place}`;
    return `http${probe.isSecure ? "s" : ""}://${place}${probe.target}`;
  }

  it("property: what a probe says can be written as a URL, and read again", () => {
    const url = fc.oneof(
      fc.tuple(host, port).map(([one, number]) => `tcp://${one}:${number}`),
      fc.tuple(host, port, target).map(([one, number, path]) => `http://${one}:${number}${path}`),
      fc.tuple(host, port, target).map(([one, number, path]) => `https://${one}:${number}${path}`),
      fc.webPath({ size: "small" }).map((path) => `unix:///run${path.replaceAll(/[?#]/g, "")}`),
    );
    fc.assert(
      fc.property(url, (text) => {
        const first = parseProbeUrl(text, statuses);
        fc.pre(!("problem" in first && /to listen on/.test(first.problem)));
        assert.ok("kind" in first, JSON.stringify(first));
        const again = parseProbeUrl(urlOf(first), statuses);
        assert.deepEqual(again, { ...first, url: urlOf(first) });
      }),
    );
  });

  it("property: the host and the path are those of the URL standard", () => {
    fc.assert(
      fc.property(fc.webUrl({ withQueryParameters: true, withFragments: true }), (text) => {
        const probe = parseProbeUrl(text, statuses);
        const { hostname, pathname, search } = new URL(text);
        assert.ok("kind" in probe && probe.kind === "http");
        assert.equal(probe.host, hostname);
        assert.equal(probe.target, pathname + search);
      }),
    );
  });

  it("property: no text makes it throw, and no target breaks a line", () => {
    const part = fc.constantFrom(
      ..."tcp unix http https :// : / // [ ] ::1 0.0.0.0 * @ ? # % %00 %zz \\ \0 ä localhost 80".split(
        " ",
      ),
    );
    const text = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.array(fc.oneof(part, fc.string({ maxLength: 3 }))).map((parts) => parts.join("")),
      fc.string({ unit: "binary" }).map((rest) => `http://web/${rest}`),
    );
    fc.assert(
      fc.property(text, (url) => {
        const probe = parseProbeUrl(url, statuses);
        if ("problem" in probe) assert.match(probe.problem, /^expected .*, got "/s);
        else if (probe.kind === "http") assert.match(probe.target, /^\/[!-~]*$/);
      }),
      { numRuns: 2000 },
    );
  });
});
