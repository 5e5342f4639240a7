/* A program becomes a process. */
#ifndef PROGRAM_H
#define PROGRAM_H

#include <sys/types.h>

struct program {
  /* A path, or a name to be found on the PATH in `env`. */
  const char *executable;
  char **args;
  char **env;
  /* Its standard input, output and error. */
  int descriptors[3];
};

/* To be called once, before any program: how this process treats signals, and what its programs are to be free of. */
void programs_prepare(void);

/*
 * Runs the program in a session and a process group of its own, with no signal ignored or blocked, and to be killed by the kernel
 * when this process dies. Answers 0 once it runs, or the error number.
 */
int program_run(const struct program *program, pid_t *pid);

#endif
