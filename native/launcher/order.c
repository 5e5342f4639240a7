#include "order.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"

static void push(struct strings *list, char *text) {
  if (list->used == list->room) {
    list->room = list->room == 0 ? 32 : list->room * 2;
    list->items = granted(realloc(list->items, list->room * sizeof *list->items));
  }
  list->items[list->used++] = text;
}

static char *read_text(struct json *json, bool *has_null) {
  size_t length;
  char *text = json_string(json, &length);
  if (text != NULL && memchr(text, '\0', length) != NULL) *has_null = true;
  return text;
}

static char *read_key(struct json *json) {
  bool has_null = false;
  char *key = read_text(json, &has_null);
  if (has_null) json_refuse(json, "a key holds a null character");
  return json_expect(json, ':') ? key : NULL;
}

static const char *read_id(struct json *json) {
  bool has_null = false;
  const char *id = read_text(json, &has_null);
  if (has_null) json_refuse(json, "an id holds a null character");
  return id;
}

/* Behind as many items as stay. */
static void read_list(struct json *json, struct strings *list, size_t stay, bool *has_null) {
  list->used = stay;
  json_expect(json, '[');
  for (bool first = true; json_more(json, first, ']'); first = false) push(list, read_text(json, has_null));
}

/* The value is moved up to its name: between them stand at least a quote, a colon and a quote, so there is room for the `=`. */
static void read_environment(struct json *json, struct strings *list, bool *has_null) {
  list->used = 0;
  json_expect(json, '{');
  for (bool first = true; json_more(json, first, '}'); first = false) {
    size_t name_length, length;
    char *name = json_string(json, &name_length);
    char *value = json_expect(json, ':') ? json_string(json, &length) : NULL;
    if (value == NULL) return;
    if (memchr(name, '\0', name_length) != NULL || memchr(value, '\0', length) != NULL) *has_null = true;
    name[name_length] = '=';
    memmove(name + name_length + 1, value, length + 1);
    push(list, name);
  }
}

static void read_tell(struct json *json, bool tell[2]) {
  tell[0] = tell[1] = false;
  json_expect(json, '{');
  for (bool first = true; json_more(json, first, '}'); first = false) {
    const char *key = read_key(json);
    if (key == NULL) return;
    if (strcmp(key, "stdout") == 0) json_boolean(json, &tell[0]);
    else if (strcmp(key, "stderr") == 0) json_boolean(json, &tell[1]);
    else json_refuse(json, "a start order holds an unknown key");
  }
}

static void read_start(struct json *json, struct start *start) {
  char *executable = NULL;
  bool ignored = false;
  start->args.used = start->env.used = start->secrets.used = 0;
  start->id = start->log_file = NULL;
  start->log_bytes = 0;
  start->has_null = start->tell[0] = start->tell[1] = false;
  push(&start->args, NULL);
  json_expect(json, '{');
  for (bool first = true; json_more(json, first, '}'); first = false) {
    const char *key = read_key(json);
    if (key == NULL) return;
    if (strcmp(key, "id") == 0) start->id = read_id(json);
    else if (strcmp(key, "executable") == 0) executable = read_text(json, &start->has_null);
    else if (strcmp(key, "args") == 0) read_list(json, &start->args, 1, &start->has_null);
    else if (strcmp(key, "env") == 0) read_environment(json, &start->env, &start->has_null);
    else if (strcmp(key, "logFile") == 0) start->log_file = json_word(json, "null") ? NULL : read_text(json, &start->has_null);
    else if (strcmp(key, "logBytes") == 0) json_integer(json, &start->log_bytes);
    else if (strcmp(key, "secrets") == 0) read_list(json, &start->secrets, 0, &ignored);
    else if (strcmp(key, "tellOutput") == 0) read_tell(json, start->tell);
    else json_refuse(json, "a start order holds an unknown key");
  }
  if (start->id == NULL || executable == NULL) json_refuse(json, "a start order lacks its id or its executable");
  start->executable = start->args.items[0] = executable;
  push(&start->args, NULL);
  push(&start->env, NULL);
  push(&start->secrets, NULL);
}

static int read_signal(struct json *json) {
  bool has_null = false;
  const char *name = read_text(json, &has_null);
  if (name != NULL && !has_null && strcmp(name, "SIGTERM") == 0) return SIGTERM;
  if (name != NULL && !has_null && strcmp(name, "SIGKILL") == 0) return SIGKILL;
  json_refuse(json, "an unknown signal");
  return 0;
}

const char *order_read(struct order *order, char *line, size_t length) {
  line[length] = '\0';
  struct json json = {.at = line, .end = line + length};
  const char *type = NULL;
  bool has_start = false;
  order->id = NULL;
  order->signal = 0;
  json_expect(&json, '{');
  for (bool first = true; json_more(&json, first, '}'); first = false) {
    const char *key = read_key(&json);
    if (key == NULL) break;
    if (strcmp(key, "type") == 0) type = read_id(&json);
    else if (strcmp(key, "id") == 0) order->id = read_id(&json);
    else if (strcmp(key, "signal") == 0) order->signal = read_signal(&json);
    else if (strcmp(key, "order") == 0) {
      read_start(&json, &order->start);
      has_start = true;
    } else json_refuse(&json, "an order holds an unknown key");
  }
  if (json.problem == NULL && !json_ended(&json)) return "something follows the order";
  if (json.problem != NULL) return json.problem;
  if (type == NULL) return "an order lacks its type";
  if (strcmp(type, "start") == 0 && has_start) order->type = ORDER_START;
  else if (strcmp(type, "signal") == 0 && order->id != NULL && order->signal != 0) order->type = ORDER_SIGNAL;
  else if (strcmp(type, "close") == 0) order->type = ORDER_CLOSE;
  else return "an order is of an unknown type or not complete";
  return NULL;
}
