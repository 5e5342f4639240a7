#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "answers.h"
#include "identity.h"
#include "names.h"
#include "program.h"
#include "voice.h"

/* Milliseconds that a child's last output may take to arrive after its exit; a process that left the group may hold the pipes for ever. */
#define DRAIN_MILLISECONDS 250
#define BUCKETS 1024

struct child {
  struct voice voice;
  char *id;
  pid_t pid;
  int status;
  /* 0: it runs. */
  int64_t drained_by;
  struct child *next;
};

/* By pid. */
static struct child *running[BUCKETS];
static size_t running_count;
/* Ended and not told yet; told. */
static struct child *draining;
static struct child *over;
static int nothing = -1;

void children_open(void) {
  nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void fail(const struct start *start, int error) {
  answer_failed(start->id, error_name(error), strerror(error));
}

static void take_out(struct child **list, const struct child *child) {
  while (*list != child) list = &(*list)->next;
  *list = child->next;
}

static void finish(struct child *child) {
  size_t length;
  voice_close(&child->voice);
  const char *text = tail_text(&child->voice.tail, &length);
  answer_exited(child->id, child->pid, child->status, text, length);
  take_out(&draining, child);
  child->next = over;
  over = child;
}

static void fell_silent(struct voice *voice) {
  struct child *child = (struct child *)((char *)voice - offsetof(struct child, voice));
  if (child->drained_by != 0) finish(child);
}

static void keep(const struct start *start, pid_t pid, const int ends[2]) {
  struct child *child = granted(calloc(1, sizeof *child));
  child->id = copy_of(start->id);
  child->pid = pid;
  voice_open(&child->voice, child->id, start, ends, fell_silent);
  child->next = running[pid % BUCKETS];
  running[pid % BUCKETS] = child;
  running_count++;
}

void child_start(const struct start *start) {
  if (start->has_null || *start->executable == '\0') {
    const char *message = start->has_null ? "its path, its arguments or its environment hold a null character" : "its path is empty";
    answer_failed(start->id, "ERR_INVALID_ARG_VALUE", message);
    return;
  }
  int output[2], error[2];
  if (pipe2(output, O_CLOEXEC) == -1) {
    fail(start, errno);
    return;
  }
  if (pipe2(error, O_CLOEXEC) == -1) {
    fail(start, errno);
    close(output[0]);
    close(output[1]);
    return;
  }
  const struct program program = {start->executable, start->args.items, start->env.items, {nothing, output[1], error[1]}};
  const int ends[] = {output[0], error[0]};
  pid_t pid = 0;
  const int failure = program_run(&program, &pid);
  close(output[1]);
  close(error[1]);
  if (failure != 0) {
    fail(start, failure);
    close(output[0]);
    close(error[0]);
    return;
  }
  char start_time[24];
  answer_started(start->id, pid, process_start_time(pid, start_time, sizeof start_time));
  keep(start, pid, ends);
}

static void signal_running(const char *id, int signal) {
  for (size_t i = 0; i < BUCKETS; i++) {
    for (struct child *child = running[i]; child != NULL; child = child->next) {
      if (id == NULL || strcmp(child->id, id) == 0) kill(-child->pid, signal);
    }
  }
}

void child_signal(const char *id, int signal) {
  signal_running(id, signal);
}

void children_signal(int signal) {
  signal_running(NULL, signal);
}

static void ended(struct child *child, int status) {
  child->status = status;
  child->drained_by = loop_now() + DRAIN_MILLISECONDS;
  take_out(&running[child->pid % BUCKETS], child);
  running_count--;
  child->next = draining;
  draining = child;
  voice_read(&child->voice);
  if (voice_is_silent(&child->voice)) finish(child);
}

/* The group is swept before its leader is collected: until then its number can belong to nobody else. */
void children_reap(void) {
  for (;;) {
    siginfo_t info = {0};
    if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0) return;
    int status = 0;
    struct child *child = running[info.si_pid % BUCKETS];
    while (child != NULL && child->pid != info.si_pid) child = child->next;
    if (child != NULL) kill(-info.si_pid, SIGKILL);
    waitpid(info.si_pid, &status, 0);
    if (child != NULL) ended(child, status);
  }
}

int64_t children_expiry(void) {
  int64_t first = 0;
  for (const struct child *child = draining; child != NULL; child = child->next) {
    if (first == 0 || child->drained_by < first) first = child->drained_by;
  }
  return first;
}

void children_expire(void) {
  const int64_t now = draining == NULL ? 0 : loop_now();
  for (struct child *child = draining, *next; child != NULL; child = next) {
    next = child->next;
    if (child->drained_by <= now) finish(child);
  }
}

bool children_gone(void) {
  return running_count == 0 && draining == NULL;
}

void children_bury(void) {
  while (over != NULL) {
    struct child *child = over;
    over = child->next;
    voice_free(&child->voice);
    free(child->id);
    free(child);
  }
}
