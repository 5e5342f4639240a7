// The floor of every tunnel: bytes of two sockets moved by splice(2) through pipes, never through user space. `splice-proxy <port of the server>`.
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <netinet/tcp.h>
#include <netinet/in.h>
#include <unistd.h>
#include "net.h"

enum { pipe_size = 256 << 10 };

/** One direction of a tunnel. The pipe is there only while bytes are on their way, so that an idle tunnel costs nothing. */
struct direction { int from, to, pipe[2]; size_t held; bool ended; };
struct tunnel { struct direction down, up; int open; };
struct end { struct tunnel *tunnel; int fd; };

static bool move(struct direction *way) {
  for (;;) {
    if (way->held == 0 && way->ended) return false;
    if (way->held == 0) {
      if (way->pipe[0] < 0) {
        char byte;
        ssize_t seen = recv(way->from, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
        if (seen < 0 && errno == EAGAIN) return true;
        if (pipe2(way->pipe, O_NONBLOCK | O_CLOEXEC) != 0) return false;
        fcntl(way->pipe[1], F_SETPIPE_SZ, pipe_size);
      }
      ssize_t taken = splice(way->from, NULL, way->pipe[1], NULL, pipe_size, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
      if (taken < 0 && errno == EAGAIN) return true;
      if (taken <= 0) {
        way->ended = true;
        shutdown(way->to, SHUT_WR);
        return false;
      }
      way->held = (size_t)taken;
    }
    ssize_t given = splice(way->pipe[0], NULL, way->to, NULL, way->held, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    if (given < 0) return errno == EAGAIN;
    way->held -= (size_t)given;
  }
}

static void watch(int epoll, int fd, struct tunnel *tunnel) {
  struct end *end = malloc(sizeof *end);
  *end = (struct end){ tunnel, fd };
  struct epoll_event wish = { .events = EPOLLIN | EPOLLOUT | EPOLLET | EPOLLRDHUP, .data.ptr = end };
  epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &wish);
}

static void join(int epoll, int viewer, int port) {
  int server = connect_to(port), on = 1;
  if (server < 0) {
    close(viewer);
    return;
  }
  fcntl(server, F_SETFL, O_NONBLOCK);
  setsockopt(viewer, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  struct tunnel *tunnel = malloc(sizeof *tunnel);
  *tunnel = (struct tunnel){ .down = { .from = server, .to = viewer, .pipe = { -1, -1 } }, .up = { .from = viewer, .to = server, .pipe = { -1, -1 } }, .open = 2 };
  watch(epoll, viewer, tunnel);
  watch(epoll, server, tunnel);
}

int main(int argc, char **argv) {
  int own = 0, target = argc > 1 ? atoi(argv[1]) : 0;
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  signal(SIGPIPE, SIG_IGN);
  int listener = listen_on(&own), epoll = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event wish = { .events = EPOLLIN }, events[64];
  epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &wish);
  printf("ready on %d\n", own);
  fflush(stdout);
  for (;;) {
    int ready = epoll_wait(epoll, events, 64, -1);
    for (int i = 0; i < ready; i++) {
      struct end *end = events[i].data.ptr;
      if (end == NULL) {
        int viewer = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (viewer >= 0) join(epoll, viewer, target);
        continue;
      }
      struct tunnel *tunnel = end->tunnel;
      bool down = move(&tunnel->down), up = move(&tunnel->up);
      // Either side gone ends both; the second of the two sees it in its own event.
      if (down && up) continue;
      shutdown(tunnel->down.from, SHUT_RDWR);
      shutdown(tunnel->up.from, SHUT_RDWR);
      epoll_ctl(epoll, EPOLL_CTL_DEL, end->fd, NULL);
      free(end);
      if (--tunnel->open > 0) continue;
      close(tunnel->down.from);
      close(tunnel->up.from);
      for (int j = 0; j < 2; j++) {
        if (tunnel->down.pipe[j] >= 0) close(tunnel->down.pipe[j]);
        if (tunnel->up.pipe[j] >= 0) close(tunnel->up.pipe[j]);
      }
      free(tunnel);
    }
  }
}
