// A stream server's stand-in: takes ts3d_sc_server's flags, is ready about a millisecond after exec, echoes and streams on demand.
// Flags of its own, for what is measured: --bench-delay <ms> before it is ready, --bench-leave-after <ms> to end by itself
// without a word, --bench-clock <file> to write down when it said it is ready.
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include "net.h"
#include "viewer-line.h"

/** Seconds after which nothing leaks, whatever went wrong. */
enum { longest_life = 3600 };

static char request[512];
static int report_port;

static void compose(const char *endpoint, const char *id, const char *what) {
  const char *host = strstr(endpoint, "//");
  const char *path = host == NULL ? NULL : strchr(host + 2, '/'), *colon = host == NULL ? NULL : strchr(host + 2, ':');
  if (path == NULL || colon == NULL) exit(2);
  report_port = atoi(colon + 1);
  snprintf(request, sizeof request, "POST %s%s%s?liveliness=%s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    path, path[strlen(path) - 1] == '/' ? "" : "/", id, what, report_port);
}

/** One raw POST; waits for the first bytes of the answer. */
static void report(void) {
  char answer[512];
  int fd = connect_to(report_port);
  if (fd < 0) return;
  if (write_all(fd, request, strlen(request)) == 0 && read(fd, answer, sizeof answer) < 0) perror("report");
  close(fd);
}

static void write_down(const char *file, const char *id) {
  char text[128];
  int fd = open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  int size = snprintf(text, sizeof text, "%s %lld\n", id, (long long)now());
  if (write(fd, text, (size_t)size) < 0) perror(file);
  close(fd);
}

static void serve(int listener, int64_t interval, int64_t end) {
  int epoll = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event wish = { .events = EPOLLIN }, events[64];
  epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &wish);
  for (int64_t next = now() + interval;;) {
    int64_t until = end < next ? end : next, left = until - now();
    int count = left <= 0 ? 0 : epoll_wait(epoll, events, 64, (int)(left / 1000000) + 1);
    if (now() >= end) return;
    if (now() >= next) {
      report();
      next += interval;
    }
    for (int i = 0; i < count; i++) {
      struct line *line = events[i].data.ptr;
      if (line == NULL) {
        int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) continue;
        line = calloc(1, sizeof *line);
        line->fd = fd;
        struct epoll_event both = { .events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = line };
        epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &both);
        continue;
      }
      bool lives = true;
      // Edge-triggered: everything that is there.
      for (char byte; lives && events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR);) {
        ssize_t seen = recv(line->fd, &byte, 1, MSG_PEEK);
        if (seen < 0 && errno == EAGAIN) break;
        lives = line_reads(line);
      }
      if (lives) lives = line_writes(line);
      if (lives) continue;
      close(line->fd);
      free(line->received);
      free(line);
    }
  }
}

int main(int argc, char **argv) {
  const char *id = flag(argc, argv, "--id", ""), *endpoint = flag(argc, argv, "--liveliness-endpoint", "");
  const char *clock = flag(argc, argv, "--bench-clock", ""), *leave = flag(argc, argv, "--bench-leave-after", "");
  int port = atoi(flag(argc, argv, "--sc-port", "0")), delay = atoi(flag(argc, argv, "--bench-delay", "0"));
  double seconds = atof(flag(argc, argv, "--liveliness-update-frequency", "3600"));
  alarm(longest_life);
  int listener = listen_on(&port);
  if (delay > 0) usleep((useconds_t)delay * 1000);
  if (*clock != '\0') write_down(clock, id);
  if (*endpoint != '\0') {
    compose(endpoint, id, "ready");
    report();
    compose(endpoint, id, "ping");
  } else {
    printf("ready on %d\n", port);
    fflush(stdout);
    seconds = longest_life;
  }
  serve(listener, (int64_t)(seconds * 1e9), *leave == '\0' ? INT64_MAX : now() + (int64_t)atoi(leave) * 1000000);
  return 0;
}
