import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseOptions, usage } from "../../src/cli/options.ts";

describe("the switches of the command", () => {
  it("are supervisord's, short and long, and set options of its section", () => {
    const short = parseOptions("-c a.conf -n -s -u www -l x.log -y 1MB -z 3 -e debug".split(" "));
    assert.deepEqual(short, {
      help: false,
      version: false,
      configuration: "a.conf",
      overrides: {
        nodaemon: "true",
        silent: "true",
        user: "www",
        logfile: "x.log",
        logfile_maxbytes: "1MB",
        logfile_backups: "3",
        loglevel: "debug",
      },
    });
    const long = parseOptions(
      "--configuration=a.conf --pidfile=p --identifier=i --childlogdir=/tmp --nocleanup --minfds=5 --minprocs=6 --strip_ansi --umask=077 --directory=/".split(
        " ",
      ),
    );
    assert.deepEqual(long.overrides, {
      umask: "077",
      directory: "/",
      pidfile: "p",
      identifier: "i",
      childlogdir: "/tmp",
      nocleanup: "true",
      minfds: "5",
      strip_ansi: "true",
      minprocs: "6",
    });
  });

  it("that are not set leave the file alone", () => {
    assert.deepEqual(parseOptions([]), { help: false, version: false, overrides: {} });
  });

  it("that there are not are refused by name", () => {
    assert.throws(() => parseOptions(["-x"]), /-x/);
    assert.throws(() => parseOptions(["--profile_options=calls"]), /profile_options/);
    assert.throws(() => parseOptions(["-c"]), /configuration/);
  });

  it("are all there is: another word is told what was meant", () => {
    const file = {
      message: 'unexpected "a.conf"; a file is named with -c: libsupervisor -c a.conf',
    };
    for (const words of [["a.conf"], ["-n", "a.conf"], ["-e", "info", "a.conf", "b.conf"]])
      assert.throws(() => parseOptions(words), file);
    for (const words of [["chek"], ["chek", "-c", "a.conf"], ["-n", "chek"]])
      assert.throws(
        () => parseOptions(words),
        /^Error: there is no command "chek": there are check and ctl/,
      );
  });

  it("are all in the usage", () => {
    for (const word of [
      "-c, --configuration FILE",
      "-n, --nodaemon",
      "--minprocs NUM",
      "check",
      "ctl",
    ])
      assert.ok(usage().includes(word), word);
  });
});
