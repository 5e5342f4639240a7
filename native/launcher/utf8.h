#ifndef UTF8_H
#define UTF8_H

#include <stddef.h>

/*
 * Length of the well-formed character that these bytes begin with. 0: there is none, and `ill` bytes are to be replaced by one
 * replacement character (the longest beginning of a character, as the web's decoder does it).
 */
size_t utf8_character(const char *at, size_t left, size_t *ill);

/* Writes the code point, which is no surrogate; answers its length, 1 to 4. */
size_t utf8_encode(char *to, unsigned code);

/*
 * Makes text of any bytes, in place: what is no character, and the replacement character itself, becomes `?`, which is no longer than
 * it was. Answers the new length.
 */
size_t utf8_well_formed(char *text, size_t length);

#endif
