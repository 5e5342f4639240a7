// As many requests as a service takes: `load <port> <milliseconds> <connections> <request line…>`, each connection kept and used again
// as soon as it is answered. Says how many were answered with 200 a second, as JSON.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <unistd.h>
#include "net.h"

int main(int argc, char **argv) {
  if (argc < 5) return 2;
  int port = atoi(argv[1]), connections = atoi(argv[3]), epoll = epoll_create1(EPOLL_CLOEXEC);
  char request[512], answer[4096];
  struct epoll_event events[64];
  long good = 0, bad = 0;
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  size_t length = (size_t)snprintf(request, sizeof request, "%s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Length: 0\r\n\r\n", argv[4], port);
  int64_t started = now(), end = started + (int64_t)atoi(argv[2]) * 1000000;
  for (int i = 0; i < connections; i++) {
    int fd = connect_to(port);
    struct epoll_event wish = { .events = EPOLLIN, .data.fd = fd };
    if (fd < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &wish) != 0 || write_all(fd, request, length) != 0) return 1;
  }
  while (now() < end) {
    int count = epoll_wait(epoll, events, 64, 100);
    for (int i = 0; i < count; i++) {
      int fd = events[i].data.fd;
      // Answers are small: one read, one answer.
      ssize_t size = read(fd, answer, sizeof answer);
      if (size <= 0) return 1;
      if (strncmp(answer, "HTTP/1.1 200", 12) == 0) good++;
      else bad++;
      if (write_all(fd, request, length) != 0) return 1;
    }
  }
  printf("{\"perSecond\":%.1f,\"bad\":%ld}\n", (double)good * 1e9 / (double)(now() - started), bad);
  return bad > 0;
}
