/* What a program in C waits for: descriptors, and one moment at a time. */
#ifndef LOOP_H
#define LOOP_H

#include <stdbool.h>
#include <stdint.h>

/* A descriptor that is waited for, part of whatever it belongs to. -1: closed, and `ready` is never called. */
struct watch {
  int fd;
  void (*ready)(struct watch *watch, uint32_t events);
};

void loop_open(void);
void loop_watch(struct watch *watch, uint32_t events);
/* Waits for other events of the same descriptor. */
void loop_rewatch(struct watch *watch, uint32_t events);
/* Takes the descriptor out of the loop and closes it, in this order: a child just being started may still hold a copy of it. */
void loop_close(struct watch *watch);
/* Waits until something is ready or the moment has come (milliseconds as `loop_now` counts them, 0: none) and calls whom it concerns. */
void loop_turn(int64_t until);

/* Milliseconds since some moment, never going back. */
int64_t loop_now(void);

#endif
