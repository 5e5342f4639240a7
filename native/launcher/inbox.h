/* The orders as they come in: a pipe cut into lines, whatever the borders of what is read at a time. */
#ifndef INBOX_H
#define INBOX_H

#include "order.h"

struct inbox {
  /* Called for each order; it is there until the call returns. */
  void (*obey)(const struct order *order);
  /* Called once, in the end: NULL when there is nobody to write orders any more, or why nothing that follows can be understood. */
  void (*ended)(const char *problem);
};

/* Orders come in on this descriptor from now on. */
void inbox_open(int fd, const struct inbox *inbox);

#endif
