/* An initiator that lies to one member about who survived, about signatures and about the release:
 * the member signs, unmasks or keeps nothing. */
#include "tests/support/tab_lies.h"

#include "proto/codec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define N      10u /* t = 8; the last one does not consent, so that 9 do */
#define VICTIM 4u
#define OTHER  6u

static struct tab_rig rig;

static void open_rig(void)
{
    tab_rig_open(&rig, N, 6, 12);
    rig.leaves[N - 1] = TAB_CONSENT;
    tab_lies_open(&rig);
}

struct refusal {
    tab_lie_fn *fn;
    enum sym_err err;
};

static void assert_refused(enum tab_type type, const struct refusal *list, size_t n,
                           uint32_t unmasked)
{
    for (size_t i = 0; i < n; i++) {
        size_t len = 0;
        open_rig();
        tab_lie(VICTIM, false, type, list[i].fn);
        tab_rig_begin(&rig);
        tab_rig_settle(&rig);
        assert_true(tab_lies_told());
        assert_int_equal(rig.errs[VICTIM], list[i].err);
        assert_int_equal(rig.unmasked[VICTIM], unmasked);
        assert_int_equal(rig.kept[VICTIM], 0);
        assert_int_equal(sym_tab_member_step(rig.members[VICTIM], &len), SYM_TAB_WAIT);
        assert_non_null(strstr(sym_tab_member_fault(rig.members[VICTIM]), "node "));
        tab_rig_close(&rig);
    }
}

#define REFUSED(type, list, unmasked)                                                              \
    assert_refused(type, list, sizeof(list) / sizeof *(list), unmasked)

/* Survivors ------------------------------------------------------------------------------------
 */

/* A list of survivors that may be changed. */
struct told {
    struct sym_arena arena;
    struct sym_tab_survivors s;
    uint8_t members[SYM_TAB_MEMBERS_MAX];
    uint8_t hashes[SYM_TAB_MEMBERS_MAX * SYM_HASH_BYTES];
    uint8_t bound[SYM_HASH_BYTES];
};

static void told_read(struct told *t, const struct tab_payload *p)
{
    memset(t, 0, sizeof *t);
    assert_int_equal(sym_decode(&t->arena, &t->s, &sym_msg_tab_survivors, tab_payload_content(p)),
                     SYM_OK);
    assert_int_equal(t->s.members.len, 9);
    memcpy(t->members, t->s.members.data, t->s.members.len);
    memcpy(t->hashes, t->s.vector_hashes.data, t->s.vector_hashes.len);
    t->s.members.data = t->members;
    t->s.vector_hashes.data = t->hashes;
}

static void told_write(struct told *t, const struct tab_payload *p)
{
    struct tab_bytes out = {0};
    assert_int_equal(sym_tab_encode(&out, &sym_msg_tab_survivors, &t->s, 16384), SYM_OK);
    tab_payload_replace(p, TAB_SURVIVORS, sym_tab_bytes_span(&out));
    sym_tab_bytes_clear(&out);
    sym_arena_clear(&t->arena);
}

static void told_remove(struct told *t, size_t at)
{
    size_t after = t->s.members.len - at - 1;
    memmove(t->members + at, t->members + at + 1, after);
    memmove(t->hashes + at * 32, t->hashes + (at + 1) * 32, after * 32);
    t->s.members.len--;
    t->s.vector_hashes.len -= 32;
}

#define TELL(name, ...)                                                                            \
    static void name(struct tab_rig *r, const struct tab_payload *p)                               \
    {                                                                                              \
        struct told t;                                                                             \
        (void)r;                                                                                   \
        told_read(&t, p);                                                                          \
        __VA_ARGS__                                                                                \
        told_write(&t, p);                                                                         \
    }

TELL(without_the_victim, told_remove(&t, VICTIM);)
TELL(with_another_vector_of_the_victim, t.hashes[VICTIM * 32] ^= 1;)
TELL(with_too_few, told_remove(&t, 7); told_remove(&t, 7);)
TELL(with_one_that_did_not_consent, t.members[8] = N - 1;)
TELL(with_one_that_is_not_there, t.members[8] = N;)
TELL(with_one_twice, t.members[8] = 7;)
TELL(in_another_order, t.members[7] = 8; t.members[8] = 7;)
TELL(of_another_query, t.s.qid = sym_span(t.bound, 32);)
TELL(of_other_consents, t.s.consents_hash = sym_span(t.bound, 32);)
TELL(with_a_hash_too_few, t.s.vector_hashes.len -= 32;)

