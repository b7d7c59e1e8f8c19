import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isLocal } from "../../src/readiness/local.ts";
import { parseProbeUrl } from "../../src/readiness/probe-url.ts";

const own = new Set(["127.0.0.1", "192.0.2.2", "::1", "fd00::2"]);

function isLocalUrl(url: string): boolean {
  const probe = parseProbeUrl(url, [[200, 399]]);
  assert.ok("kind" in probe, url);
  return isLocal(probe, own);
}

describe("a probe of this machine", () => {
  for (const url of [
    "tcp://localhost:80",
    "http://LOCALHOST/",
    "tcp://127.0.0.1:80",
    "tcp://127.255.3.4:80",
    "https://[::1]/",
    "tcp://[::ffff:127.0.0.2]:80",
    "tcp://192.0.2.2:80",
    "tcp://[::ffff:192.0.2.2]:80",
    "http://[FD00:0::2]/",
    "unix:///run/web.sock",
  ]) {
    it(`${url} is one`, () => {
      assert.equal(isLocalUrl(url), true);
    });
  }

  for (const url of [
    "tcp://192.0.2.3:80",
    "tcp://128.0.0.1:80",
    "tcp://127.0.0.1.example:80",
    "http://[fd00::3]/",
    "tcp://db:5432",
    "tcp://localhost.example:80",
  ]) {
    it(`${url} is none`, () => {
      assert.equal(isLocalUrl(url), false);
    });
  }

  it("a probe that was not made from a URL is one in any spelling", () => {
    const probe = { kind: "tcp", url: "", port: 80 } as const;
    assert.equal(isLocal({ ...probe, host: "FD00::2" }, own), true);
    assert.equal(isLocal({ ...probe, host: "::ffff:c000:202" }, own), true);
  });

  it("a file is none", () => {
    assert.equal(isLocal({ kind: "file", path: "/run/ready" }, own), false);
  });
});
