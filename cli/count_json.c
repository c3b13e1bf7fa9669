#include "cli/count_json.h"

#include "cli/exchange_row.h"
#include "cli/terms.h"

#include <inttypes.h>

#define PARTIES 2u

static struct sym_span party(const struct sym_count *c, size_t at)
{
    const struct sym_node_id *self = &c->parties.self;
    return at == 0 ? sym_span(self->bytes, sizeof self->bytes) : c->exchange->peer;
}

static void put_cohort(struct sym_json *j, const struct sym_count *c)
{
    sym_json_object(j, "cohort");
    sym_json_number(j, "asked", PARTIES);
    sym_json_number(j, "included", PARTIES);
    sym_json_number(j, "threshold", PARTIES);
    sym_json_array(j, "members");
    for (size_t i = 0; i < PARTIES; i++) {
        sym_json_object(j, NULL);
        sym_json_hex(j, "id", party(c, i));
        sym_json_text(j, "alias", i == 0 ? sym_span(NULL, 0) : c->exchange->alias);
        sym_json_bool(j, "self", i == 0);
        sym_json_bool(j, "included", true);
        sym_json_end(j);
    }
    sym_json_end(j);
    sym_json_end(j);
}

/* The two lists: whose, how it is called there, and how many identifiers it has. */
static void put_lists(struct sym_json *j, const struct sym_count *c)
{
    const struct sym_exchange_entry *e = c->exchange;
    char name[SYM_PARTY_BYTES];
    sym_json_array(j, "lists");
    for (size_t i = 0; i < PARTIES; i++) {
        sym_party_name(name, &c->parties, party(c, i));
        sym_json_object(j, NULL);
        sym_json_text(j, "name", i == 0 || e->alias.len == 0 ? sym_span_text(name) : e->alias);
        sym_json_text(j, "dataset", i == 0 ? e->mine : e->theirs);
        sym_json_number(j, "size", i == 0 ? e->own_size : e->peer_size);
        sym_json_end(j);
    }
    sym_json_end(j);
}

/* A count is exact: there is no noise, and where the peer's grant asks for a least result, smaller
 * ones are withheld as a whole. */
static void put_privacy(struct sym_json *j, const struct sym_count *c)
{
    sym_json_null(j, "privacy");
    if (c->exchange->min_result == 0) {
        sym_json_null(j, "suppression");
        return;
    }
    sym_json_object(j, "suppression");
    sym_json_number(j, "threshold", c->exchange->min_result);
    sym_json_number(j, "cells", 1);
    sym_json_number(j, "suppressed", 0);
    sym_json_number(j, "expected_ghosts_per_million", 0);
    sym_json_end(j);
}

static void put_notes(struct sym_json *j, const struct sym_count *c)
{
    char note[128];
    sym_json_array(j, "notes");
    sym_json_string(j, NULL,
                    "The count is exact, without noise. Identifiers are counted: one person or "
                    "account may have several.");
    sym_json_string(j, NULL,
                    "The evidence shows that the exchange took place, who took part and how much "
                    "was sent; the count itself is in no log.");
    if (c->exchange->min_result > 0) {
        (void)snprintf(note, sizeof note,
                       "The peer gives no result with fewer than %" PRIu32 " in common.",
                       c->exchange->min_result);
        sym_json_string(j, NULL, note);
    }
    sym_json_string(j, NULL, "Lists are what the two nodes brought; nobody verifies them.");
    sym_json_end(j);
}

enum sym_err sym_count_json(FILE *to, const struct sym_count *c)
{
    const struct sym_exchange_entry *e = c->exchange;
    struct sym_json *j = sym_json_new(to);
    sym_json_object(j, NULL);
    sym_json_string(j, "format", "symbolon-release/1");
    sym_json_string(j, "kind", "overlap");
    sym_json_hex(j, "exchange", e->id);
    sym_json_null(j, "query_id"); /* two that ask each other need none */
    sym_json_time(j, "released", e->ended_ms / 1000);
    sym_json_string(j, "purpose", sym_purpose_text(e->purpose));
    sym_json_string(j, "basis", sym_basis_text(e->basis));
    sym_json_string(j, "asker", "this node");
    sym_json_string(j, "type", sym_terms_type_text(e->type));
    sym_json_object(j, "measure");
    sym_json_string(j, "unit", "identifiers");
    sym_json_number(j, "cells_per_incident", 1);
    sym_json_end(j);
    put_cohort(j, c);
    put_privacy(j, c);
    put_lists(j, c);
    sym_json_number(j, "common", e->common);
    sym_proof_put_json(j, &c->proof);
    put_notes(j, c);
    sym_json_end(j);
    return sym_json_finish(j);
}

enum sym_err sym_count_fetch(struct sym_count *out, struct sym_client *client,
                             const struct sym_exchange_entry *entry, struct sym_fault *fault)
{
    out->exchange = entry;
    enum sym_err err = sym_parties_fetch(&out->parties, client, fault);
    return err == SYM_OK ? sym_proof_check(&out->proof, client, entry->id, NULL, fault) : err;
}

void sym_count_clear(struct sym_count *c)
{
    sym_parties_clear(&c->parties);
}