static void signs_no_list_that_is_not_true(void **state)
{
    (void)state;
    static const struct refusal list[] = {
        {without_the_victim, SYM_BAD_VALUE},
        {with_another_vector_of_the_victim, SYM_BAD_VALUE},
        {with_too_few, SYM_BAD_VALUE},
        {with_one_that_did_not_consent, SYM_BAD_VALUE},
        {with_one_that_is_not_there, SYM_BAD_VALUE},
        {with_one_twice, SYM_BAD_VALUE},
        {in_another_order, SYM_BAD_VALUE},
        {of_another_query, SYM_REPLAY},
        {of_other_consents, SYM_REPLAY},
        {with_a_hash_too_few, SYM_BAD_FORMAT},
        {tab_lie_shorter, SYM_BAD_FORMAT},
        {tab_lie_longer, SYM_BAD_FORMAT},
        {tab_lie_send, SYM_WRONG_STATE},
    };
    REFUSED(TAB_SURVIVORS, list, 0);
}

/* Signatures -----------------------------------------------------------------------------------
 */

#define SIGNED 65u

static void only_seven(struct tab_rig *r, const struct tab_payload *p)
{
    (void)r;
    (*p->bytes)[1] = 7;
    *p->len = 2 + 7 * SIGNED;
}

/* 8 are enough. */
static void one_less(struct tab_rig *r, const struct tab_payload *p)
{
    (void)r;
    (*p->bytes)[1] = 8;
    *p->len = 2 + 8 * SIGNED;
}

static void one_altered(struct tab_rig *r, const struct tab_payload *p)
{
    (void)r;
    (*p->bytes)[2 + OTHER * SIGNED + 1] ^= 1;
}

static void one_twice(struct tab_rig *r, const struct tab_payload *p)
{
    (void)r;
    memcpy(*p->bytes + 2 + 8 * SIGNED, *p->bytes + 2 + 7 * SIGNED, SIGNED);
}

static void one_by_another(struct tab_rig *r, const struct tab_payload *p)
{
    (void)r;
    memcpy(*p->bytes + 2 + 8 * SIGNED + 1, *p->bytes + 2 + 7 * SIGNED + 1, 64);
}

static void one_of_who_did_not_survive(struct tab_rig *r, const struct tab_payload *p)
{
    uint8_t *last = *p->bytes + 2 + 8 * SIGNED;
    last[0] = N - 1;
    assert_int_equal(sym_sign(last + 1, &r->keys[N - 1], SYM_DOMAIN_TABULATE,
                              sym_tab_bytes_span(&r->lead->survivors_said)),
                     SYM_OK);
}

/* Valid, but over another list: some others were told something else. */
static void one_over_another_list(struct tab_rig *r, const struct tab_payload *p)
{
    uint8_t other[] = "another list";
    uint8_t *at = *p->bytes + 2 + OTHER * SIGNED;
    assert_int_equal(
        sym_sign(at + 1, &r->keys[OTHER], SYM_DOMAIN_TABULATE, sym_span(other, sizeof other)),
        SYM_OK);
}

static void unmasks_only_for_enough_signatures(void **state)
{
    (void)state;
    static const struct refusal list[] = {
        {only_seven, SYM_BAD_VALUE},
        {one_altered, SYM_BAD_SIGNATURE},
        {one_twice, SYM_BAD_VALUE},
        {one_by_another, SYM_BAD_SIGNATURE},
        {one_of_who_did_not_survive, SYM_BAD_VALUE},
        {one_over_another_list, SYM_BAD_SIGNATURE},
        {tab_lie_longer, SYM_BAD_FORMAT},
        {tab_lie_shorter, SYM_BAD_FORMAT},
        {tab_lie_empty, SYM_BAD_FORMAT},
    };
    REFUSED(TAB_SIGNATURES, list, 0);
}

static void t_signatures_are_enough(void **state)
{
    (void)state;
    open_rig();
    tab_lie(VICTIM, false, TAB_SIGNATURES, one_less);
    tab_rig_begin(&rig);
    tab_rig_settle(&rig);
    assert_true(tab_lies_told());
    assert_int_equal(rig.errs[VICTIM], SYM_OK);
    assert_int_equal(rig.kept[VICTIM], 1);
    tab_rig_close(&rig);
}

