// A viewer that costs little: `viewer <port> <path> echo <bytes> <count>`, `… stream <bytes> <count>`, `… stalled <bytes> <count>`,
// `… idle <connections>`. Says what it found in one line of JSON; stalled and idle stay until standard input ends.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include "net.h"

static int open_line(int port, const char *path) {
  char text[1024];
  int fd = connect_to(port);
  if (fd < 0) return -1;
  int size = snprintf(text, sizeof text,
    "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", path, port);
  if (write_all(fd, text, (size_t)size) != 0 || read_head(fd, text, sizeof text) < 0 || strncmp(text, "HTTP/1.1 101", 12) != 0) {
    close(fd);
    return -1;
  }
  return fd;
}

/** A message of up to 64 KiB with a mask of zeros. */
static void say(int fd, const char *message, size_t size) {
  static char frame[65536 + 8];
  size_t head = size < 126 ? 2 : 4;
  frame[0] = (char)0x82;
  frame[1] = (char)(0x80 | (size < 126 ? size : 126));
  if (head == 4) frame[2] = (char)(size >> 8), frame[3] = (char)size;
  memset(frame + head, 0, 4);
  memcpy(frame + head + 4, message, size);
  if (write_all(fd, frame, head + 4 + size) != 0) exit(1);
}

static void take(int fd, size_t bytes) {
  static char buffer[1 << 18];
  while (bytes > 0) {
    ssize_t length = recv(fd, buffer, bytes < sizeof buffer ? bytes : sizeof buffer, 0);
    if (length <= 0) exit(1);
    bytes -= (size_t)length;
  }
}

static size_t head_of(size_t size) { return size < 126 ? 2 : size < 65536 ? 4 : 10; }

static int compare(const void *a, const void *b) { return (*(const int64_t *)a > *(const int64_t *)b) - (*(const int64_t *)a < *(const int64_t *)b); }

static void echo(int fd, size_t size, size_t count) {
  char *message = calloc(1, size);
  int64_t *times = calloc(count, sizeof *times);
  for (size_t i = 0; i < count; i++) {
    int64_t started = now();
    say(fd, message, size);
    take(fd, head_of(size) + size);
    times[i] = now() - started;
  }
  qsort(times, count, sizeof *times, compare);
  printf("{\"p50\":%.3f,\"p99\":%.3f}\n", (double)times[count / 2] / 1000, (double)times[count * 99 / 100] / 1000);
}

static void order(int fd, size_t size, size_t count) {
  char text[64];
  say(fd, text, (size_t)snprintf(text, sizeof text, "stream %zu %zu", size, count));
}

static void until_told(const char *what) {
  char byte;
  printf("{\"%s\":true}\n", what);
  fflush(stdout);
  while (read(0, &byte, 1) > 0) continue;
}

int main(int argc, char **argv) {
  if (argc < 5) return 2;
  const char *what = argv[3];
  size_t size = (size_t)atol(argv[4]), count = argc > 5 ? (size_t)atol(argv[5]) : 1;
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (strcmp(what, "idle") == 0) {
    for (size_t i = 0; i < size; i++) if (open_line(atoi(argv[1]), argv[2]) < 0) return 1;
    until_told("open");
    return 0;
  }
  int fd = open_line(atoi(argv[1]), argv[2]);
  if (fd < 0) return 1;
  if (strcmp(what, "echo") == 0) echo(fd, size, count);
  else if (strcmp(what, "stalled") == 0) {
    order(fd, size, count);
    until_told("stalled");
  } else {
    int64_t started = now();
    order(fd, size, count);
    take(fd, (head_of(size) + size) * count);
    printf("{\"seconds\":%.6f}\n", (double)(now() - started) / 1e9);
  }
  return 0;
}
