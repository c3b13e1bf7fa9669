#include "proto/table.h"

#include <string.h>

const char *sym_table_cause_text(uint32_t cause)
{
    static const char *const texts[SYM_TABLE_CAUSE_END] = {
#define SYM_TABLE_CAUSE_ROW(name, number, text) [SYM_TABLE_CAUSE_##name] = text,
        SYM_TABLE_CAUSE_LIST(SYM_TABLE_CAUSE_ROW)
#undef SYM_TABLE_CAUSE_ROW
    };
    return cause < SYM_TABLE_CAUSE_END ? texts[cause] : "unknown";
}

const char *sym_table_stage_text(uint32_t stage)
{
    static const char *const texts[SYM_TABLE_STAGE_COUNT] = {
#define SYM_TABLE_STAGE_ROW(name, text) [SYM_TABLE_STAGE_##name] = text,
        SYM_TABLE_STAGE_LIST(SYM_TABLE_STAGE_ROW)
#undef SYM_TABLE_STAGE_ROW
    };
    return stage < SYM_TABLE_STAGE_COUNT ? texts[stage] : "";
}

uint32_t sym_table_cells(uint32_t n)
{
    return (1u << n) - 1u;
}

/* What is asked --------------------------------------------------------------------------------
 */

static enum sym_err check_parties(const struct sym_overlap_table *a,
                                  const uint8_t asker[SYM_HASH_BYTES], struct sym_fault *fault)
{
    size_t n = a->cohort.len / SYM_HASH_BYTES;
    if (a->cohort.len % SYM_HASH_BYTES != 0 || n < SYM_TABLE_LISTS_MIN || n > SYM_TABLE_LISTS_MAX) {
        return sym_fail(fault, SYM_BAD_VALUE, "a table is made of %u to %u lists",
                        SYM_TABLE_LISTS_MIN, SYM_TABLE_LISTS_MAX);
    }
    for (size_t i = 0; i < n; i++) {
        struct sym_span id = sym_span(a->cohort.data + i * SYM_HASH_BYTES, SYM_HASH_BYTES);
        struct sym_span before = sym_span(id.data - (i > 0 ? SYM_HASH_BYTES : 0), SYM_HASH_BYTES);
        if (i > 0 && sym_span_compare(before, id) >= 0) {
            return sym_fail(fault, SYM_BAD_VALUE, "its lists are not named in order, each once");
        }
        if (sym_span_equal(id, a->tallier)) {
            return sym_fail(fault, SYM_BAD_VALUE,
                            "who counts must not have a list: it could name who is on the others");
        }
    }
    if (sym_span_equal(a->tallier, sym_span(asker, SYM_HASH_BYTES))) {
        return sym_fail(fault, SYM_BAD_VALUE, "who asks must not count");
    }
    return SYM_OK;
}

static uint32_t suite_of(uint32_t mode)
{
    return mode == SYM_TABLE_DP ? SYM_TABLE_SUITE_DP : SYM_TABLE_SUITE;
}

enum sym_err sym_table_check(const struct sym_overlap_table *asked,
                             const uint8_t asker[SYM_HASH_BYTES], struct sym_fault *fault)
{
    bool noisy = asked->mode == SYM_TABLE_DP;
    if (asked->suite != suite_of(asked->mode)) {
        return sym_fail(fault, SYM_UNSUPPORTED,
                        "this node computes %s tables by suite %u, not %u: have all nodes the same "
                        "version?",
                        noisy ? "noisy" : "exact", suite_of(asked->mode), asked->suite);
    }
    enum sym_err err = check_parties(asked, asker, fault);
    if (err == SYM_OK && !noisy && asked->mode != SYM_TABLE_EXACT) {
        err = sym_fail(fault, SYM_BAD_VALUE, "a table is released exact or with noise");
    }
    if (err == SYM_OK && noisy &&
        (asked->epsilon_nano < SYM_EPSILON_NANO_MIN ||
         asked->epsilon_nano > SYM_EPSILON_NANO_MAX)) {
        err = sym_fail(fault, SYM_BAD_VALUE, "its epsilon is outside of the range of budgets");
    }
    if (err == SYM_OK && !noisy && asked->epsilon_nano != 0) {
        err = sym_fail(fault, SYM_BAD_VALUE, "an exact table has no epsilon");
    }
    if (err == SYM_OK && (asked->type == 0 || asked->type > SYM_TOKEN_TYPES_MAX)) {
        err = sym_fail(fault, SYM_BAD_VALUE, "a table is of one type of identifiers");
    }
    return err;
}