static void unmasks_once(void **state)
{
    (void)state;
    open_rig();
    tab_rig_begin(&rig);
    while (rig.unmasked[VICTIM] == 0) {
        assert_true(tab_rig_round(&rig));
    }
    struct sym_tab_member *m = rig.members[VICTIM];
    assert_int_equal(m->pairs.len, 0);
    assert_int_equal(m->seed.len + m->mask.private_key.len + m->keys.len, 0);
    struct tab_bytes again = {0};
    assert_int_equal(
        sym_tab_payload_new(&again, TAB_SIGNATURES, sym_tab_bytes_span(&rig.lead->signatures)),
        SYM_OK);
    assert_int_equal(sym_tab_member_take(m, sym_tab_bytes_span(&again), 0), SYM_WRONG_STATE);
    assert_int_equal(sym_tab_member_unmasked(m), SYM_WRONG_STATE);
    sym_tab_bytes_clear(&again);
    tab_rig_close(&rig);
}

/* The release ----------------------------------------------------------------------------------
 */

static void edit_head(const struct tab_payload *p, void (*edit)(struct sym_release *r))
{
    struct sym_release r;
    SYM_ARENA_AUTO arena = {0};
    struct tab_bytes out = {0};
    assert_int_equal(sym_decode(&arena, &r, &sym_msg_release, tab_payload_content(p)), SYM_OK);
    edit(&r);
    assert_int_equal(sym_tab_encode(&out, &sym_msg_release, &r, 8192), SYM_OK);
    tab_payload_replace(p, TAB_RELEASE, sym_tab_bytes_span(&out));
    sym_tab_bytes_clear(&out);
}

static uint8_t zeros[4096];

