"""Sends SIGQUIT to the process of a pid file when it hears of a program that has given up."""
import os
import signal
import sys

while True:
    sys.stdout.write("READY\n")
    sys.stdout.flush()
    line = sys.stdin.readline()
    headers = dict(pair.split(":") for pair in line.split())
    body = sys.stdin.read(int(headers["len"]))
    sys.stderr.write(f"{headers['eventname']}: {body}\n")
    sys.stderr.flush()
    with open(sys.argv[1]) as pidfile:
        os.kill(int(pidfile.readline()), signal.SIGQUIT)
    sys.stdout.write("RESULT 2\nOK")
    sys.stdout.flush()
