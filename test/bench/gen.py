"""Does what gen.c does, where there is no C compiler."""

import os
import sys
import time

LINE = 100
TEXT = bytes(97 + i % 26 for i in range(LINE - 1)) + b"\n"


def put(data):
    while data:
        data = data[os.write(1, data) :]


def flood(total, size):
    block = TEXT * (size // LINE + 2)
    for at in range(0, total, size):
        put(block[at % LINE : at % LINE + min(size, total - at)])


def paced(rate, seconds):
    begun = time.monotonic() + os.getpid() % 100 / 100 / rate
    for lines in range(1, rate * seconds + 1):
        put(b"%016d" % (time.monotonic() * 1e6) + TEXT[16:])
        time.sleep(max(0, begun + lines / rate - time.monotonic()))


report_path, go_path, kind, *numbers = sys.argv[1:]
report = os.open(report_path, os.O_WRONLY)
os.write(report, b"pid %d\n" % os.getpid())
os.open(go_path, os.O_RDONLY)
began = time.monotonic()
{"flood": flood, "paced": paced}[kind](*map(int, numbers))
os.write(report, b"took %f\n" % (time.monotonic() - began))
