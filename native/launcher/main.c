/*
 * The launcher process, in C: a small program next door to the service, the only one that starts, signals and reaps children. Orders
 * come in on descriptor 3, answers go out on descriptor 4. It ends when it is told to or when the service is gone, never by a signal
 * that can be ignored, and it takes its children with it. What it cannot survive is SIGKILL: then the kernel ends the children.
 *
 * It has one thread: the kernel ends children when the thread that started them is gone.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "answers.h"
#include "child.h"
#include "inbox.h"
#include "lines.h"
#include "../loop.h"
#include "program.h"

#define ORDERS 3
#define ANSWERS 4
/* Between SIGTERM and SIGKILL, when the service vanished. */
#define GRACE_MILLISECONDS 2000
/* After SIGKILL, for a child stuck in the kernel; the launcher then leaves without it. */
#define LAST_WAIT_MILLISECONDS 1500
/* For answers that nobody reads. */
#define FLUSH_MILLISECONDS 500
/* Descriptors that whoever started this program may have left open. */
#define STRAY_DESCRIPTORS 256

static bool ending;
/* Moments to come; 0: none. */
static int64_t kill_at;
static int64_t leave_at;

static int64_t earlier(int64_t one, int64_t other) {
  return one == 0 || (other != 0 && other < one) ? other : one;
}

/* Ends every child and then this process: kindly when the service vanished, at once when it said so. Asked twice, the harsher wins. */
static void end(int signal) {
  const bool first = !ending;
  ending = true;
  if (first || signal == SIGKILL) children_signal(signal);
  if (!first) return;
  const int64_t now = loop_now();
  kill_at = signal == SIGKILL ? 0 : now + GRACE_MILLISECONDS;
  leave_at = now + LAST_WAIT_MILLISECONDS + (signal == SIGKILL ? 0 : GRACE_MILLISECONDS);
}

static void end_kindly(void) {
  end(SIGTERM);
}

static void orders_ended(const char *problem) {
  if (problem != NULL) fprintf(stderr, "slipway launcher: cannot understand the service, ending: %s\n", problem);
  end_kindly();
}

static void obey(const struct order *order) {
  switch (order->type) {
    case ORDER_START:
      if (ending) answer_failed(order->start.id, "LAUNCHER_CLOSED", "The launcher is closing.");
      else child_start(&order->start);
      return;
    case ORDER_SIGNAL:
      child_signal(order->id, order->signal);
      return;
    case ORDER_CLOSE:
      end(SIGKILL);
  }
}

static void reap(struct watch *watch, uint32_t events) {
  (void)events;
  struct signalfd_siginfo told[16];
  while (read(watch->fd, told, sizeof told) > 0) {}
  children_reap();
}

/* Whether there is nothing left to do; `now` and then what is due is done. */
static bool is_over(int64_t now) {
  if (kill_at != 0 && kill_at <= now) {
    kill_at = 0;
    children_signal(SIGKILL);
  }
  if (!ending) return false;
  if (children_gone()) {
    static int64_t flushed_by;
    if (answers_gone()) return true;
    if (flushed_by == 0) flushed_by = now + FLUSH_MILLISECONDS;
    leave_at = earlier(leave_at, flushed_by);
  }
  return leave_at <= now;
}

static void fail(const char *problem) {
  fprintf(stderr, "slipway launcher: %s\n", problem);
  exit(2);
}

int main(int count, char **args) {
  if (count == 2 && strcmp(args[1], "--protocol") == 0) return printf("%d\n", PROTOCOL_VERSION) < 0;
  if (fcntl(ORDERS, F_GETFD) == -1 || fcntl(ANSWERS, F_GETFD) == -1) fail("it is started by slipway, not by hand");

  /* Whatever is open below 3 must not become a child's pipe, and no child must have anything that is ours. */
  for (int fd = 0; fd < 3; fd++) {
    if (fcntl(fd, F_GETFD) == -1 && open("/dev/null", O_RDWR) != fd) fail("its descriptors are in disorder");
  }
  for (int fd = 3; fd < STRAY_DESCRIPTORS; fd++) fcntl(fd, F_SETFD, FD_CLOEXEC);
  fcntl(ORDERS, F_SETFL, fcntl(ORDERS, F_GETFL) | O_NONBLOCK);
  fcntl(ANSWERS, F_SETFL, fcntl(ANSWERS, F_GETFL) | O_NONBLOCK);

  programs_prepare();
  children_open();
  loop_open();
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  static struct watch signals = {.ready = reap};
  signals.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  if (signals.fd == -1) fail(strerror(errno));
  loop_watch(&signals, EPOLLIN);
  static const struct inbox inbox = {.obey = obey, .ended = orders_ended};
  answers_open(ANSWERS, end_kindly);
  answer_ready();
  inbox_open(ORDERS, &inbox);

  while (!is_over(loop_now())) {
    loop_turn(earlier(earlier(kill_at, leave_at), earlier(children_expiry(), lines_expiry())));
    lines_expire();
    children_expire();
    children_bury();
  }
  return 0;
}
