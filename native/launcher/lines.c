#include "lines.h"

#include <string.h>

#include "answers.h"
#include "json.h"
#include "../loop.h"
#include "utf8.h"

/* Most bytes of a line that is told; of a longer one the beginning. */
#define LINE_BYTES 1000
#define LINES_AT_A_TIME 25
#define GATHERING_MILLISECONDS 250

/* Those that gather, the first to be told first. */
static struct lines *first, **last = &first;

static void flush(struct lines *lines) {
  if (lines->due != 0) {
    struct lines **at = &first;
    while (*at != lines) at = &(*at)->next;
    *at = lines->next;
    if (last == &lines->next) last = at;
    lines->due = 0;
  }
  if (lines->count > 0) answer_output(lines->id, lines->stream, &lines->gathered, lines->left_out);
  lines->gathered.used = lines->count = 0;
  lines->left_out = 0;
}

static void keep(struct lines *lines, const char *piece, size_t length) {
  size_t room = LINE_BYTES - lines->begun.used;
  if (length > room) lines->cut = true;
  bytes_add(&lines->begun, piece, length < room ? length : room);
}

static void complete(struct lines *lines) {
  if (lines->count < LINES_AT_A_TIME) {
    if (lines->count++ > 0) bytes_text(&lines->gathered, ",");
    size_t length = utf8_well_formed(lines->begun.data, lines->begun.used);
    if (length > 0 && lines->begun.data[length - 1] == '\r') length--;
    lines->begun.used = length;
    if (lines->cut) bytes_text(&lines->begun, "…");
    json_write(&lines->gathered, lines->begun.data, lines->begun.used);
  } else {
    lines->left_out++;
  }
  lines->begun.used = 0;
  lines->cut = false;
  if (lines->due != 0) return;
  lines->due = loop_now() + GATHERING_MILLISECONDS;
  lines->next = NULL;
  *last = lines;
  last = &lines->next;
}

void lines_add(struct lines *lines, const char *data, size_t length) {
  if (lines->id == NULL) return;
  for (const char *end; (end = memchr(data, '\n', length)) != NULL;) {
    keep(lines, data, (size_t)(end - data));
    complete(lines);
    length -= (size_t)(end + 1 - data);
    data = end + 1;
  }
  keep(lines, data, length);
}

void lines_end(struct lines *lines) {
  if (lines->id == NULL) return;
  if (lines->begun.used > 0) complete(lines);
  flush(lines);
}

void lines_free(struct lines *lines) {
  bytes_free(&lines->gathered);
  bytes_free(&lines->begun);
}

int64_t lines_expiry(void) {
  return first == NULL ? 0 : first->due;
}

void lines_expire(void) {
  const int64_t now = loop_now();
  while (first != NULL && first->due <= now) flush(first);
}
