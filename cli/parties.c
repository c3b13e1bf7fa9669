#include "cli/parties.h"

#include "cli/format.h"

#include <stdio.h>
#include <string.h>

#define ID_DIGITS 12

enum sym_err sym_parties_fetch(struct sym_parties *out, struct sym_client *client,
                               struct sym_fault *fault)
{
    const struct sym_empty nothing = {0};
    out->self = client->node;
    return sym_client_ask(client, SYM_VERB_PEER_LIST, &nothing, &out->arena, &out->peers, fault);
}

void sym_parties_clear(struct sym_parties *p)
{
    sym_arena_clear(&p->arena);
    *p = (struct sym_parties){.peers = {.n_peers = 0}};
}

bool sym_party_is_self(const struct sym_parties *p, struct sym_span id)
{
    return sym_span_equal(id, sym_span(p->self.bytes, sizeof p->self.bytes));
}

struct sym_span sym_party_alias(const struct sym_parties *p, struct sym_span id)
{
    for (size_t i = 0; i < p->peers.n_peers; i++) {
        if (sym_span_equal(p->peers.peers[i].id, id)) {
            return p->peers.peers[i].alias;
        }
    }
    return sym_span(NULL, 0);
}

void sym_party_name(char out[SYM_PARTY_BYTES], const struct sym_parties *p, struct sym_span id)
{
    char hex[2 * SYM_HASH_BYTES + 1] = "";
    struct sym_span alias = sym_party_alias(p, id);
    if (sym_party_is_self(p, id)) {
        (void)snprintf(out, SYM_PARTY_BYTES, "this node");
    } else if (alias.len > 0) {
        sym_format_text(out, SYM_PARTY_BYTES, alias);
    } else {
        sym_hex(hex, id.data, id.len < SYM_HASH_BYTES ? id.len : SYM_HASH_BYTES);
        (void)snprintf(out, SYM_PARTY_BYTES, "node %.*s, not pinned", ID_DIGITS, hex);
    }
}

void sym_party_put_json(struct sym_json *j, const char *key, const struct sym_parties *p,
                        struct sym_span id)
{
    sym_json_object(j, key);
    sym_json_hex(j, "id", id);
    sym_json_text(j, "alias", sym_party_alias(p, id));
    sym_json_bool(j, "self", sym_party_is_self(p, id));
    sym_json_end(j);
}

void sym_parties_add(char line[SYM_PARTIES_BYTES], size_t n, const char *name)
{
    size_t len = strlen(line);
    if (n < SYM_PARTIES_SHOWN) {
        (void)snprintf(line + len, SYM_PARTIES_BYTES - len, "%s%s", n > 0 ? ", " : "", name);
    }
}

void sym_parties_end(char line[SYM_PARTIES_BYTES], size_t n)
{
    size_t len = strlen(line);
    if (n > SYM_PARTIES_SHOWN) {
        (void)snprintf(line + len, SYM_PARTIES_BYTES - len, " and %zu more", n - SYM_PARTIES_SHOWN);
    }
}
