#include "pipes.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* Empty pipes kept. One is enough while bytes pass at once; the others are for viewers that make them wait. */
#define POOL 32

static struct pipe *pool;
static int pooled;

struct pipe *pipe_take(void) {
  struct pipe *pipe = pool;
  if (pipe != NULL) {
    pool = pipe->next;
    pooled--;
    return pipe;
  }
  int ends[2];
  if ((pipe = malloc(sizeof *pipe)) == NULL) return NULL;
  if (pipe2(ends, O_NONBLOCK | O_CLOEXEC) == -1) {
    free(pipe);
    return NULL;
  }
  *pipe = (struct pipe){.out = ends[0], .in = ends[1]};
  /* A smaller one does too: there is a limit for all pipes of a user together. */
  fcntl(pipe->in, F_SETPIPE_SZ, PIPE_BYTES);
  return pipe;
}

void pipe_give(struct pipe *pipe, bool empty) {
  if (pipe == NULL) return;
  if (empty && pooled < POOL) {
    pipe->next = pool;
    pool = pipe;
    pooled++;
    return;
  }
  close(pipe->out);
  close(pipe->in);
  free(pipe);
}
