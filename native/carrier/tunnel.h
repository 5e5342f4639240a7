/* A viewer's socket and a stream server's, joined: bytes move inside the kernel, from one socket through a pipe into the other. */
#ifndef TUNNEL_H
#define TUNNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is told of tunnels. Causes are those of the service (src/tunnel/tunnel.ts), the first one of a tunnel wins. */
struct tunnel_listener {
  /* One side has said its last word; the other may go on. */
  void (*half_closed)(uint32_t id, const char *cause);
  /* Both sockets are closed. */
  void (*ended)(uint32_t id, const char *cause, uint64_t to_viewer, uint64_t to_server);
};

void tunnels_open(const struct tunnel_listener *listener);
/*
 * Joins two sockets, which are its own from now on; `prelude` goes to the stream server first. False: it cannot be done, the sockets are
 * the caller's still, and nothing was read from them or written to them.
 */
bool tunnel_join(uint32_t id, int viewer, int server, const void *prelude, size_t length);
/* Closes both sides of a tunnel at once, unflushed. One that is not there is nothing. */
void tunnel_end(uint32_t id);
/* Goes on with tunnels that had more to move than is fair in one turn. True: there are such still. */
bool tunnels_continue(void);
/* Whether bytes have moved since `tunnels_moved` was called last. */
bool tunnels_have_moved(void);
/* Tells the totals of every tunnel that has moved bytes since it was called last. */
void tunnels_moved(void (*tell)(uint32_t id, uint64_t to_viewer, uint64_t to_server));

#endif
