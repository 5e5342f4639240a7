#include "viewer-line.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
#include "handshake.h"
#include "net.h"

enum { most = 4 << 20, zeros = 1 << 20 };
static uint8_t payload[zeros];

/** The head of a message from the server: not masked. */
static size_t frame_head(uint8_t head[10], uint8_t opcode, size_t size) {
  head[0] = 0x80 | opcode;
  if (size < 126) return head[1] = (uint8_t)size, 2;
  int bytes = size < 65536 ? 2 : 8;
  head[1] = bytes == 2 ? 126 : 127;
  for (int i = 0; i < bytes; i++) head[2 + i] = (uint8_t)(size >> (8 * (bytes - 1 - i)));
  return (size_t)bytes + 2;
}

static bool answer(struct line *line, uint8_t opcode, uint8_t *message, size_t size) {
  if (opcode == 8) return false;
  if (size > 7 && size < 60 && memcmp(message, "stream ", 7) == 0) {
    char order[64] = { 0 };
    memcpy(order, message, size);
    if (sscanf(order, "stream %zu %zu", &line->size, &line->messages) != 2 || line->size > zeros) return false;
    line->sent = 0;
    return line_writes(line);
  }
  uint8_t head[10];
  size_t length = frame_head(head, opcode, size);
  // One write for both: a message in two segments would measure the network's patience.
  uint8_t *whole = message - length;
  memcpy(whole, head, length);
  return write_all(line->fd, whole, length + size) == 0;
}

/** Bytes of the first message that is complete; 0: none is, SIZE_MAX: the line is to be closed. */
static size_t understand(struct line *line) {
  uint8_t *at = line->received;
  size_t size = line->length < 2 ? 0 : at[1] & 127, head = 6;
  if (line->length < 6) return 0;
  if (size == 126) size = (size_t)at[2] << 8 | at[3], head = 8;
  else if (size == 127) {
    if (line->length < 14) return 0;
    size = 0, head = 14;
    for (int i = 0; i < 8; i++) size = size << 8 | at[2 + i];
  }
  if (size > most) return SIZE_MAX;
  if (line->length < head + size) return 0;
  const uint8_t mask[4] = { at[head - 4], at[head - 3], at[head - 2], at[head - 1] };
  uint8_t opcode = at[0] & 15;
  for (size_t i = 0; i < size; i++) at[head + i] ^= mask[i & 3];
  return answer(line, opcode, at + head, size) ? head + size : SIZE_MAX;
}

bool line_reads(struct line *line) {
  if (line->room - line->length < 4096) {
    if (line->room > most * 2) return false;
    line->room = line->room == 0 ? 4096 + 1024 : line->room * 2;
    line->received = realloc(line->received, line->room + 1);
  }
  ssize_t length = read(line->fd, line->received + line->length, line->room - line->length);
  if (length < 0 && (errno == EAGAIN || errno == EINTR)) return true;
  if (length <= 0) return false;
  line->length += (size_t)length;
  if (!line->upgraded) {
    line->received[line->length] = '\0';
    char *end = strstr((char *)line->received, "\r\n\r\n"), text[256];
    if (end == NULL) return line->length < 8192;
    int size = accept_upgrade((char *)line->received, text);
    if (size < 0 || write_all(line->fd, text, (size_t)size) != 0) return false;
    line->upgraded = true;
    size_t used = (size_t)(end + 4 - (char *)line->received);
    memmove(line->received, line->received + used, line->length -= used);
  }
  for (size_t used; (used = understand(line)) > 0;) {
    if (used == SIZE_MAX) return false;
    memmove(line->received, line->received + used, line->length -= used);
  }
  if (line->length == 0) {
    free(line->received);
    line->received = NULL;
    line->room = 0;
  }
  return true;
}

bool line_writes(struct line *line) {
  while (line->messages > 0) {
    uint8_t head[10];
    size_t length = frame_head(head, 2, line->size), whole = length + line->size;
    struct iovec parts[2] = { { head, length }, { payload, line->size } };
    size_t skip = line->sent < length ? line->sent : length;
    parts[0].iov_base = head + skip, parts[0].iov_len = length - skip;
    parts[1].iov_len = whole - line->sent - parts[0].iov_len;
    struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2 };
    ssize_t written = sendmsg(line->fd, &message, MSG_NOSIGNAL);
    if (written < 0) return errno == EAGAIN || errno == EINTR;
    line->sent += (size_t)written;
    if (line->sent < whole) continue;
    line->sent = 0;
    line->messages--;
  }
  return true;
}
