#include "cli/overlap_table/view.h"

#include "proto/table_control.h"

#include <stdlib.h>
#include <string.h>

static enum sym_err makes_no_sense(struct sym_fault *fault)
{
    return sym_fail(fault, SYM_BAD_FORMAT,
                    "the table that the node answers makes no sense; are symbolon and symbolond of "
                    "the same version?");
}

/* Its signature was checked by the node, which has the tallier's card. */
static enum sym_err take(struct sym_table_view *v, const struct sym_overlap_table_shown *shown,
                         struct sym_fault *fault)
{
    struct sym_table_release *r = &v->release;
    if (shown->release.len <= SYM_SIGNATURE_BYTES) {
        return makes_no_sense(fault);
    }
    struct sym_span message = sym_span(shown->release.data + SYM_SIGNATURE_BYTES,
                                       shown->release.len - SYM_SIGNATURE_BYTES);
    memcpy(v->exchange, shown->exchange.data, sizeof v->exchange);
    enum sym_err err = sym_decode(&v->body, r, &sym_msg_table_release, message);
    if (err != SYM_OK) {
        return makes_no_sense(fault);
    }
    v->n = (uint32_t)(r->cohort.len / SYM_HASH_BYTES);
    if (v->n < SYM_TABLE_LISTS_MIN || v->n > SYM_TABLE_LISTS_MAX ||
        r->elements.len != (size_t)4 * v->n) {
        return makes_no_sense(fault);
    }
    v->n_cells = sym_table_cells(v->n);
    return SYM_OK;
}

static enum sym_err prove(struct sym_table_view *v, struct sym_client *client,
                          struct sym_span release, struct sym_fault *fault)
{
    uint8_t hash[SYM_HASH_BYTES];
    enum sym_err err = sym_table_release_hash(hash, release);
    return err == SYM_OK ? sym_proof_check(&v->proof, client,
                                           sym_span(v->exchange, sizeof v->exchange), hash, fault)
                         : makes_no_sense(fault);
}

static struct sym_span id_at(const struct sym_table_view *v, uint32_t place)
{
    return sym_span(v->release.cohort.data + (size_t)place * SYM_HASH_BYTES, SYM_HASH_BYTES);
}

/* Insertion sort: at most sixteen. */
static void put_in_order(struct sym_table_view *v)
{
    for (uint32_t i = 0; i < v->n; i++) {
        char name[SYM_PARTY_BYTES];
        uint32_t at = i;
        bool self = sym_party_is_self(&v->parties, id_at(v, i));
        sym_party_name(name, &v->parties, id_at(v, i));
        while (at > 0 && (self || (!sym_party_is_self(&v->parties, id_at(v, v->order[at - 1])) &&
                                   strcmp(v->names[at - 1], name) > 0))) {
            memcpy(v->names[at], v->names[at - 1], sizeof name);
            v->order[at] = v->order[at - 1];
            at--;
        }
        memcpy(v->names[at], name, sizeof name);
        v->order[at] = i;
    }
}

/* The counts, cell by cell as the lists are shown. */
static enum sym_err fill_cells(struct sym_table_view *v, struct sym_fault *fault)
{
    uint64_t *counts = calloc(v->n_cells, sizeof *counts);
    v->cells = calloc(v->n_cells, sizeof *v->cells);
    enum sym_err err = counts == NULL || v->cells == NULL ? SYM_NO_MEMORY : SYM_OK;
    if (err == SYM_OK) {
        err = sym_table_counts(counts, v->n_cells, &v->release);
        err = err == SYM_OK ? err : makes_no_sense(fault);
    } else {
        err = sym_fail(fault, err, "the table %s", sym_err_text(err));
    }
    for (uint32_t cell = 1; err == SYM_OK && cell <= v->n_cells; cell++) {
        uint32_t released = 0;
        for (uint32_t i = 0; i < v->n; i++) {
            released |= (cell >> i & 1u) << v->order[i];
        }
        v->cells[cell - 1] = counts[released - 1];
    }
    sym_wipe_free(counts, v->n_cells * sizeof *counts);
    return err;
}

enum sym_err sym_table_view(struct sym_table_view *out, struct sym_client *client,
                            struct sym_span exchange, struct sym_fault *fault)
{
    struct sym_overlap_table_shown shown;
    const struct sym_exchange_name name = {.id = exchange};
    enum sym_err err =
        sym_client_ask(client, SYM_VERB_OVERLAP_TABLE_SHOW, &name, &out->shown, &shown, fault);
    if (err == SYM_OK) {
        err = take(out, &shown, fault);
    }
    if (err == SYM_OK) {
        err = sym_parties_fetch(&out->parties, client, fault);
    }
    if (err == SYM_OK) {
        err = prove(out, client, shown.release, fault);
    }
    if (err != SYM_OK) {
        return err;
    }
    put_in_order(out);
    sym_party_name(out->asker, &out->parties, out->release.asker);
    sym_party_name(out->tallier, &out->parties, out->release.tallier);
    return fill_cells(out, fault);
}

void sym_table_view_clear(struct sym_table_view *v)
{
    sym_wipe_free(v->cells, v->n_cells * sizeof *v->cells);
    sym_parties_clear(&v->parties);
    sym_arena_clear(&v->body);
    sym_arena_clear(&v->shown);
}

bool sym_table_view_is_exact(const struct sym_table_view *v)
{
    return v->release.mode == SYM_TABLE_EXACT;
}

const char *sym_table_view_protects(const struct sym_table_view *v)
{
    return v->release.sensitivity >= SYM_TABLE_SENSITIVITY
               ? "The noise hides whether a list has one record or another in its place, not how "
                 "many it has."
               : "Made by an older version: as the sizes of lists are known, it tells twice its "
                 "epsilon of one record.";
}

unsigned sym_table_lists(uint32_t cell)
{
    unsigned n = 0;
    for (; cell != 0; cell >>= 1) {
        n += cell & 1u;
    }
    return n;
}

uint64_t sym_table_on_all(const struct sym_table_view *v, uint32_t cell)
{
    uint64_t sum = 0;
    for (uint32_t i = 1; i <= v->n_cells; i++) {
        sum += (i & cell) == cell ? v->cells[i - 1] : 0;
    }
    return sum;
}

uint64_t sym_table_on_at_least(const struct sym_table_view *v, unsigned lists)
{
    uint64_t sum = 0;
    for (uint32_t i = 1; i <= v->n_cells; i++) {
        sum += sym_table_lists(i) >= lists ? v->cells[i - 1] : 0;
    }
    return sum;
}

bool sym_table_is_listed(const struct sym_table_view *v, const struct sym_target *target,
                         uint32_t cell)
{
    return sym_table_lists(cell) >= target->at_least &&
           (v->n <= SYM_TABLE_LISTED_ALL || v->cells[cell - 1] > 0);
}
