#include "names.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>

struct name {
  int number;
  const char *name;
};

#define NAME(constant) {constant, #constant}

static const struct name errors[] = {
  NAME(E2BIG), NAME(EACCES), NAME(EAGAIN), NAME(EBADF), NAME(EBUSY), NAME(EDQUOT), NAME(EEXIST), NAME(EFAULT), NAME(EFBIG),
  NAME(EINTR), NAME(EINVAL), NAME(EIO), NAME(EISDIR), NAME(ELIBBAD), NAME(ELOOP), NAME(EMFILE), NAME(ENAMETOOLONG), NAME(ENFILE),
  NAME(ENODEV), NAME(ENOENT), NAME(ENOEXEC), NAME(ENOMEM), NAME(ENOSPC), NAME(ENOTDIR), NAME(ENXIO), NAME(EPERM), NAME(EPIPE),
  NAME(EROFS), NAME(ESTALE), NAME(ETIMEDOUT), NAME(ETXTBSY)
};

static const struct name signals[] = {
  NAME(SIGHUP), NAME(SIGINT), NAME(SIGQUIT), NAME(SIGILL), NAME(SIGTRAP), NAME(SIGABRT), NAME(SIGBUS), NAME(SIGFPE), NAME(SIGKILL),
  NAME(SIGUSR1), NAME(SIGSEGV), NAME(SIGUSR2), NAME(SIGPIPE), NAME(SIGALRM), NAME(SIGTERM), NAME(SIGCHLD),
  NAME(SIGCONT), NAME(SIGSTOP), NAME(SIGTSTP), NAME(SIGTTIN), NAME(SIGTTOU), NAME(SIGURG), NAME(SIGXCPU), NAME(SIGXFSZ),
  NAME(SIGVTALRM), NAME(SIGPROF), NAME(SIGWINCH), NAME(SIGIO), NAME(SIGPWR), NAME(SIGSYS),
#ifdef SIGSTKFLT
  NAME(SIGSTKFLT),
#endif
};

static const char *find(const struct name *names, size_t count, int number, const char *otherwise) {
  for (size_t i = 0; i < count; i++) {
    if (names[i].number == number) return names[i].name;
  }
  return otherwise;
}

const char *error_name(int error) {
  return find(errors, sizeof errors / sizeof *errors, error, "UNKNOWN");
}

const char *signal_name(int signal) {
  return find(signals, sizeof signals / sizeof *signals, signal, "SIGRT");
}
