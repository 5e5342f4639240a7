#ifndef NAMES_H
#define NAMES_H

/* `ENOENT` for ENOENT, as Node calls it; UNKNOWN for what starting and writing do not meet. */
const char *error_name(int error);
/* `SIGKILL` for SIGKILL. */
const char *signal_name(int signal);

#endif
