/* address.h - numeric TCP addresses: "127.0.0.1:7701", "[2001:db8::1]:7701". No name is ever looked
 * up here. A text is at most SYM_ADDRESS_BYTES with its terminator.
 * Errors: SYM_BAD_FORMAT; of sym_address_listen also SYM_IN_USE, SYM_DENIED, SYM_NOT_FOUND, SYM_IO,
 * each with a line in fault.
 */
#ifndef SYM_NODE_GATE_ADDRESS_H
#define SYM_NODE_GATE_ADDRESS_H

#include "crypto/bytes.h"
#include "proto/limits.h"

#include <sys/socket.h>

struct sym_address {
    struct sockaddr_storage at;
    socklen_t len;
};

/* Numeric only: "192.0.2.1:7700", "[2001:db8::1]:7700". SYM_BAD_FORMAT. */
SYM_MUST enum sym_err sym_address_parse(struct sym_address *out, struct sym_span text);
void sym_address_text(char out[SYM_ADDRESS_BYTES], const struct sym_address *a);

/* True when both are likely one party: the same IPv4 address, or the same IPv6 /64, which is what
 * one customer gets. */
bool sym_address_same_party(const struct sym_address *a, const struct sym_address *b);

/* A listening non-blocking socket in *fd; port 0 lets the kernel choose: *chosen says which. */
SYM_MUST enum sym_err sym_address_listen(int *fd, struct sym_address *chosen, struct sym_span text,
                                         struct sym_fault *fault);
/* A non-blocking socket in *fd that has started to connect. */
SYM_MUST enum sym_err sym_address_connect(int *fd, const struct sym_address *to);

/* Settings of every connection: no delay, short keepalive, an end for unanswered data. */
void sym_address_tune(int fd);

#endif
