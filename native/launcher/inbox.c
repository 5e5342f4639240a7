#include "inbox.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "bytes.h"
#include "../loop.h"

#define READ_BYTES 65536

static void read_some(struct watch *watch, uint32_t events);

static const struct inbox *told;
static struct watch pipe_end = {.fd = -1, .ready = read_some};
/* The line that has begun. */
static struct bytes begun;

static void end(const char *problem) {
  bytes_free(&begun);
  loop_close(&pipe_end);
  told->ended(problem);
}

/* Whether it was understood. */
static bool obey(char *line, size_t length) {
  static struct order order;
  const char *problem = length > MAX_LINE_BYTES ? "a line is too long" : order_read(&order, line, length);
  if (problem == NULL) told->obey(&order);
  else end(problem);
  return problem == NULL;
}

static void read_some(struct watch *watch, uint32_t events) {
  (void)events;
  char *news = bytes_reserve(&begun, READ_BYTES);
  ssize_t count = read(watch->fd, news, READ_BYTES);
  if (count == -1 && (errno == EAGAIN || errno == EINTR)) return;
  if (count <= 0) {
    end(NULL);
    return;
  }
  begun.used += (size_t)count;
  char *line = begun.data, *stop = begun.data + begun.used;
  for (char *search = news, *newline; (newline = memchr(search, '\n', (size_t)(stop - search))) != NULL; search = line) {
    if (!obey(line, (size_t)(newline - line))) return;
    line = newline + 1;
  }
  begun.used = (size_t)(stop - line);
  memmove(begun.data, line, begun.used);
  if (begun.used > MAX_LINE_BYTES) end("a line is too long");
  else if (begun.used == 0 && begun.room > 1 << 20) bytes_free(&begun);
}

void inbox_open(int fd, const struct inbox *inbox) {
  told = inbox;
  pipe_end.fd = fd;
  loop_watch(&pipe_end, EPOLLIN);
}
