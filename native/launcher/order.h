/* What the service orders: src/launcher/protocol.ts says it in full. */
#ifndef ORDER_H
#define ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Goes up with every change of the orders or the answers; the service starts no launcher of another version. */
#define PROTOCOL_VERSION 1

/* Most bytes of one line, its newline not counted. */
#define MAX_LINE_BYTES (4 * 1024 * 1024)

/* A list as programs take it: ended by NULL. */
struct strings {
  char **items;
  size_t used;
  size_t room;
};

struct start {
  const char *id;
  const char *executable;
  /* The executable first. */
  struct strings args;
  struct strings env;
  struct strings secrets;
  /* Whether its standard output, and its standard error, are told line by line. */
  bool tell[2];
  /* NULL: output is only drained. */
  const char *log_file;
  int64_t log_bytes;
  /* Whether a text that the system takes holds a null character, which it would end at. */
  bool has_null;
};

struct order {
  enum { ORDER_START, ORDER_SIGNAL, ORDER_CLOSE } type;
  struct start start;
  const char *id;
  int signal;
};

/*
 * Reads one line, which is taken apart in place and must outlive the order; line[length] must be writable. The same `order`, zeroed
 * once, may be read into again and again. Answers NULL, or what is wrong.
 */
const char *order_read(struct order *order, char *line, size_t length);

#endif
