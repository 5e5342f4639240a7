#include "answers.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "json.h"
#include "../loop.h"
#include "names.h"

static void flush(struct watch *watch, uint32_t events);

static struct watch pipe_end = {.fd = -1, .ready = flush};
static struct bytes waiting;
static size_t sent;
static void (*told_lost)(void);

static bool blocked;

static void drop(void) {
  bytes_free(&waiting);
  sent = 0;
}

static void lose(struct watch *watch) {
  drop();
  loop_close(watch);
  told_lost();
}

static void flush(struct watch *watch, uint32_t events) {
  if ((events & (EPOLLERR | EPOLLHUP)) != 0) {
    lose(watch);
    return;
  }
  while (sent < waiting.used) {
    ssize_t written = write(watch->fd, waiting.data + sent, waiting.used - sent);
    if (written >= 0) {
      sent += (size_t)written;
    } else if (errno == EAGAIN) {
      if (!blocked) loop_rewatch(watch, EPOLLOUT);
      blocked = true;
      waiting.used -= sent;
      memmove(waiting.data, waiting.data + sent, waiting.used);
      sent = 0;
      return;
    } else if (errno != EINTR) {
      lose(watch);
      return;
    }
  }
  if (blocked) loop_rewatch(watch, 0);
  blocked = false;
  waiting.used = sent = 0;
  if (waiting.room > 1 << 20) drop();
}

void answers_open(int fd, void (*lost)(void)) {
  pipe_end.fd = fd;
  told_lost = lost;
  loop_watch(&pipe_end, 0);
}

static void begin(const char *type, const char *id) {
  bytes_text(&waiting, "{\"type\":\"");
  bytes_text(&waiting, type);
  bytes_text(&waiting, "\"");
  if (id == NULL) return;
  bytes_text(&waiting, ",\"id\":");
  json_write(&waiting, id, strlen(id));
}

static void end(void) {
  bytes_text(&waiting, "}\n");
  if (pipe_end.fd == -1) drop();
  else if (!blocked) flush(&pipe_end, 0);
}

void answer_ready(void) {
  begin("ready", NULL);
  end();
}

void answer_started(const char *id, pid_t pid, const char *start_time) {
  begin("started", id);
  bytes_text(&waiting, ",\"pid\":");
  bytes_integer(&waiting, pid);
  bytes_text(&waiting, ",\"startTime\":");
  if (start_time == NULL) bytes_text(&waiting, "null");
  else json_write(&waiting, start_time, strlen(start_time));
  end();
}

void answer_failed(const char *id, const char *code, const char *message) {
  begin("failed", id);
  bytes_text(&waiting, ",\"code\":");
  json_write(&waiting, code, strlen(code));
  bytes_text(&waiting, ",\"message\":");
  json_write(&waiting, message, strlen(message));
  end();
}

void answer_exited(const char *id, pid_t pid, int status, const char *tail, size_t length) {
  begin("exited", id);
  bytes_text(&waiting, ",\"pid\":");
  bytes_integer(&waiting, pid);
  if (WIFSIGNALED(status)) {
    bytes_text(&waiting, ",\"code\":null,\"signal\":\"");
    bytes_text(&waiting, signal_name(WTERMSIG(status)));
    bytes_text(&waiting, "\"");
  } else {
    bytes_text(&waiting, ",\"code\":");
    bytes_integer(&waiting, WEXITSTATUS(status));
    bytes_text(&waiting, ",\"signal\":null");
  }
  bytes_text(&waiting, ",\"outputTail\":");
  json_write(&waiting, tail, length);
  end();
}

void answer_output(const char *id, const char *stream, const struct bytes *lines, long long left_out) {
  if (waiting.used > WAITING_BYTES) return;
  begin("output", id);
  bytes_text(&waiting, ",\"stream\":\"");
  bytes_text(&waiting, stream);
  bytes_text(&waiting, "\",\"lines\":[");
  bytes_add(&waiting, lines->data, lines->used);
  bytes_text(&waiting, "],\"leftOut\":");
  bytes_integer(&waiting, left_out);
  end();
}

bool answers_gone(void) {
  return waiting.used == 0;
}
