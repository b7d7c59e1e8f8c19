// A child that writes lines of 100 bytes.
//
//   gen REPORT GO flood BYTES SIZE          as fast as they are taken, SIZE bytes a write
//   gen REPORT GO paced RATE SECONDS        RATE lines a second, each stamped, each a write
//
// Says its pid to the named pipe REPORT, begins when somebody opens the named pipe GO for writing,
// and says how long it took. A stamp is CLOCK_MONOTONIC in microseconds, in 16 digits.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LINE = 100, STAMP = 16 };

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

static void put(const char *bytes, long length) {
  for (long at = 0; at < length;) {
    long written = write(1, bytes + at, length - at);
    if (written >= 0) at += written;
    else if (errno != EINTR && errno != EAGAIN) exit(1);
  }
}

static void fill(char *bytes, long length) {
  for (long i = 0; i < length; i++) bytes[i] = i % LINE == LINE - 1 ? '\n' : 'a' + i % LINE % 26;
}

static void flood(long bytes, long size) {
  char *block = malloc(size + LINE);
  fill(block, size + LINE);
  for (long at = 0; at < bytes; at += size) {
    long length = bytes - at < size ? bytes - at : size;
    put(block + at % LINE, length); // goes on where the last line was cut
  }
}

static void paced(double rate, double seconds) {
  char line[LINE];
  fill(line, LINE);
  double begun = now() + getpid() % 100 / 100.0 / rate; // not all at once
  for (long lines = 1; lines <= rate * seconds; lines++) {
    char stamp[STAMP + 1];
    snprintf(stamp, sizeof stamp, "%016lld", (long long)(now() * 1e6));
    memcpy(line, stamp, STAMP);
    put(line, LINE);
    double next = begun + lines / rate;
    struct timespec until = {(time_t)next, (long)((next - (time_t)next) * 1e9)};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
  }
}

int main(int count, char **words) {
  if (count != 6) return 2;
  int report = open(words[1], O_WRONLY);
  if (report < 0 || dprintf(report, "pid %d\n", getpid()) < 0 || open(words[2], O_RDONLY) < 0) return 1;
  double begun = now();
  if (strcmp(words[3], "flood") == 0) flood(atol(words[4]), atol(words[5]));
  else paced(atof(words[4]), atof(words[5]));
  dprintf(report, "took %f\n", now() - begun);
  return 0;
}
