/* parties.h - node ids as people know them: the alias of a peer, "this node".
 *
 * The names are fetched once. Errors: those of client.h.
 */
#ifndef SYM_CLI_PARTIES_H
#define SYM_CLI_PARTIES_H

#include "cli/client.h"
#include "cli/json.h"

struct sym_parties {
    struct sym_arena arena;
    struct sym_peer_list peers;
    struct sym_node_id self;
};

/* *out must be zero-initialised; clear it in every case. */
SYM_MUST enum sym_err sym_parties_fetch(struct sym_parties *out, struct sym_client *client,
                                        struct sym_fault *fault);
void sym_parties_clear(struct sym_parties *p);

#define SYM_PARTY_BYTES (SYM_ALIAS_BYTES + 40u)
/* "bank-b", "this node", or "node 3ff1952b0767, not pinned". id: 32 bytes. */
void sym_party_name(char out[SYM_PARTY_BYTES], const struct sym_parties *p, struct sym_span id);
/* The alias alone; empty for this node and for who is not pinned. */
struct sym_span sym_party_alias(const struct sym_parties *p, struct sym_span id);
bool sym_party_is_self(const struct sym_parties *p, struct sym_span id);
/* An object with its id, its alias and whether it is this node. */
void sym_party_put_json(struct sym_json *j, const char *key, const struct sym_parties *p,
                        struct sym_span id);

/* Some of them in one line: "n1, n2 and 3 more". */
#define SYM_PARTIES_SHOWN 8u
#define SYM_PARTIES_BYTES (SYM_PARTIES_SHOWN * (SYM_PARTY_BYTES + 2u) + 24u)
/* Adds one to the line, which is its n-th, from 0; those beyond SYM_PARTIES_SHOWN are left out. */
void sym_parties_add(char line[SYM_PARTIES_BYTES], size_t n, const char *name);
/* After the last of n. */
void sym_parties_end(char line[SYM_PARTIES_BYTES], size_t n);

#endif
