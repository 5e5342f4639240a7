/* The stream servers' processes, each from its start to the sweeping of its group. */
#ifndef CHILD_H
#define CHILD_H

#include <stdbool.h>
#include <stdint.h>

#include "order.h"

/* To be called once, before any other of these. */
void children_open(void);

/* Runs the program and tells `started`, or `failed`. Its output is always drained, and it reads nothing. */
void child_start(const struct start *start);

/* Signals the whole group of the child with this id; of one that is gone, or unknown: nothing. */
void child_signal(const char *id, int signal);
void children_signal(int signal);

/* Collects children that ended: sweeps the group, then tells `exited` once the output is drained. */
void children_reap(void);

/* When to call `children_expire`, which gives up on output that somebody outside the group holds open; 0: never. */
int64_t children_expiry(void);
void children_expire(void);

/* Whether no `exited` is owed any more. */
bool children_gone(void);

/* Frees what is told and over; to be called when nothing of one turn of the loop is pending. */
void children_bury(void);

#endif
