import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseOptions, usage } from "../../../src/cli/run/options.ts";
import { noSupervisor, optionsOf } from "../../support/supervisorctl.ts";

describe("the switches of the command", () => {
  it("are supervisord's, short and long, and set options of its section", () => {
    const short = parseOptions("-c a.conf -n -s -u www -l x.log -y 1MB -z 3 -e debug".split(" "));
    assert.deepEqual(short, {
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
      isProfiled: false,
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
    assert.deepEqual(parseOptions([]), { overrides: {}, isProfiled: false });
  });

  it("names by which it may be called are as many as are given", () => {
    const { allowedHosts } = parseOptions(["--allowed-host", "a", "--allowed-host=b.example"]);
    assert.deepEqual(allowedHosts, ["a", "b.example"]);
  });

  it("that there are not are refused by name", () => {
    for (const [words, message] of [
      [["-x"], "option -x not recognized"],
      [["--bogus"], "option --bogus not recognized"],
      [["-c"], "option -c requires argument"],
      [["--nodaemon=1"], "option --nodaemon must not have an argument"],
      [["--logfile", "a", "-l", "b"], "conflicting command line option '-l'"],
      [["--min", "1"], "option --min not a unique prefix"],
    ] as const)
      assert.throws(() => parseOptions(words), { name: "UsageError", message });
  });

  it("can be written in supervisord's ways", () => {
    for (const words of [["-nlx.log"], ["-nl", "x.log"], ["--nodae", "--logfile", "x.log"]])
      assert.deepEqual(parseOptions(words).overrides, { nodaemon: "true", logfile: "x.log" });
    assert.deepEqual(parseOptions(["-i", "-x"]).overrides, { identifier: "-x" });
    assert.equal(parseOptions(["--profile_options", "calls"]).isProfiled, true);
  });

  it("ask for the help with -h, -? and --help, and for the version", () => {
    for (const word of ["-h", "-?", "--help", "-nh", "--he"])
      assert.equal(parseOptions([word]).question, "help");
    for (const word of ["-v", "--version"]) assert.equal(parseOptions([word]).question, "version");
    assert.equal(parseOptions(["-v", "-h"]).question, "version");
  });

  it("are all that supervisord has", { skip: noSupervisor }, () => {
    assert.ok(optionsOf("ServerOptions").length > 30);
    for (const words of optionsOf("ServerOptions")) assert.ok(parseOptions(words), words[0]);
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
        /^UsageError: unknown command "chek": the commands are check and ctl/,
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