#define EDIT(name, ...)                                                                            \
    static void edit_##name(struct sym_release *r)                                                 \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }                                                                                              \
    static void other_##name(struct tab_rig *rig_, const struct tab_payload *p)                    \
    {                                                                                              \
        (void)rig_;                                                                                \
        edit_head(p, edit_##name);                                                                 \
    }

EDIT(tabulation, r->tabulation.data = zeros;)
EDIT(qid, r->qid.data = zeros;)
EDIT(initiator, r->initiator.data = zeros;)
EDIT(query, r->query.len--;)
EDIT(dataset, r->dataset.len--;)
EDIT(purpose, r->purpose++;)
EDIT(basis, r->basis++;)
EDIT(cohort, r->cohort.len -= 32;)
EDIT(epochs, r->epochs.data = zeros;)
EDIT(survivors, r->survivors.len--;)
EDIT(quorum, r->quorum--;)
EDIT(colluders, r->colluders++;)
EDIT(noise_shares, r->noise_shares--;)
EDIT(sensitivity, r->sensitivity++;)
EDIT(half_width, r->half_width++;)
EDIT(threshold, r->threshold--;)
EDIT(cells, r->cells++;)
EDIT(suppressed, r->suppressed++;)
EDIT(ghosts, r->ghosts_per_million++;)
EDIT(consents, r->consents_hash.data = zeros;)
EDIT(survivors_hash, r->survivors_hash.data = zeros;)
EDIT(cells_hash, r->cells_hash.data = zeros;)

static void keeps_no_release_with_another_head(void **state)
{
    (void)state;
    static const struct refusal list[] = {
        {other_tabulation, SYM_BAD_VALUE},  {other_qid, SYM_BAD_VALUE},
        {other_initiator, SYM_BAD_VALUE},   {other_query, SYM_BAD_VALUE},
        {other_cohort, SYM_BAD_VALUE},      {other_epochs, SYM_BAD_VALUE},
        {other_survivors, SYM_BAD_VALUE},   {other_quorum, SYM_BAD_VALUE},
        {other_colluders, SYM_BAD_VALUE},   {other_noise_shares, SYM_BAD_VALUE},
        {other_sensitivity, SYM_BAD_VALUE}, {other_half_width, SYM_BAD_VALUE},
        {other_threshold, SYM_BAD_VALUE},   {other_cells, SYM_BAD_VALUE},
        {other_suppressed, SYM_BAD_VALUE},  {other_ghosts, SYM_BAD_VALUE},
        {other_consents, SYM_BAD_VALUE},    {other_survivors_hash, SYM_BAD_VALUE},
        {other_dataset, SYM_BAD_VALUE},     {other_purpose, SYM_BAD_VALUE},
        {other_basis, SYM_BAD_VALUE},       {other_cells_hash, SYM_BAD_VALUE},
        {tab_lie_shorter, SYM_BAD_FORMAT},  {tab_lie_empty, SYM_BAD_FORMAT},
    };
    REFUSED(TAB_RELEASE, list, 1);
}

static void another_cell(struct tab_rig *r, const struct tab_payload *p)
{
    (void)r;
    uint8_t *last = *p->bytes + *p->len - 1;
    *last = *last == 1 ? 2 : 1;
}

static void one_cell_more(struct tab_rig *r, const struct tab_payload *p)
{
    tab_lie_longer(r, p);
}

static void half_a_cell(struct tab_rig *r, const struct tab_payload *p)
{
    (void)r;
    (*p->bytes)[*p->len - 1] |= 0x80u;
}

static void no_cells(struct tab_rig *r, const struct tab_payload *p)
{
    (void)r;
    *p->len = 1;
}

/* A page that is one cell, by its end. */
static void a_cell_that_is_long(struct tab_rig *r, const struct tab_payload *p)
{
    static uint8_t page[SYM_CELLS_PAGE_BYTES];
    (void)r;
    memset(page, 0x80, sizeof page - 1);
    tab_payload_replace(p, TAB_CELLS, sym_span(page, sizeof page));
}

static void a_cell_of_eleven_bytes(struct tab_rig *r, const struct tab_payload *p)
{
    static const uint8_t page[] = {128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 0};
    (void)r;
    tab_payload_replace(p, TAB_CELLS, sym_span(page, sizeof page));
}

static void keeps_no_release_with_other_cells(void **state)
{
    (void)state;
    static const struct refusal list[] = {
        {another_cell, SYM_BAD_VALUE},         {one_cell_more, SYM_LIMIT},
        {half_a_cell, SYM_BAD_FORMAT},         {no_cells, SYM_BAD_FORMAT},
        {a_cell_that_is_long, SYM_BAD_FORMAT}, {a_cell_of_eleven_bytes, SYM_BAD_FORMAT},
    };
    REFUSED(TAB_CELLS, list, 1);
}

/* A cell below the threshold, with a head that says so. */
static uint64_t shown[72];
static uint8_t shown_bytes[720];
static uint8_t shown_hash[SYM_HASH_BYTES];
static size_t shown_len;

static void edit_shown(struct sym_release *r)
{
    r->suppressed--;
    r->cells_hash = sym_span(shown_hash, sizeof shown_hash);
}

static void head_of_shown(struct tab_rig *r, const struct tab_payload *p)
{
    struct sym_span head;
    struct sym_span cells;
    size_t n = 0;
    size_t done = 0;
    size_t at = 0;
    assert_int_equal(sym_tab_lead_release(r->lead, &head, &cells, 0), SYM_OK);
    assert_int_equal(sym_cells_read(shown, 72, &n, cells), SYM_OK);
    while (at < n && shown[at] != 0) {
        at++;
    }
    assert_true(at < n);
    shown[at] = 3;
    sym_cells_write(shown_bytes, sizeof shown_bytes, &shown_len, shown, n, &done);
    assert_int_equal(sym_sha256(shown_hash, sym_span(shown_bytes, shown_len)), SYM_OK);
    edit_head(p, edit_shown);
}

static void cells_of_shown(struct tab_rig *r, const struct tab_payload *p)
{
    (void)r;
    tab_payload_replace(p, TAB_CELLS, sym_span(shown_bytes, shown_len));
}

static void keeps_no_release_of_a_cell_below_the_threshold(void **state)
{
    (void)state;
    uint64_t few = 1; /* of 9: below 11 */
    open_rig();
    rig.extreme = &few;
    tab_lie(VICTIM, false, TAB_RELEASE, head_of_shown);
    tab_lie(VICTIM, false, TAB_CELLS, cells_of_shown);
    tab_rig_begin(&rig);
    tab_rig_settle(&rig);
    assert_true(tab_lies_told());
    assert_int_equal(rig.errs[VICTIM], SYM_BAD_VALUE);
    assert_int_equal(rig.kept[VICTIM], 0);
    assert_int_equal(rig.kept[OTHER], 1);
    tab_rig_close(&rig);
}

int main(void)
{
    if (sym_crypto_init() != SYM_OK) {
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signs_no_list_that_is_not_true),
        cmocka_unit_test(unmasks_only_for_enough_signatures),
        cmocka_unit_test(t_signatures_are_enough),
        cmocka_unit_test(unmasks_once),
        cmocka_unit_test(keeps_no_release_with_another_head),
        cmocka_unit_test(keeps_no_release_with_other_cells),
        cmocka_unit_test(keeps_no_release_of_a_cell_below_the_threshold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
