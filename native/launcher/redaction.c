#include "redaction.h"

#include <stdlib.h>
#include <string.h>

#define SHORTEST 4
static const char instead[] = "<hidden>";

/* As JavaScript counts: a character beyond U+FFFF is two. */
static size_t characters(const char *text) {
  size_t count = 0;
  for (; *text != '\0'; text++) {
    unsigned char c = (unsigned char)*text;
    if ((c & 0xc0) != 0x80) count += c >= 0xf0 ? 2 : 1;
  }
  return count;
}

void secrets_copy(struct secrets *secrets, char *const *list) {
  size_t room = 0;
  while (list[room] != NULL) room++;
  *secrets = (struct secrets){0};
  if (room == 0) return;
  secrets->items = granted(calloc(room, sizeof *secrets->items));
  secrets->lengths = granted(calloc(room, sizeof *secrets->lengths));
  for (; *list != NULL; list++) {
    if (characters(*list) < SHORTEST) continue;
    size_t length = strlen(*list), at = secrets->count++;
    for (; at > 0 && secrets->lengths[at - 1] < length; at--) {
      secrets->items[at] = secrets->items[at - 1];
      secrets->lengths[at] = secrets->lengths[at - 1];
    }
    secrets->items[at] = copy_of(*list);
    secrets->lengths[at] = length;
  }
}

void secrets_free(struct secrets *secrets) {
  for (size_t i = 0; i < secrets->count; i++) free(secrets->items[i]);
  free(secrets->items);
  free(secrets->lengths);
  *secrets = (struct secrets){0};
}

static void replace(struct bytes *text, const char *secret, size_t length, struct bytes *spare) {
  const char *at = text->data, *end = text->data + text->used;
  const char *found = memmem(at, text->used, secret, length);
  if (found == NULL) return;
  spare->used = 0;
  for (; found != NULL; found = memmem(at, (size_t)(end - at), secret, length)) {
    bytes_add(spare, at, (size_t)(found - at));
    bytes_text(spare, instead);
    at = found + length;
  }
  bytes_add(spare, at, (size_t)(end - at));
  struct bytes old = *text;
  *text = *spare;
  *spare = old;
}

/* Bytes at the end of `text` with which the secret begins. */
static size_t begun(const struct bytes *text, const char *secret, size_t length) {
  size_t longest = length - 1 < text->used ? length - 1 : text->used;
  for (size_t count = longest; count > 0; count--) {
    if (memcmp(text->data + text->used - count, secret, count) == 0) return count;
  }
  return 0;
}

const char *redaction_pass(struct redaction *redaction, const struct secrets *secrets, const char *data, size_t *length) {
  if (secrets->count == 0) return data;
  static struct bytes text, spare;
  text.used = 0;
  bytes_add(&text, redaction->held.data, redaction->held.used);
  bytes_add(&text, data, *length);
  size_t held = 0;
  for (size_t i = 0; i < secrets->count; i++) replace(&text, secrets->items[i], secrets->lengths[i], &spare);
  for (size_t i = 0; i < secrets->count; i++) {
    size_t count = begun(&text, secrets->items[i], secrets->lengths[i]);
    if (count > held) held = count;
  }
  redaction->held.used = 0;
  bytes_add(&redaction->held, text.data + text.used - held, held);
  *length = text.used - held;
  return text.data;
}

const char *redaction_rest(struct redaction *redaction, size_t *length) {
  *length = redaction->held.used;
  redaction->held.used = 0;
  return redaction->held.data;
}

void redaction_free(struct redaction *redaction) {
  bytes_free(&redaction->held);
}
