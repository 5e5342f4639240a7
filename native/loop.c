#include "loop.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

static int epoll = -1;

static void control(int operation, struct watch *watch, uint32_t events) {
  struct epoll_event event = {.events = events, .data.ptr = watch};
  if (epoll_ctl(epoll, operation, watch->fd, &event) == 0) return;
  fprintf(stderr, "slipway: cannot wait for a descriptor, ending: %s\n", strerror(errno));
  exit(1);
}

void loop_open(void) {
  epoll = epoll_create1(EPOLL_CLOEXEC);
  if (epoll != -1) return;
  fprintf(stderr, "slipway: cannot begin: %s\n", strerror(errno));
  exit(1);
}

void loop_watch(struct watch *watch, uint32_t events) {
  control(EPOLL_CTL_ADD, watch, events);
}

void loop_rewatch(struct watch *watch, uint32_t events) {
  control(EPOLL_CTL_MOD, watch, events);
}

void loop_close(struct watch *watch) {
  if (watch->fd == -1) return;
  epoll_ctl(epoll, EPOLL_CTL_DEL, watch->fd, NULL);
  close(watch->fd);
  watch->fd = -1;
}

void loop_turn(int64_t until) {
  struct epoll_event events[64];
  int64_t left = until == 0 ? -1 : until - loop_now();
  if (until != 0 && left < 0) left = 0;
  int count = epoll_wait(epoll, events, 64, left > 60000 ? 60000 : (int)left);
  for (int i = 0; i < count; i++) {
    struct watch *watch = events[i].data.ptr;
    if (watch->fd != -1) watch->ready(watch, events[i].events);
  }
}

int64_t loop_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
