/* leash.h - the line between the supervisor and each of its two children: a socket pair of packets.
 *
 * It exists before any key is read, carries the keys once, and afterwards start-up, name look-ups
 * and the end. A packet is one type byte and a payload of at most SYM_LEASH_BYTES_MAX; a child
 * whose leash ends (SYM_CLOSED) exits at once, as its supervisor is gone.
 * Errors: SYM_CLOSED, SYM_AGAIN (nothing to receive), SYM_TIMEOUT (the other side takes nothing),
 * SYM_TOO_LONG, SYM_BAD_FORMAT, SYM_BAD_VERSION, SYM_IO.
 */
#ifndef SYM_NODE_LEASH_H
#define SYM_NODE_LEASH_H

#include "crypto/identity.h"

#define SYM_LEASH_BYTES_MAX 8192u
/* How long a send waits for room, milliseconds. */
#define SYM_LEASH_WAIT_MS 2000

enum sym_leash_type {
    SYM_LEASH_CORE_KEYS = 1, /* to core: sym_leash_keys_write */
    SYM_LEASH_GATE_START,    /* to gate: TLS seed (32 bytes), then the address to listen on */
    SYM_LEASH_LISTEN,        /* from core, when its store is open: the address to listen on */
    SYM_LEASH_READY,         /* from core, when gate listens: the address */
    SYM_LEASH_FAULT,         /* from a child that cannot go on: the line a person reads */
    SYM_LEASH_RESOLVE,       /* from core: number (4 bytes), then host:port */
    SYM_LEASH_RESOLVED,      /* to core: number, result (1 byte, enum sym_err), then numeric
                                address:port texts, each ended by LF */
    SYM_LEASH_STOP,          /* to a child: finish and exit */
};

/* A new pair of connected ends, closed by exec; the caller closes both. */
SYM_MUST enum sym_err sym_leash_new(int ends[2]);

/* Sends one packet; waits until it fits (start-up and short messages only), at most
 * SYM_LEASH_WAIT_MS. */
SYM_MUST enum sym_err sym_leash_send(int leash, enum sym_leash_type type, struct sym_span payload);
/* Takes one packet without waiting; *len bytes into out[0..max). A packet that is refused is
 * gone. */
SYM_MUST enum sym_err sym_leash_receive(int leash, enum sym_leash_type *type, uint8_t *out,
                                        size_t max, size_t *len);

/* What core is given: all private keys but those of TLS. Version (1 byte, 1), then 32 bytes each:
 * identity seed, log seed, cosign seed, storage key, exchange private key in use; 1 if an announced
 * exchange key follows, else 0 (1 byte); 32 bytes of it, or of zeros. Bytes are wiped by the
 * caller. */
#define SYM_LEASH_KEYS_BYTES 194u
/* SYM_BAD_FORMAT when a key is absent. */
SYM_MUST enum sym_err sym_leash_keys_write(uint8_t out[SYM_LEASH_KEYS_BYTES],
                                           const struct sym_node_keys *keys);
/* keys must be empty, and stays so on failure; tls stays absent. */
SYM_MUST enum sym_err sym_leash_keys_read(struct sym_node_keys *keys, struct sym_span bytes);

#endif
