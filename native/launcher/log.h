/* One child's output on disk: made with its first byte, never longer than its limit, never in the child's way. */
#ifndef LOG_H
#define LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct log {
  /* NULL: output is not kept. */
  char *path;
  int64_t limit;
  int64_t room;
  int64_t missing;
  /* -1: not made yet. */
  int fd;
  bool full;
  bool broken;
};

void log_open(struct log *log, const char *path, int64_t limit);
void log_write(struct log *log, const char *data, size_t length);
/* Says what is missing, and closes. Twice is nothing. */
void log_end(struct log *log);

#endif
