/* Pipes for bytes on their way: taken while bytes wait, given back empty. */
#ifndef PIPES_H
#define PIPES_H

#include <stdbool.h>

/* Most bytes that one pipe is asked to hold; the system may grant it fewer. */
#define PIPE_BYTES (256 << 10)

struct pipe {
  int out, in;
  struct pipe *next;
};

/* An empty pipe, from the pool or new; NULL: the system has none left. */
struct pipe *pipe_take(void);
/* Takes back a pipe, which is kept for the next where it is empty. NULL is nothing. */
void pipe_give(struct pipe *pipe, bool empty);

#endif
