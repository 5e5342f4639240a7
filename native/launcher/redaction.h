/* Takes secrets out of a stream of bytes, also where one lies across two reads. */
#ifndef REDACTION_H
#define REDACTION_H

#include <stddef.h>

#include "bytes.h"

/* Longest first. */
struct secrets {
  char **items;
  size_t *lengths;
  size_t count;
};

/* Of a list ended by NULL; what is shorter than four characters is no secret, and would be found all over the output. */
void secrets_copy(struct secrets *secrets, char *const *list);
void secrets_free(struct secrets *secrets);

/* What may be the beginning of a secret is held back until it is known. */
struct redaction {
  struct bytes held;
};

/* What may be kept by now; it is there until the next call of either. Without secrets: what came in. */
const char *redaction_pass(struct redaction *redaction, const struct secrets *secrets, const char *data, size_t *length);
/* What was held back; the stream has ended. It is there until `redaction_free`. */
const char *redaction_rest(struct redaction *redaction, size_t *length);
void redaction_free(struct redaction *redaction);

#endif
