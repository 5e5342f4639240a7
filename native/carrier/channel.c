#include "channel.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../loop.h"

/* Room for the longest line: what a viewer said while parked (64 KiB) and an upgrade request (16 KiB), two digits a byte. */
#define LONGEST_LINE (256 << 10)

static struct watch channel;
static void (*heard)(char *words, int descriptor);
static char line[LONGEST_LINE];
static size_t length;
/* For the next line that speaks of one; lines without may be read together with it. */
static int descriptor = -1;
static char saying[64 << 10];
static size_t said;

void channel_say(const char *format, ...) {
  if (sizeof saying - said < 256) channel_flush();
  va_list values;
  va_start(values, format);
  said += (size_t)vsnprintf(saying + said, sizeof saying - said, format, values);
  va_end(values);
}

void channel_flush(void) {
  for (size_t sent = 0; sent < said;) {
    const ssize_t more = send(channel.fd, saying + sent, said - sent, MSG_NOSIGNAL);
    if (more == -1 && errno != EINTR) exit(0);
    if (more > 0) sent += (size_t)more;
  }
  said = 0;
}

/* The words are the last string of the line. */
static void read_line(char *end) {
  char *words = end;
  while (words > line && *--words != '"') {}
  *words = '\0';
  while (words > line && *--words != '"') {}
  int own = -1;
  if (line[0] == '{') {
    /* Node holds back everything else until it hears this, so also where the descriptor got lost because there are too many here. */
    channel_say("{\"cmd\":\"NODE_HANDLE_ACK\"}\n");
    own = descriptor;
    descriptor = -1;
  }
  heard(words + 1, own);
  channel_flush();
}

static void receive(struct watch *watch, uint32_t events) {
  (void)events;
  union {
    char bytes[CMSG_SPACE(sizeof(int))];
    struct cmsghdr align;
  } beside;
  struct iovec room = {.iov_base = line + length, .iov_len = sizeof line - length};
  struct msghdr message = {.msg_iov = &room, .msg_iovlen = 1, .msg_control = beside.bytes, .msg_controllen = sizeof beside.bytes};
  const ssize_t got = recvmsg(watch->fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (got == -1 && (errno == EAGAIN || errno == EINTR)) return;
  /* The service has gone, or it says more than a line can be: its sockets go with this process. */
  if (got <= 0) exit(got == 0 && room.iov_len > 0 ? 0 : 1);
  struct cmsghdr *control = CMSG_FIRSTHDR(&message);
  if (control != NULL && control->cmsg_type == SCM_RIGHTS) memcpy(&descriptor, CMSG_DATA(control), sizeof descriptor);
  length += (size_t)got;
  for (char *end; (end = memchr(line, '\n', length)) != NULL;) {
    read_line(end);
    length -= (size_t)(end + 1 - line);
    memmove(line, end + 1, length);
  }
}

void channel_open(int fd, void (*hear)(char *words, int descriptor)) {
  heard = hear;
  channel = (struct watch){.fd = fd, .ready = receive};
  loop_watch(&channel, EPOLLIN);
}
