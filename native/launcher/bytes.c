#include "bytes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char *bytes_reserve(struct bytes *bytes, size_t more) {
  if (bytes->room - bytes->used < more) {
    size_t room = bytes->room == 0 ? 256 : bytes->room;
    while (room - bytes->used < more) room *= 2;
    bytes->data = granted(realloc(bytes->data, room));
    bytes->room = room;
  }
  return bytes->data + bytes->used;
}

void bytes_add(struct bytes *bytes, const void *data, size_t length) {
  if (length == 0) return;
  memcpy(bytes_reserve(bytes, length), data, length);
  bytes->used += length;
}

void bytes_text(struct bytes *bytes, const char *text) {
  bytes_add(bytes, text, strlen(text));
}

void bytes_integer(struct bytes *bytes, long long number) {
  char digits[24];
  int length = snprintf(digits, sizeof digits, "%lld", number);
  bytes_add(bytes, digits, (size_t)length);
}

void bytes_free(struct bytes *bytes) {
  free(bytes->data);
  *bytes = (struct bytes){0};
}

void *granted(void *memory) {
  if (memory != NULL) return memory;
  static const char words[] = "slipway launcher: out of memory, ending\n";
  ssize_t written = write(STDERR_FILENO, words, sizeof words - 1);
  _exit(written > 0 ? 1 : 2);
}

char *copy_of(const char *text) {
  return granted(strdup(text));
}
