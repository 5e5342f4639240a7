/* One of a child's outputs as lines, for whoever wants to hear them while it runs. */
#ifndef LINES_H
#define LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bytes.h"

/*
 * However much a child says, it is told four times a second at most, and no more than 25 lines at a time; the others are counted.
 * A line ends with a newline, which a carriage return may precede.
 */
struct lines {
  /* The child; NULL: nobody wants to hear it. */
  const char *id;
  const char *stream;
  /* What is gathered, as JSON. */
  struct bytes gathered;
  size_t count;
  long long left_out;
  /* The line that has begun, and whether more of it came than is kept. */
  struct bytes begun;
  bool cut;
  /* When to tell; 0: nothing is gathered. */
  int64_t due;
  struct lines *next;
};

void lines_add(struct lines *lines, const char *data, size_t length);
/* The output has ended: what is left is told now, the last line also without its newline. */
void lines_end(struct lines *lines);
void lines_free(struct lines *lines);

/* When the next are to be told by `lines_expire`; 0: never. */
int64_t lines_expiry(void);
void lines_expire(void);

#endif
