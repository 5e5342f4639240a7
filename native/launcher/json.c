#include "json.h"

#include <string.h>

#include "utf8.h"

bool json_refuse(struct json *json, const char *problem) {
  if (json->problem == NULL) json->problem = problem;
  return false;
}

static void skip_blanks(struct json *json) {
  while (*json->at == ' ' || *json->at == '\t' || *json->at == '\r') json->at++;
}

bool json_next(struct json *json, char character) {
  if (json->problem != NULL) return false;
  skip_blanks(json);
  if (*json->at != character) return false;
  json->at++;
  return true;
}

bool json_expect(struct json *json, char character) {
  return json_next(json, character) || json_refuse(json, "not JSON");
}

bool json_ended(struct json *json) {
  skip_blanks(json);
  return json->at == json->end;
}

bool json_word(struct json *json, const char *word) {
  if (json->problem != NULL) return false;
  skip_blanks(json);
  size_t length = strlen(word);
  if (strncmp(json->at, word, length) != 0) return false;
  json->at += length;
  return true;
}

bool json_boolean(struct json *json, bool *value) {
  *value = json_word(json, "true");
  return *value || json_word(json, "false") || json_refuse(json, "true or false is expected");
}

bool json_integer(struct json *json, int64_t *value) {
  if (json->problem != NULL) return false;
  skip_blanks(json);
  const char *start = json->at;
  int64_t number = 0;
  while (*json->at >= '0' && *json->at <= '9' && json->at - start < 16) number = number * 10 + (*json->at++ - '0');
  bool none = json->at == start || (*start == '0' && json->at > start + 1);
  bool goes_on = *json->at != '\0' && strchr("0123456789.eE", *json->at) != NULL;
  if (none || goes_on || number > 9007199254740991) return json_refuse(json, "a whole number is expected");
  *value = number;
  return true;
}

/* The four digits of a \u escape, or -1. */
static int hexadecimal(const char *at) {
  int code = 0;
  for (int i = 0; i < 4; i++) {
    char c = at[i];
    int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
    if (digit < 0) return -1;
    code = code * 16 + digit;
  }
  return code;
}

/* Takes one escape, its backslash included; answers where the text goes on. A surrogate alone becomes U+FFFD. */
static char *escape(struct json *json, char *to) {
  static const char names[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
  const char *name = json->at[1] == '\0' ? NULL : strchr(names, json->at[1]);
  if (name != NULL) {
    json->at += 2;
    *to = meant[name - names];
    return to + 1;
  }
  int code = json->at[1] == 'u' ? hexadecimal(json->at + 2) : -1;
  if (code < 0) return NULL;
  json->at += 6;
  if (code >= 0xd800 && code <= 0xdfff) {
    int low = code < 0xdc00 && json->at[0] == '\\' && json->at[1] == 'u' ? hexadecimal(json->at + 2) : -1;
    if (low >= 0xdc00 && low <= 0xdfff) {
      code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
      json->at += 6;
    } else {
      code = 0xfffd;
    }
  }
  return to + utf8_encode(to, (unsigned)code);
}

char *json_string(struct json *json, size_t *length) {
  if (!json_next(json, '"')) {
    json_refuse(json, "a string is expected");
    return NULL;
  }
  char *start = json->at, *to = start;
  while (*json->at != '"') {
    size_t ill, size;
    if ((unsigned char)*json->at < 0x20) {
      json_refuse(json, "a string has no end");
      return NULL;
    }
    if (*json->at == '\\') {
      to = escape(json, to);
      if (to == NULL) {
        json_refuse(json, "a string holds an unknown escape");
        return NULL;
      }
      continue;
    }
    size = utf8_character(json->at, (size_t)(json->end - json->at), &ill);
    if (size == 0) {
      json_refuse(json, "a string is not UTF-8");
      return NULL;
    }
    while (size-- > 0) *to++ = *json->at++;
  }
  json->at++;
  *to = '\0';
  *length = (size_t)(to - start);
  return start;
}

bool json_more(struct json *json, bool first, char closing) {
  if (json_next(json, closing)) return false;
  return first ? json->problem == NULL : json_expect(json, ',');
}

void json_write(struct bytes *line, const char *text, size_t length) {
  static const char digits[] = "0123456789abcdef";
  char *to = bytes_reserve(line, length * 6 + 2);
  *to++ = '"';
  for (size_t i = 0; i < length; i++) {
    unsigned char c = (unsigned char)text[i];
    if (c < 0x20) {
      memcpy(to, c == '\n' ? "\\n" : "\\u00", c == '\n' ? 2 : 4);
      to += c == '\n' ? 2 : 4;
      if (c != '\n') {
        *to++ = digits[c >> 4];
        *to++ = digits[c & 15];
      }
      continue;
    }
    if (c == '"' || c == '\\') *to++ = '\\';
    *to++ = (char)c;
  }
  *to++ = '"';
  line->used = (size_t)(to - line->data);
}
