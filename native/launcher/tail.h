/* The last lines of a child's output, whatever it wrote before. */
#ifndef TAIL_H
#define TAIL_H

#include <stdbool.h>
#include <stddef.h>

#define TAIL_BYTES 4096

struct tail {
  /* NULL until the first byte. */
  char *data;
  size_t used;
  bool cut;
};

void tail_add(struct tail *tail, const char *data, size_t length);

/*
 * Makes text of it, for once: whole lines, or the end of a line that fills everything; bytes that are not UTF-8 become `?`, which is
 * no longer than they were. Answers where it begins.
 */
const char *tail_text(struct tail *tail, size_t *length);
void tail_free(struct tail *tail);

#endif
