/* As much of JSON as orders and answers have. Nothing here calls itself: what an order may hold is known. */
#ifndef JSON_H
#define JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bytes.h"

/*
 * A line being read in place: strings become shorter, never longer, so they are unescaped where they lie. `end` points at a null
 * character, which stands in for every check of the end. The first problem stays; from then on every read fails.
 */
struct json {
  char *at;
  const char *end;
  const char *problem;
};

/* Fails for good, in words. */
bool json_refuse(struct json *json, const char *problem);

/* Whether this character comes next, blanks aside; takes it if so. */
bool json_next(struct json *json, char character);
/* The same where nothing else may come. */
bool json_expect(struct json *json, char character);
/* Whether nothing follows. */
bool json_ended(struct json *json);
/* `true`, `false` or `null`, if it comes next. */
bool json_word(struct json *json, const char *word);
bool json_boolean(struct json *json, bool *value);
/* A whole number from 0 to 2^53 - 1. */
bool json_integer(struct json *json, int64_t *value);

/* A string, well-formed UTF-8, ended by a null character; NULL: none. `length` tells whether there are others within. */
char *json_string(struct json *json, size_t *length);

/*
 * Steps through what brackets or braces enclose: call it with `first` true before the first element, false after each; it answers
 * whether there is another one.
 */
bool json_more(struct json *json, bool first, char closing);

/* Writes well-formed UTF-8 as a string. */
void json_write(struct bytes *line, const char *text, size_t length);

#endif
