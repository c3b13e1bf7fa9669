/* bus.h - messages between the processes of one node: nanomsg over ipc://, and nothing else of it.
 * The only user of nanomsg. It stands in proto/ because daemon and command line share it; no
 * protocol lives here, and no peer of the network ever reaches it.
 *
 * Pairs connect gate and core; the command line asks with REQ, core answers with raw REP. Messages
 * are zero-copy: sym_bus_buffer gives memory that sym_bus_send consumes, sym_bus_receive gives
 * memory that the caller releases with sym_bus_release. What shapes its use (measured with 1.1.5):
 * a finite receive limit of payload plus envelope, never PUB, never a bound REQ, at most 512
 * sockets in a process, three descriptors each, and a first socket that starts threads.
 *
 * A socket reconnects by itself; what was on the way when the other side died is lost. Closing a
 * socket drops what it has not yet given to the kernel: it has given everything when its send
 * descriptor is ready again.
 * Errors: SYM_AGAIN (would block), SYM_TOO_LONG, SYM_CLOSED, SYM_TIMEOUT, SYM_UNREACHABLE (nobody
 * is bound there), SYM_LIMIT (no socket left), SYM_BAD_VALUE (not an ipc:// url, or too long),
 * SYM_IO, SYM_NO_MEMORY.
 */
#ifndef SYM_PROTO_BUS_H
#define SYM_PROTO_BUS_H

#include "crypto/bytes.h"

/* Longest ipc:// url, bytes with terminator: sun_path holds 108. */
#define SYM_BUS_URL_BYTES 115u

enum sym_bus_kind {
    SYM_BUS_PAIR, /* one to one, both ways */
    SYM_BUS_ASK,  /* REQ, connects */
    SYM_BUS_REPLY /* raw REP, binds; replies carry the route of their request */
};

struct sym_bus {
    int socket; /* -1 when closed */
    size_t message_max;
};
#define SYM_BUS_CLOSED                                                                             \
    {                                                                                              \
        .socket = -1                                                                               \
    }

/* Where a reply goes: opaque bytes that came with the request. */
struct sym_bus_route {
    uint8_t bytes[64];
    size_t len;
};

/* message_max: the largest payload accepted, bytes. */
SYM_MUST enum sym_err sym_bus_open(struct sym_bus *b, enum sym_bus_kind kind, size_t message_max);
/* Once per socket. A file left over at this address is removed first: whoever binds must know that
 * no other process uses it. The file goes when the socket is closed (nanomsg sees to that). */
SYM_MUST enum sym_err sym_bus_bind(struct sym_bus *b, const char *url);
/* Returns at once; the connection comes about when somebody is bound there. */
SYM_MUST enum sym_err sym_bus_connect(struct sym_bus *b, const char *url);
/* A closed one is fine. */
void sym_bus_close(struct sym_bus *b);

/* True while somebody is connected at the other end. */
bool sym_bus_connected(const struct sym_bus *b);

/* Descriptors to poll for POLLIN: ready when a receive, or a send, would not block. -1 on error.
 * They belong to the socket. */
int sym_bus_receive_fd(const struct sym_bus *b);
int sym_bus_send_fd(const struct sym_bus *b);

/* Memory for a message of len bytes; NULL when there is none. Sent, or released. */
uint8_t *sym_bus_buffer(size_t len);
void sym_bus_release(uint8_t *buffer);

/* Sends the whole buffer without blocking; it is consumed on SYM_OK only. */
SYM_MUST enum sym_err sym_bus_send(struct sym_bus *b, uint8_t *buffer);
/* Receives without blocking; a message may be empty. */
SYM_MUST enum sym_err sym_bus_receive(struct sym_bus *b, uint8_t **buffer, size_t *len);

/* The same for SYM_BUS_REPLY: route is filled by receive and used by send. */
SYM_MUST enum sym_err sym_bus_receive_from(struct sym_bus *b, uint8_t **buffer, size_t *len,
                                           struct sym_bus_route *route);
SYM_MUST enum sym_err sym_bus_send_to(struct sym_bus *b, uint8_t *buffer,
                                      const struct sym_bus_route *route);

/* SYM_BUS_ASK: sends a copy of request and waits for the reply. SYM_UNREACHABLE when nobody is
 * bound within two seconds, or within timeout_ms if that is less, or when who was asked has gone;
 * SYM_TIMEOUT when it is still there. */
SYM_MUST enum sym_err sym_bus_ask(struct sym_bus *b, struct sym_span request, uint8_t **reply,
                                  size_t *len, unsigned timeout_ms);

#endif
