#include "utf8.h"

#include <stdbool.h>
#include <string.h>

size_t utf8_character(const char *at, size_t left, size_t *ill) {
  const unsigned char *byte = (const unsigned char *)at;
  const unsigned char first = byte[0];
  unsigned char low = 0x80, high = 0xbf;
  size_t more;
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) {
    more = 1;
  } else if (first >= 0xe0 && first <= 0xef) {
    more = 2;
    if (first == 0xe0) low = 0xa0;
    if (first == 0xed) high = 0x9f;
  } else if (first >= 0xf0 && first <= 0xf4) {
    more = 3;
    if (first == 0xf0) low = 0x90;
    if (first == 0xf4) high = 0x8f;
  } else {
    *ill = 1;
    return 0;
  }
  for (size_t i = 1; i <= more; i++) {
    if (i >= left || byte[i] < low || byte[i] > high) {
      *ill = i;
      return 0;
    }
    low = 0x80;
    high = 0xbf;
  }
  return more + 1;
}

size_t utf8_encode(char *to, unsigned code) {
  if (code < 0x80) {
    to[0] = (char)code;
    return 1;
  }
  size_t length = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
  for (size_t i = length - 1; i > 0; i--) {
    to[i] = (char)(0x80 | (code & 0x3f));
    code >>= 6;
  }
  to[0] = (char)(lead[length] | code);
  return length;
}

size_t utf8_well_formed(char *text, size_t length) {
  char *to = text;
  for (size_t at = 0; at < length;) {
    size_t ill = 0, size = utf8_character(text + at, length - at, &ill);
    bool replaced = size == 0 || (size == 3 && memcmp(text + at, "\xef\xbf\xbd", 3) == 0);
    if (replaced) *to++ = '?';
    else for (size_t i = 0; i < size; i++) *to++ = text[at + i];
    at += size == 0 ? ill : size;
  }
  return (size_t)(to - text);
}
