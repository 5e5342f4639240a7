/* What the launcher tells the service. An answer never waits for its reader: what the pipe does not take is kept. */
#ifndef ANSWERS_H
#define ANSWERS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "bytes.h"

/* Answers go out on this descriptor from now on; `lost` is called once when nobody reads them any more. */
void answers_open(int fd, void (*lost)(void));
void answer_ready(void);
/* `start_time`: digits, or NULL. */
void answer_started(const char *id, pid_t pid, const char *start_time);
void answer_failed(const char *id, const char *code, const char *message);
/* `status` as waitpid tells it; `tail` is well-formed UTF-8. */
void answer_exited(const char *id, pid_t pid, int status, const char *tail, size_t length);
/*
 * `lines` are JSON strings with commas between them. Told only while the service reads; so much may wait before it does not.
 */
#define WAITING_BYTES (1024 * 1024)
void answer_output(const char *id, const char *stream, const struct bytes *lines, long long left_out);
/* Whether all that was told is on its way. */
bool answers_gone(void);

#endif
