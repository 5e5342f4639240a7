/*
 * The carrier, a small program next door to the service: it is handed the sockets of a viewer and of its stream server and moves the
 * bytes between them inside the kernel, by splice(2). It says when it has taken them, and not a byte is read or written before. It
 * reports totals a few times a second and how each tunnel ended. It ends when the service does, by whatever cause, and by no signal
 * that can be ignored; the sockets it has end with it.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../loop.h"
#include "channel.h"
#include "tunnel.h"

/* Version of what is said over the channel; the same as in src/tunnel/carrier.ts. */
#define PROTOCOL_VERSION 1
#define CHANNEL 3
/* Between two reports of totals, while bytes move. */
#define REPORT_MILLISECONDS 250

/* A viewer whose stream server comes with the next line. */
static uint32_t waiting_id;
static int waiting = -1;

static void half_closed(uint32_t id, const char *cause) {
  channel_say("[\"halfClosed\",%" PRIu32 ",\"%s\"]\n", id, cause);
}

static void ended(uint32_t id, const char *cause, uint64_t to_viewer, uint64_t to_server) {
  channel_say("[\"ended\",%" PRIu32 ",\"%s\",%" PRIu64 ",%" PRIu64 "]\n", id, cause, to_viewer, to_server);
}

static void moved(uint32_t id, uint64_t to_viewer, uint64_t to_server) {
  channel_say(",%" PRIu32 ",%" PRIu64 ",%" PRIu64, id, to_viewer, to_server);
}

static int digit(char sign) {
  return sign <= '9' ? sign - '0' : sign - 'a' + 10;
}

/* In place. @returns how many bytes */
static size_t from_hex(char *text) {
  size_t bytes = 0;
  for (const char *at = text; at[0] != '\0' && at[1] != '\0'; at += 2) text[bytes++] = (char)(digit(at[0]) << 4 | digit(at[1]));
  return bytes;
}

static void drop(int fd) {
  if (fd != -1) close(fd);
}

/* `viewer <id>` and `server <id> <what it hears first, in hexadecimal>`, each with its socket, in this order; `end <id>`. */
static void hear(char *words, int fd) {
  uint32_t id;
  int at = 0;
  if (sscanf(words, "viewer %" SCNu32, &id) == 1) {
    drop(waiting);
    waiting_id = id;
    waiting = fd;
  } else if (sscanf(words, "server %" SCNu32 " %n", &id, &at) == 1 && at > 0) {
    const size_t length = from_hex(words + at);
    if (waiting != -1 && fd != -1 && waiting_id == id && tunnel_join(id, waiting, fd, words + at, length)) {
      channel_say("[\"taken\",%" PRIu32 "]\n", id);
    } else {
      channel_say("[\"refused\",%" PRIu32 "]\n", id);
      drop(waiting);
      drop(fd);
    }
    waiting = -1;
  } else {
    drop(fd);
    if (sscanf(words, "end %" SCNu32, &id) == 1) tunnel_end(id);
  }
}

int main(void) {
  if (fcntl(CHANNEL, F_GETFD) == -1) {
    fprintf(stderr, "slipway carrier: it is started by slipway, not by hand\n");
    return 2;
  }
  fcntl(CHANNEL, F_SETFD, FD_CLOEXEC);
  /* When the service shall end is the service's decision, also where a signal is meant for all its processes. */
  for (const int *ignored = (const int[]){SIGPIPE, SIGINT, SIGTERM, SIGHUP, 0}; *ignored != 0; ignored++) signal(*ignored, SIG_IGN);

  static const struct tunnel_listener listener = {.half_closed = half_closed, .ended = ended};
  loop_open();
  tunnels_open(&listener);
  channel_open(CHANNEL, hear);
  channel_say("[\"ready\",%d]\n", PROTOCOL_VERSION);
  channel_flush();
  /* Moment of the next report; 0: nothing has moved. */
  int64_t report_at = 0;
  for (bool more = false;;) {
    loop_turn(more ? 1 : report_at);
    more = tunnels_continue();
    if (!tunnels_have_moved()) report_at = 0;
    else if (report_at == 0) report_at = loop_now() + REPORT_MILLISECONDS;
    else if (report_at <= loop_now()) {
      channel_say("[\"moved\"");
      tunnels_moved(moved);
      channel_say("]\n");
      report_at = 0;
    }
    channel_flush();
  }
}
