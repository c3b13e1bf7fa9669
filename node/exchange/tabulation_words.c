/* Who was missing, by alias: of a tabulation that failed, and of a release. */
#include "node/exchange/tabulations_state.h"
#include "node/tabulation/releases.h"
#include "proto/codec.h"

#include <stdio.h>
#include <string.h>

/* Names of one group that are written out. */
#define NAMES_MAX 8u
/* Left for what a command puts in front. */
#define PREFIX_BYTES 16u

/* Why this one is not there, without its name in front; NULL: it is. */
static const char *reason_of(const struct sym_tabulation *t, uint32_t place)
{
    const struct sym_leg *leg = &t->legs[place];
    const char *name = t->cohort.names[place];
    size_t len = strlen(name);
    if (!leg->over || leg->state == SYM_EXCHANGE_DONE || leg->fault[0] == '\0') {
        bool missing = t->lead != NULL && sym_tab_lead_misses(t->lead, place);
        return missing ? " did not answer in time" : NULL;
    }
    return strncmp(leg->fault, name, len) == 0 && strchr(" :", leg->fault[len]) != NULL
               ? leg->fault + len
               : leg->fault;
}

/* "n1, n2 and 3 more": those from `first` on who have its reason; returns how many. */
static uint32_t list_names(char *out, size_t size, const struct sym_tabulation *t, uint32_t first)
{
    const char *why = reason_of(t, first);
    uint32_t n = 0;
    out[0] = '\0';
    for (uint32_t i = first; i < t->cohort.n; i++) {
        const char *own = reason_of(t, i);
        size_t len = strlen(out);
        if (own == NULL || strcmp(own, why) != 0) {
            continue;
        }
        if (n < NAMES_MAX) {
            (void)snprintf(out + len, size - len, "%s%s", n > 0 ? ", " : "", t->cohort.names[i]);
        }
        n++;
    }
    if (n > NAMES_MAX) {
        size_t len = strlen(out);
        (void)snprintf(out + len, size - len, " and %u more", (unsigned)(n - NAMES_MAX));
    }
    return n;
}

static bool was_told(const struct sym_tabulation *t, uint32_t place)
{
    const char *why = reason_of(t, place);
    for (uint32_t i = 0; i < place; i++) {
        const char *before = reason_of(t, i);
        if (before != NULL && strcmp(before, why) == 0) {
            return true;
        }
    }
    return false;
}

/* Those with one reason are named together. A reason that does not fit is left out, then the names
 * that do not. */
void sym_tabulation_tell(struct sym_tabulation *t, char line[SYM_FAULT_BYTES])
{
    const size_t room = SYM_FAULT_BYTES - PREFIX_BYTES - sizeof "; and 255 more";
    unsigned left_out = 0;
    for (uint32_t i = 0; i < t->cohort.n; i++) {
        char names[(NAMES_MAX + 1) * (SYM_ALIAS_BYTES + 2)];
        size_t len = strlen(line);
        if (t->legs[i].state == SYM_EXCHANGE_DENIED || t->legs[i].state == SYM_EXCHANGE_HELD) {
            t->result = SYM_DENIED;
        }
        if (reason_of(t, i) == NULL || was_told(t, i)) {
            continue;
        }
        uint32_t n = list_names(names, sizeof names, t, i);
        const char *why = reason_of(t, i);
        bool named = why != t->legs[i].fault;
        if (len + 4 + strlen(names) + strlen(why) <= room) {
            (void)snprintf(line + len, SYM_FAULT_BYTES - len, "; %s%s%s", names, named ? "" : ": ",
                           why);
        } else if (len + strlen("; nor did ") + strlen(names) <= room) {
            (void)snprintf(line + len, SYM_FAULT_BYTES - len, "; nor did %s", names);
        } else {
            left_out += n;
        }
    }
    if (left_out > 0) {
        size_t len = strlen(line);
        (void)snprintf(line + len, SYM_FAULT_BYTES - len, "; and %u more", left_out);
    }
}

/* Releases --------------------------------------------------------------------------------------
 */

static bool survived(const struct sym_release *r, size_t place)
{
    return memchr(r->survivors.data, (int)place, r->survivors.len) != NULL;
}

static void name_party(char out[SYM_ALIAS_BYTES + 8], const struct sym_exchanges *x,
                       struct sym_span id)
{
    struct sym_node_id node;
    char hex[2 * SYM_HASH_BYTES + 1];
    memcpy(node.bytes, id.data, sizeof node.bytes);
    const struct sym_peer *peer = sym_peers_by_id(x->config.peers, &node);
    if (sym_node_id_equal(&node, &x->config.self)) {
        (void)snprintf(out, SYM_ALIAS_BYTES + 8, "this node");
    } else if (peer != NULL) {
        (void)snprintf(out, SYM_ALIAS_BYTES + 8, "%s", peer->alias);
    } else {
        sym_hex(hex, id.data, id.len);
        (void)snprintf(out, SYM_ALIAS_BYTES + 8, "node %.12s", hex);
    }
}

static void tell_release(char *out, size_t size, const struct sym_exchanges *x,
                         const struct sym_release *r)
{
    size_t asked = r->cohort.len / SYM_HASH_BYTES;
    size_t n = 0;
    (void)snprintf(out, size, "released, with the counts of %zu of %zu participants",
                   r->survivors.len, asked);
    for (size_t i = 0; i < asked; i++) {
        char name[SYM_ALIAS_BYTES + 8];
        size_t len = strlen(out);
        if (survived(r, i)) {
            continue;
        }
        name_party(name, x, sym_span(r->cohort.data + i * SYM_HASH_BYTES, SYM_HASH_BYTES));
        if (n < NAMES_MAX) {
            (void)snprintf(out + len, size - len, "%s%s", n == 0 ? "; missing: " : ", ", name);
        }
        n++;
    }
    if (n > NAMES_MAX) {
        size_t len = strlen(out);
        (void)snprintf(out + len, size - len, " and %zu more", n - NAMES_MAX);
    }
}

void sym_exchange_tell_release(char *out, size_t size, const struct sym_exchanges *x,
                               struct sym_transaction *t, struct sym_span tabulation)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_secret head = {0};
    struct sym_release release;
    out[0] = '\0';
    if (sym_release_head(t, &head, tabulation) == SYM_OK &&
        sym_decode(&arena, &release, &sym_msg_release, sym_secret_span(&head)) == SYM_OK) {
        tell_release(out, size, x, &release);
    }
    sym_secret_clear(&head);
}
