/*
 * The channel to the service, as Node makes it for a child with `stdio: 'ipc'`: lines of JSON both ways, and descriptors beside them.
 * A line with a descriptor is `{"cmd":"NODE_HANDLE",…,"msg":"words"}` and is answered by `{"cmd":"NODE_HANDLE_ACK"}` before Node says
 * anything else; every other one is `"words"`. Nothing that the service says has to be escaped.
 */
#ifndef CHANNEL_H
#define CHANNEL_H

/* `hear` gets the words of each line and the descriptor that came with them, which is its own; -1: none. */
void channel_open(int fd, void (*hear)(char *words, int descriptor));
/* Adds to what is said next. */
void channel_say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Says it. This waits for the service to listen, which it always does, and ends this process when the service is gone. */
void channel_flush(void);

#endif
