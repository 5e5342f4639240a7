// Small things that every program here does with sockets. Loopback only.
#pragma once
#include <stddef.h>
#include <stdint.h>

/** A listening socket on 127.0.0.1, non-blocking; port 0 takes a free one, told in *port. Ends the program where it cannot. */
int listen_on(int *port);

/** A blocking connection to 127.0.0.1 without delay. -1: nobody is there. */
int connect_to(int port);

/** Writes all of it, whether the socket blocks or not. 0: written, -1: the other side is gone. */
int write_all(int fd, const void *bytes, size_t length);

/** Reads an HTTP head byte by byte up to the empty line; its length, or -1. */
int read_head(int fd, char *head, size_t room);

/** Nanoseconds since some moment, the same one for every process of this machine. */
int64_t now(void);

/** The value of `--name` on a command line; `otherwise` where it is not there. */
const char *flag(int argc, char **argv, const char *name, const char *otherwise);
