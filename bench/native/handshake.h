// The answer to a WebSocket upgrade (RFC 6455, section 4.2.2).
#pragma once

/** Writes `101 Switching Protocols` for the upgrade request `head` into `answer` (256 bytes); its length, or -1 where there is no key. */
int accept_upgrade(const char *head, char *answer);
