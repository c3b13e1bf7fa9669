#include "cli/pinned.h"

enum sym_err sym_pinned_check(struct sym_client *client, const char *alias, struct sym_fault *fault)
{
    SYM_ARENA_AUTO arena = {0};
    const struct sym_empty nothing = {0};
    struct sym_peer_list list;
    enum sym_err err = sym_client_ask(client, SYM_VERB_PEER_LIST, &nothing, &arena, &list, fault);
    for (size_t i = 0; err == SYM_OK && i < list.n_peers; i++) {
        if (sym_span_equal(list.peers[i].alias, sym_span_text(alias))) {
            return SYM_OK;
        }
    }
    return err != SYM_OK
               ? err
               : sym_fail(fault, SYM_NOT_FOUND,
                          "peer %s: is not pinned; \"symbolon peer list\" names those that are",
                          alias);
}
