// The floor of every manager: one loop that takes POST /api/spawn, posix_spawns the program it was given, and answers when the child
// has reported ready. No check, no limit, no record. `floor-manager <first port of the children> <how many> <program> [arguments…]`.
#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include "net.h"

enum { most = 4096 };

/** Descriptor of the connection that waits for the child of this number; 0: nobody. */
static int waiting[most];
static int own_port, first_port, count, next;
static char *program;
static char *more[16];

static void start(int fd) {
  char id[16], port[16], endpoint[64];
  int number = next++ % count;
  pid_t pid;
  snprintf(id, sizeof id, "%d", number);
  snprintf(port, sizeof port, "%d", first_port + number);
  snprintf(endpoint, sizeof endpoint, "http://127.0.0.1:%d/api/spawns/", own_port);
  char *arguments[32] = { program, "--id", id, "--sc-port", port, "--liveliness-endpoint", endpoint }, *environment[] = { NULL };
  for (int i = 0; more[i] != NULL; i++) arguments[7 + i] = more[i];
  waiting[number] = fd;
  if (posix_spawn(&pid, program, NULL, NULL, arguments, environment) != 0) exit(1);
}

static void answer(int fd, const char *body) {
  char text[256];
  int size = snprintf(text, sizeof text, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s", strlen(body), body);
  write_all(fd, text, (size_t)size);
}

/** One request; its body, if any, came with it. */
static void handle(int fd, const char *head) {
  int number;
  if (strncmp(head, "POST /api/spawns/", 17) == 0) {
    answer(fd, "");
    if (sscanf(head + 17, "%d", &number) != 1 || strstr(head, "=ready") == NULL || waiting[number] == 0) return;
    char body[128];
    snprintf(body, sizeof body, "{\"result\":\"ok\",\"serviceId\":\"%d\",\"endpoints\":{\"ws\":\"ws://127.0.0.1:%d\"}}", number, first_port + number);
    answer(waiting[number], body);
    waiting[number] = 0;
  } else start(fd);
}

int main(int argc, char **argv) {
  if (argc < 4) return 2;
  first_port = atoi(argv[1]), count = atoi(argv[2]), program = argv[3];
  for (int i = 4; i < argc && i < 16; i++) more[i - 4] = argv[i];
  if (count > most) return 2;
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  signal(SIGCHLD, SIG_IGN);
  int listener = listen_on(&own_port), epoll = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event wish = { .events = EPOLLIN, .data.fd = listener }, events[64];
  epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &wish);
  printf("ready on %d\n", own_port);
  fflush(stdout);
  for (;;) {
    int ready = epoll_wait(epoll, events, 64, -1);
    for (int i = 0; i < ready; i++) {
      int fd = events[i].data.fd;
      if (fd == listener) {
        int visitor = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        struct epoll_event heard = { .events = EPOLLIN, .data.fd = visitor };
        if (visitor >= 0) epoll_ctl(epoll, EPOLL_CTL_ADD, visitor, &heard);
        continue;
      }
      char head[4096];
      ssize_t length = read(fd, head, sizeof head - 1);
      if (length > 0) {
        head[length] = '\0';
        handle(fd, head);
        continue;
      }
      // First out of epoll: a child between fork and exec still holds the descriptor.
      epoll_ctl(epoll, EPOLL_CTL_DEL, fd, NULL);
      close(fd);
    }
  }
}
