#include "tunnel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../loop.h"
#include "pipes.h"

/* How often a direction is filled and emptied before it is another tunnel's turn. */
#define ROUNDS 16

/* One direction. It has a pipe only while bytes wait in it, so that an idle tunnel costs nothing. */
struct way {
  struct watch *from, *to;
  struct pipe *pipe;
  size_t held;
  bool ended;
  uint64_t moved;
};

struct tunnel {
  struct watch viewer, server;
  struct way down, up;
  uint32_t id;
  /* What closed it; NULL: nothing yet. */
  const char *cause;
  bool busy, gone;
  /* Of both directions together, when it was told last. */
  uint64_t told;
  struct tunnel *next, *previous, *next_busy;
};

enum outcome { WAITS, GOES_ON, FROM_BROKE, TO_BROKE, NO_PIPE };

static const struct tunnel_listener *listener;
static struct tunnel *all, *busy, *graves;
static bool have_moved;

void tunnels_open(const struct tunnel_listener *told) {
  listener = told;
}

static ssize_t pass(int from, int to, size_t most) {
  ssize_t passed;
  do passed = splice(from, NULL, to, NULL, most, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
  while (passed == -1 && errno == EINTR);
  return passed;
}

/* A hot path: all bytes of viewers that were handed over. Moves what can be moved. The pipe is filled only when it is empty, so EAGAIN there means that the socket is. */
static enum outcome move(struct way *way) {
  for (int round = 0; round < ROUNDS; round++) {
    if (way->held == 0) {
      if (way->ended) return WAITS;
      if ((way->pipe = pipe_take()) == NULL) return NO_PIPE;
      const ssize_t taken = pass(way->from->fd, way->pipe->in, PIPE_BYTES);
      if (taken <= 0) {
        const int error = errno;
        pipe_give(way->pipe, true);
        way->pipe = NULL;
        if (taken == -1) return error == EAGAIN ? WAITS : FROM_BROKE;
        way->ended = true;
        shutdown(way->to->fd, SHUT_WR);
        return WAITS;
      }
      way->held = (size_t)taken;
    }
    const ssize_t given = pass(way->pipe->out, way->to->fd, way->held);
    if (given == -1) return errno == EAGAIN ? WAITS : TO_BROKE;
    way->held -= (size_t)given;
    way->moved += (uint64_t)given;
    have_moved = true;
    if (way->held > 0) continue;
    pipe_give(way->pipe, true);
    way->pipe = NULL;
  }
  return GOES_ON;
}

/* Whoever else has a copy of the sockets, which the service has for a moment, must not see them in this loop any more: `loop_close`. */
static void end(struct tunnel *tunnel, const char *cause) {
  if (tunnel->cause == NULL) tunnel->cause = cause;
  loop_close(&tunnel->viewer);
  loop_close(&tunnel->server);
  pipe_give(tunnel->down.pipe, false);
  pipe_give(tunnel->up.pipe, false);
  if (tunnel->previous == NULL) all = tunnel->next;
  else tunnel->previous->next = tunnel->next;
  if (tunnel->next != NULL) tunnel->next->previous = tunnel->previous;
  tunnel->gone = true;
  /* Events of this turn may still mean it, and the list of the busy. */
  tunnel->next = graves;
  graves = tunnel;
  listener->ended(tunnel->id, tunnel->cause, tunnel->down.moved, tunnel->up.moved);
}

/* True: the tunnel is over. */
static bool settle(struct tunnel *tunnel, struct way *way, enum outcome outcome, const char *closed, const char *reset, const char *other_reset) {
  switch (outcome) {
    case FROM_BROKE:
      end(tunnel, reset);
      return true;
    case TO_BROKE:
      end(tunnel, other_reset);
      return true;
    case NO_PIPE:
      end(tunnel, "carrierLost");
      return true;
    default:
      if (!way->ended || tunnel->cause != NULL) return false;
      tunnel->cause = closed;
      listener->half_closed(tunnel->id, closed);
      return false;
  }
}

static void carry(struct tunnel *tunnel) {
  const enum outcome up = move(&tunnel->up);
  if (settle(tunnel, &tunnel->up, up, "viewerClosed", "viewerReset", "streamServerReset")) return;
  const enum outcome down = move(&tunnel->down);
  if (settle(tunnel, &tunnel->down, down, "streamServerClosed", "streamServerReset", "viewerReset")) return;
  if (tunnel->up.ended && tunnel->down.ended) return end(tunnel, "ended");
  if (tunnel->busy || (up != GOES_ON && down != GOES_ON)) return;
  tunnel->busy = true;
  tunnel->next_busy = busy;
  busy = tunnel;
}

static void viewer_ready(struct watch *watch, uint32_t events) {
  struct tunnel *tunnel = (struct tunnel *)((char *)watch - offsetof(struct tunnel, viewer));
  carry(tunnel);
  /* Its own bytes may wait for a stream server that does not read, and then nothing else tells that it broke off. */
  if (!tunnel->gone && (events & EPOLLERR)) end(tunnel, "viewerReset");
}

/* What a stream server said before it broke off is still for the viewer, and its end is found behind it. */
static void server_ready(struct watch *watch, uint32_t events) {
  (void)events;
  carry((struct tunnel *)((char *)watch - offsetof(struct tunnel, server)));
}

bool tunnel_join(uint32_t id, int viewer, int server, const void *prelude, size_t length) {
  struct pipe *pipe = length == 0 ? NULL : pipe_take();
  struct tunnel *tunnel = calloc(1, sizeof *tunnel);
  if (tunnel == NULL || (length > 0 && (pipe == NULL || write(pipe->in, prelude, length) != (ssize_t)length))) {
    free(tunnel);
    pipe_give(pipe, false);
    return false;
  }
  tunnel->id = id;
  tunnel->viewer = (struct watch){.fd = viewer, .ready = viewer_ready};
  tunnel->server = (struct watch){.fd = server, .ready = server_ready};
  tunnel->down = (struct way){.from = &tunnel->server, .to = &tunnel->viewer};
  tunnel->up = (struct way){.from = &tunnel->viewer, .to = &tunnel->server, .pipe = pipe, .held = length};
  if (all != NULL) all->previous = tunnel;
  tunnel->next = all;
  all = tunnel;
  /* Edges: every change is told once, and `move` goes on until nothing can be moved. */
  loop_watch(&tunnel->viewer, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
  loop_watch(&tunnel->server, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
  return true;
}

void tunnel_end(uint32_t id) {
  for (struct tunnel *tunnel = all; tunnel != NULL; tunnel = tunnel->next) {
    if (tunnel->id == id) return end(tunnel, "ended");
  }
}

bool tunnels_continue(void) {
  struct tunnel *now = busy;
  busy = NULL;
  for (struct tunnel *tunnel = now, *next; tunnel != NULL; tunnel = next) {
    next = tunnel->next_busy;
    tunnel->busy = false;
    if (!tunnel->gone) carry(tunnel);
  }
  for (struct tunnel *next; graves != NULL; graves = next) {
    next = graves->next;
    free(graves);
  }
  return busy != NULL;
}

bool tunnels_have_moved(void) {
  return have_moved;
}

void tunnels_moved(void (*tell)(uint32_t id, uint64_t to_viewer, uint64_t to_server)) {
  have_moved = false;
  for (struct tunnel *tunnel = all; tunnel != NULL; tunnel = tunnel->next) {
    const uint64_t total = tunnel->down.moved + tunnel->up.moved;
    if (total == tunnel->told) continue;
    tunnel->told = total;
    tell(tunnel->id, tunnel->down.moved, tunnel->up.moved);
  }
}
