// One viewer's connection inside the stand-in stream server.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Whoever holds it closes the descriptor and frees `received`. */
struct line {
  int fd;
  bool upgraded;
  /** Bytes not understood yet; allocated while there are some. */
  uint8_t *received;
  size_t length, room;
  /** What is still to be streamed: whole messages, and bytes of the one that is being sent. */
  size_t messages, size, sent;
};

/** Takes what has arrived: upgrade, echo, or an order `stream <bytes> <count>`. false: the line is to be closed. */
bool line_reads(struct line *line);

/** Sends as much of a stream as fits. false: the line is to be closed. */
bool line_writes(struct line *line);
