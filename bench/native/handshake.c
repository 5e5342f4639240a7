#include "handshake.h"
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static uint32_t turn(uint32_t value, int bits) { return value << bits | value >> (32 - bits); }

/** SHA-1 of fewer than 120 bytes: two blocks at most. */
static void sha1(const char *text, size_t length, uint8_t digest[20]) {
  uint8_t block[128] = { 0 };
  uint32_t h[5] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0 };
  size_t total = length + 9 <= 64 ? 64 : 128;
  memcpy(block, text, length);
  block[length] = 0x80;
  for (int i = 0; i < 4; i++) block[total - 1 - (size_t)i] = (uint8_t)((length * 8) >> (8 * i));
  for (size_t start = 0; start < total; start += 64) {
    uint32_t w[80], v[5];
    for (int i = 0; i < 16; i++) {
      const uint8_t *at = block + start + i * 4;
      w[i] = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
    }
    for (int i = 16; i < 80; i++) w[i] = turn(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
    memcpy(v, h, sizeof v);
    for (int i = 0; i < 80; i++) {
      uint32_t f = i < 20 ? (v[1] & v[2]) | (~v[1] & v[3]) : i < 40 ? v[1] ^ v[2] ^ v[3] : i < 60 ? (v[1] & v[2]) | (v[1] & v[3]) | (v[2] & v[3]) : v[1] ^ v[2] ^ v[3];
      uint32_t k = i < 20 ? 0x5a827999 : i < 40 ? 0x6ed9eba1 : i < 60 ? 0x8f1bbcdc : 0xca62c1d6;
      uint32_t next = turn(v[0], 5) + f + v[4] + k + w[i];
      v[4] = v[3], v[3] = v[2], v[2] = turn(v[1], 30), v[1] = v[0], v[0] = next;
    }
    for (int i = 0; i < 5; i++) h[i] += v[i];
  }
  for (int i = 0; i < 20; i++) digest[i] = (uint8_t)(h[i / 4] >> (24 - 8 * (i % 4)));
}

static void base64(const uint8_t *bytes, int length, char *text) {
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (int i = 0; i < length; i += 3) {
    int left = length - i;
    uint32_t three = (uint32_t)bytes[i] << 16 | (left > 1 ? (uint32_t)bytes[i + 1] << 8 : 0) | (left > 2 ? bytes[i + 2] : 0);
    *text++ = digits[three >> 18];
    *text++ = digits[three >> 12 & 63];
    *text++ = left > 1 ? digits[three >> 6 & 63] : '=';
    *text++ = left > 2 ? digits[three & 63] : '=';
  }
  *text = '\0';
}

int accept_upgrade(const char *head, char *answer) {
  static const char name[] = "\r\nsec-websocket-key:";
  const char *key = strcasestr(head, name);
  if (key == NULL) return -1;
  key += sizeof name - 1;
  key += strspn(key, " ");
  size_t length = strcspn(key, " \r\n");
  if (length > 60) return -1;
  char text[120], accept[32];
  uint8_t digest[20];
  int size = snprintf(text, sizeof text, "%.*s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", (int)length, key);
  sha1(text, (size_t)size, digest);
  base64(digest, 20, accept);
  return snprintf(answer, 256, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n", accept);
}
