/* What a child says on its two outputs: always drained, rid of secrets, kept in its tail and its log, and told where it is wanted. */
#ifndef VOICE_H
#define VOICE_H

#include <stdbool.h>

#include "lines.h"
#include "log.h"
#include "../loop.h"
#include "order.h"
#include "redaction.h"
#include "tail.h"

struct output {
  struct watch watch;
  struct redaction redaction;
  struct lines lines;
  struct voice *voice;
};

struct voice {
  struct output outputs[2];
  struct secrets secrets;
  struct tail tail;
  struct log log;
  /* Called each time that the last of the outputs was closed by the child itself. */
  void (*silent)(struct voice *voice);
};

/* `ends` are the reading ends of the child's standard output and standard error; `id` must outlive the voice. */
void voice_open(struct voice *voice, const char *id, const struct start *start, const int ends[2], void (*silent)(struct voice *voice));
/* Reads what the pipes hold now, and no more of those that are filled for ever. */
void voice_read(struct voice *voice);
bool voice_is_silent(const struct voice *voice);
/* Stops listening, and completes the log. */
void voice_close(struct voice *voice);
void voice_free(struct voice *voice);

#endif
