#include "voice.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>

#define READ_BYTES 65536
/* A pipe that holds more than this many reads is being filled. */
#define READS 4

static void heard(struct output *output, const char *data, size_t length) {
  if (length == 0) return;
  tail_add(&output->voice->tail, data, length);
  log_write(&output->voice->log, data, length);
  lines_add(&output->lines, data, length);
}

static void close_output(struct output *output) {
  if (output->watch.fd == -1) return;
  size_t length;
  loop_close(&output->watch);
  const char *rest = redaction_rest(&output->redaction, &length);
  heard(output, rest, length);
  lines_end(&output->lines);
}

/* Whether more may be there. */
static bool read_once(struct output *output) {
  static char buffer[READ_BYTES];
  if (output->watch.fd == -1) return false;
  ssize_t count = read(output->watch.fd, buffer, sizeof buffer);
  if (count == -1 && (errno == EAGAIN || errno == EINTR)) return errno == EINTR;
  if (count <= 0) {
    close_output(output);
    return false;
  }
  size_t length = (size_t)count;
  const char *kept = redaction_pass(&output->redaction, &output->voice->secrets, buffer, &length);
  heard(output, kept, length);
  return true;
}

static void output_ready(struct watch *watch, uint32_t events) {
  (void)events;
  struct output *output = (struct output *)watch;
  read_once(output);
  if (voice_is_silent(output->voice)) output->voice->silent(output->voice);
}

void voice_open(struct voice *voice, const char *id, const struct start *start, const int ends[2], void (*silent)(struct voice *voice)) {
  static const char *const streams[] = {"stdout", "stderr"};
  *voice = (struct voice){.silent = silent};
  secrets_copy(&voice->secrets, start->secrets.items);
  log_open(&voice->log, start->log_file, start->log_bytes);
  for (int i = 0; i < 2; i++) {
    struct output *output = &voice->outputs[i];
    *output = (struct output){.watch = {.fd = ends[i], .ready = output_ready}, .voice = voice};
    output->lines.stream = streams[i];
    if (start->tell[i]) output->lines.id = id;
    fcntl(ends[i], F_SETFL, O_NONBLOCK);
    loop_watch(&output->watch, EPOLLIN);
  }
}

void voice_read(struct voice *voice) {
  struct output *outputs = voice->outputs;
  bool more[2] = {true, true};
  for (int reads = 0; reads < READS; reads++) {
    for (int i = 0; i < 2; i++) more[i] = more[i] && read_once(&outputs[i]);
  }
}

bool voice_is_silent(const struct voice *voice) {
  return voice->outputs[0].watch.fd == -1 && voice->outputs[1].watch.fd == -1;
}

void voice_close(struct voice *voice) {
  close_output(&voice->outputs[0]);
  close_output(&voice->outputs[1]);
  log_end(&voice->log);
}

void voice_free(struct voice *voice) {
  for (int i = 0; i < 2; i++) {
    redaction_free(&voice->outputs[i].redaction);
    lines_free(&voice->outputs[i].lines);
  }
  tail_free(&voice->tail);
  secrets_free(&voice->secrets);
}
