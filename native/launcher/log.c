#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bytes.h"
#include "names.h"

/* Of the limit, kept for the two lines that say what is missing. */
#define NOTICE_BYTES 160
#define MOST_ERRORS 256

void log_open(struct log *log, const char *path, int64_t limit) {
  *log = (struct log){.path = path == NULL ? NULL : copy_of(path), .limit = limit, .fd = -1};
  log->room = limit >= NOTICE_BYTES * 2 ? limit - NOTICE_BYTES : limit;
}

/* The session goes on without it; each kind of failure is told once. */
static void fail(struct log *log, int error) {
  static bool complained[MOST_ERRORS];
  log->broken = true;
  if (error < 0 || error >= MOST_ERRORS || complained[error]) return;
  complained[error] = true;
  fprintf(stderr, "slipway launcher: a session's output cannot be written to %s (%s); sessions go on without it\n", log->path, error_name(error));
}

/* Bytes that a file which would make us wait does not take are missing: only something else than a file does that. */
static void put(struct log *log, const char *data, size_t length) {
  while (length > 0 && !log->broken) {
    ssize_t written = write(log->fd, data, length);
    if (written >= 0) {
      data += written;
      length -= (size_t)written;
    } else if (errno == EAGAIN) {
      log->missing += (int64_t)length;
      return;
    } else if (errno != EINTR) {
      fail(log, errno);
    }
  }
}

static void note(struct log *log, const char *words) {
  if (log->limit < NOTICE_BYTES * 2) return;
  char line[NOTICE_BYTES];
  int length = snprintf(line, sizeof line, "\n[slipway] %s\n", words);
  put(log, line, (size_t)length);
}

void log_write(struct log *log, const char *data, size_t length) {
  if (log->path == NULL) return;
  if (log->broken || log->full) {
    log->missing += (int64_t)length;
    return;
  }
  if (log->fd == -1) {
    log->fd = open(log->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0640);
    if (log->fd == -1) {
      fail(log, errno);
      return;
    }
  }
  size_t fitting = (int64_t)length <= log->room ? length : (size_t)log->room;
  log->room -= (int64_t)fitting;
  log->missing += (int64_t)(length - fitting);
  put(log, data, fitting);
  if (fitting == length) return;
  log->full = true;
  char words[NOTICE_BYTES / 2];
  snprintf(words, sizeof words, "limit of %lld bytes reached, what follows is not kept", (long long)log->limit);
  note(log, words);
}

void log_end(struct log *log) {
  if (log->fd != -1) {
    char words[NOTICE_BYTES / 2];
    snprintf(words, sizeof words, "%lld bytes of output were not kept", (long long)log->missing);
    if (log->missing > 0) note(log, words);
    close(log->fd);
    log->fd = -1;
  }
  free(log->path);
  log->path = NULL;
}
