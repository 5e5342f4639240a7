#ifndef IDENTITY_H
#define IDENTITY_H

#include <stddef.h>
#include <sys/types.h>

/* Field 22 of /proc/<pid>/stat, which tells a process from a later one of the same number; NULL where it is not to be had. */
const char *process_start_time(pid_t pid, char *digits, size_t room);

#endif
