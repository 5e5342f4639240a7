/* Bytes that grow. Without memory the launcher says so and ends: the kernel then ends its children, and the service starts another. */
#ifndef BYTES_H
#define BYTES_H

#include <stddef.h>

struct bytes {
  char *data;
  size_t used;
  size_t room;
};

/* Sees to it that so many more fit; answers where they go. */
char *bytes_reserve(struct bytes *bytes, size_t more);
void bytes_add(struct bytes *bytes, const void *data, size_t length);
void bytes_text(struct bytes *bytes, const char *text);
void bytes_integer(struct bytes *bytes, long long number);
void bytes_free(struct bytes *bytes);

/* What was allocated, or the end. */
void *granted(void *memory);
char *copy_of(const char *text);

#endif
