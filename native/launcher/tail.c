#include "tail.h"

#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "utf8.h"

void tail_add(struct tail *tail, const char *data, size_t length) {
  if (tail->data == NULL) tail->data = granted(malloc(TAIL_BYTES));
  if (tail->used + length > TAIL_BYTES) tail->cut = true;
  size_t news = length < TAIL_BYTES ? length : TAIL_BYTES;
  size_t kept = tail->used < TAIL_BYTES - news ? tail->used : TAIL_BYTES - news;
  memmove(tail->data, tail->data + tail->used - kept, kept);
  memcpy(tail->data + kept, data + length - news, news);
  tail->used = kept + news;
}

const char *tail_text(struct tail *tail, size_t *length) {
  *length = 0;
  if (tail->data == NULL) return "";
  char *text = tail->data, *end = text + tail->used;
  char *line = tail->cut ? memchr(text, '\n', tail->used) : NULL;
  if (line != NULL && line + 1 < end) text = line + 1;
  *length = utf8_well_formed(text, (size_t)(end - text));
  return text;
}

void tail_free(struct tail *tail) {
  free(tail->data);
  *tail = (struct tail){0};
}