void sym_table_question_from(struct sym_table_question *out, const struct sym_overlap_table *asked,
                             const uint8_t asker[SYM_HASH_BYTES])
{
    *out = (struct sym_table_question){
        .n = (uint32_t)(asked->cohort.len / SYM_HASH_BYTES),
        .type = asked->type,
        .type_version = asked->type_version,
        .canon_version = asked->canon_version,
        .mode = asked->mode,
        .epsilon_nano = asked->epsilon_nano,
    };
    memcpy(out->table, asked->table.data, sizeof out->table);
    memcpy(out->asker, asker, sizeof out->asker);
    for (uint32_t i = 0; i < out->n; i++) {
        memcpy(out->parties[i].id, asked->cohort.data + (size_t)i * SYM_HASH_BYTES, SYM_HASH_BYTES);
    }
    memcpy(out->parties[out->n].id, asked->tallier.data, SYM_HASH_BYTES);
}

void sym_table_parameters(struct sym_overlap_table *out,
                          uint8_t cohort[SYM_TABLE_LISTS_MAX * SYM_HASH_BYTES],
                          const struct sym_table_question *q)
{
    for (uint32_t i = 0; i < q->n; i++) {
        memcpy(cohort + (size_t)i * SYM_HASH_BYTES, q->parties[i].id, SYM_HASH_BYTES);
    }
    *out = (struct sym_overlap_table){
        .suite = suite_of(q->mode),
        .table = sym_span(q->table, sizeof q->table),
        .cohort = sym_span(cohort, (size_t)q->n * SYM_HASH_BYTES),
        .tallier = sym_span(q->parties[q->n].id, SYM_HASH_BYTES),
        .type = q->type,
        .type_version = q->type_version,
        .canon_version = q->canon_version,
        .mode = q->mode,
        .epsilon_nano = q->epsilon_nano,
    };
}

enum sym_err sym_table_qid(uint8_t out[SYM_HASH_BYTES], const struct sym_table_question *q)
{
    uint8_t cohort[SYM_TABLE_LISTS_MAX * SYM_HASH_BYTES];
    uint8_t cohort_hash[SYM_HASH_BYTES];
    uint8_t dataset_hash[SYM_HASH_BYTES];
    uint8_t numbers[5 * 4 + 8];
    uint8_t use[8];
    struct sym_overlap_table p;
    sym_table_parameters(&p, cohort, q);
    struct sym_writer w = sym_writer(numbers, sizeof numbers);
    sym_write_u32(&w, q->n);
    sym_write_u32(&w, q->type);
    sym_write_u32(&w, q->type_version);
    sym_write_u32(&w, q->canon_version);
    sym_write_u32(&w, q->mode);
    sym_write_u64(&w, q->epsilon_nano);
    w = sym_writer(use, sizeof use);
    sym_write_u32(&w, q->purpose);
    sym_write_u32(&w, q->basis);
    enum sym_err err = sym_sha256(cohort_hash, p.cohort);
    if (err == SYM_OK) {
        err = sym_sha256(dataset_hash, sym_span_text(q->dataset));
    }
    const struct sym_span parts[] = {
        sym_span_text(q->mode == SYM_TABLE_DP ? "symbolon-table-qid-2" : "symbolon-table-qid-1"),
        p.table,
        sym_span(q->asker, sizeof q->asker),
        sym_span(cohort_hash, sizeof cohort_hash),
        p.tallier,
        sym_span(numbers, sizeof numbers),
        sym_span(dataset_hash, sizeof dataset_hash),
        sym_span(use, sizeof use),
    };
    return err == SYM_OK ? sym_sha256_parts(out, parts, sizeof parts / sizeof *parts) : err;
}

enum sym_err sym_table_place(uint32_t *out, const struct sym_table_question *q,
                             const uint8_t id[SYM_HASH_BYTES])
{
    for (uint32_t i = 0; i <= q->n; i++) {
        if (sym_span_equal(sym_span(q->parties[i].id, SYM_HASH_BYTES),
                           sym_span(id, SYM_HASH_BYTES))) {
            *out = i;
            return SYM_OK;
        }
    }
    return SYM_NOT_FOUND;
}
