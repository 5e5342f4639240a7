#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bytes.h"

/* Ctrl-C and the like are for the service to decide about; a service that is gone is seen at the pipe. */
static const int ignored[] = {SIGHUP, SIGINT, SIGTERM, SIGPIPE, SIGXFSZ};
#define IGNORED (sizeof ignored / sizeof *ignored)

void programs_prepare(void) {
  for (int signal_number = 1; signal_number < NSIG; signal_number++) signal(signal_number, SIG_DFL);
  for (size_t i = 0; i < IGNORED; i++) signal(ignored[i], SIG_IGN);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  sigprocmask(SIG_SETMASK, &set, NULL);
}

/* Paths to try, each ended by a null character, the list by an empty one: where the C library would look. */
static const char *candidates(const struct program *program) {
  static struct bytes paths;
  paths.used = 0;
  const char *folders = "/bin:/usr/bin";
  for (char **entry = program->env; *entry != NULL; entry++) {
    if (strncmp(*entry, "PATH=", 5) != 0) continue;
    folders = *entry + 5;
    break;
  }
  if (strchr(program->executable, '/') != NULL) folders = "";
  for (const char *folder = folders;;) {
    size_t length = strcspn(folder, ":");
    bytes_add(&paths, folder, length);
    if (length > 0) bytes_text(&paths, "/");
    bytes_add(&paths, program->executable, strlen(program->executable) + 1);
    if (folder[length] == '\0') break;
    folder += length + 1;
  }
  bytes_add(&paths, "", 1);
  return paths.data;
}

/* What the child has to say before its program runs; it shares our memory until then. */
static volatile int failure;

/* In the child, and therefore nothing but system calls: our memory is in use, and we wait. Returns only when it failed. */
static __attribute__((noinline)) void become(const struct program *program, const char *paths, pid_t launcher) {
  sigset_t none;
  sigemptyset(&none);
  setsid();
  for (size_t i = 0; i < IGNORED; i++) signal(ignored[i], SIG_DFL);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  failure = ESRCH;
  if (getppid() != launcher) return;
  for (int fd = 0; fd < 3; fd++) {
    if (dup2(program->descriptors[fd], fd) != -1) continue;
    failure = errno;
    return;
  }
  sigprocmask(SIG_SETMASK, &none, NULL);
  int denied = 0, error = ENOENT;
  for (const char *path = paths; *path != '\0'; path += strlen(path) + 1) {
    failure = 0;
    execve(path, program->args, program->env);
    failure = error = errno;
    if (error == EACCES) denied = EACCES;
    else if (error != ENOENT && error != ENOTDIR && error != ESTALE && error != ENODEV && error != ETIMEDOUT) return;
  }
  failure = denied != 0 ? denied : error;
}

int program_run(const struct program *program, pid_t *pid) {
  const char *paths = candidates(program);
  const pid_t launcher = getpid();
  failure = 0;
  const pid_t child = vfork();
  if (child == 0) {
    become(program, paths, launcher);
    _exit(127);
  }
  if (child == -1) return errno;
  if (failure == 0) {
    *pid = child;
    return 0;
  }
  const int error = failure;
  while (waitpid(child, NULL, 0) == -1 && errno == EINTR) {}
  return error;
}
