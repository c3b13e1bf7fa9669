/* A member that lies to the initiator: its leg is refused, and the others' sum is exact without it,
 * or with it where its vector was there already. */
#include "tests/support/tab_lies.h"

#include "proto/codec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define N    10u /* t = 8 */
#define LIAR 4u

static struct tab_rig rig;

struct refusal {
    tab_lie_fn *fn;
    enum sym_err err;
};

static void assert_refused(enum tab_type type, const struct refusal *list, size_t n,
                           uint32_t survivors)
{
    for (size_t i = 0; i < n; i++) {
        tab_rig_open(&rig, N, 6, 12);
        tab_lies_open(&rig);
        tab_lie(LIAR, true, type, list[i].fn);
        tab_rig_begin(&rig);
        tab_rig_run(&rig);
        assert_true(tab_lies_told());
        assert_int_equal(rig.lead_errs[LIAR], list[i].err);
        if (survivors == 0) {
            assert_int_equal(sym_tab_lead_phase(rig.lead), SYM_TAB_FAILED);
            assert_true(sym_tab_lead_unspent(rig.lead));
        } else {
            assert_int_equal(sym_tab_lead_phase(rig.lead), SYM_TAB_DONE);
            assert_int_equal(rig.lead->n_survivors, survivors);
            assert_true(tab_rig_exact(&rig));
            assert_true(tab_rig_keepers(&rig) >= N - 1);
        }
        tab_rig_close(&rig);
    }
}

#define REFUSED(type, list, survivors)                                                             \
    assert_refused(type, list, sizeof(list) / sizeof *(list), survivors)

/* Changes a message of a liar, who signs it. */
#define EDIT(name, type, body, kind, room, ...)                                                    \
    static void name(struct tab_rig *r, const struct tab_payload *p)                               \
    {                                                                                              \
        SYM_ARENA_AUTO arena = {0};                                                                \
        struct body m;                                                                             \
        struct tab_signed s;                                                                       \
        assert_int_equal(sym_tab_signed_read(&s, tab_payload_content(p)), SYM_OK);                 \
        assert_int_equal(sym_decode(&arena, &m, &kind, s.message), SYM_OK);                        \
        __VA_ARGS__                                                                                \
        tab_payload_sign(p, r, type, p->place, &kind, &m, room);                                   \
    }

static uint8_t zeros[16384];
static uint8_t changed[SYM_TAB_MEMBERS_MAX * 32u];

static void sign_by_another(struct tab_rig *r, const struct tab_payload *p)
{
    struct tab_signed s;
    uint8_t signature[SYM_SIGNATURE_BYTES];
    assert_int_equal(sym_tab_signed_read(&s, tab_payload_content(p)), SYM_OK);
    assert_int_equal(sym_sign(signature, &r->keys[LIAR + 1], SYM_DOMAIN_TABULATE, s.message),
                     SYM_OK);
    memcpy(*p->bytes + 1, signature, sizeof signature);
}

/* Consents -------------------------------------------------------------------------------------
 */

#define CONSENT(name, ...)                                                                         \
    EDIT(name, TAB_CONSENT, sym_tab_consent, sym_msg_tab_consent, 0, __VA_ARGS__)

CONSENT(consent_of_another_query, m.qid = sym_span(zeros, 32);)
CONSENT(consent_of_another_place, m.member++;)
CONSENT(consent_with_a_key_that_there_is,
        m.mask_key = sym_span(r->lead->consenting[0].mask_key, 32);)
CONSENT(consent_with_one_key, m.mask_key = m.channel_key;)

static void refuses_consents_that_are_not_in_order(void **state)
{
    (void)state;
    static const struct refusal list[] = {
        {tab_lie_last_byte, SYM_BAD_SIGNATURE},
        {sign_by_another, SYM_BAD_SIGNATURE},
        {consent_of_another_query, SYM_BAD_VALUE},
        {consent_of_another_place, SYM_BAD_VALUE},
        {consent_with_a_key_that_there_is, SYM_REPLAY},
        {consent_with_one_key, SYM_REPLAY},
        {tab_lie_empty, SYM_BAD_FORMAT},
        {tab_lie_unknown, SYM_BAD_FORMAT},
        {tab_lie_send, SYM_WRONG_STATE},
    };
    REFUSED(TAB_CONSENT, list, N - 1);
}

/* Shares ---------------------------------------------------------------------------------------
 */

#define SHARES(name, ...)                                                                          \
    EDIT(name, TAB_SHARES, sym_tab_shares, sym_msg_tab_shares, sizeof zeros, __VA_ARGS__)

SHARES(shares_of_another_query, m.qid = sym_span(zeros, 32);)
SHARES(shares_of_other_consents, m.consents_hash = sym_span(zeros, 32);)
SHARES(shares_of_another_place, m.member++;)
SHARES(shares_for_too_few, m.sealed.len -= SYM_TAB_BOX_BYTES;)

static void shares_that_are_not_in_order_end_it_unspent(void **state)
{
    (void)state;
    static const struct refusal list[] = {
        {tab_lie_last_byte, SYM_BAD_SIGNATURE},   {sign_by_another, SYM_BAD_SIGNATURE},
        {shares_of_another_query, SYM_REPLAY},    {shares_of_other_consents, SYM_REPLAY},
        {shares_of_another_place, SYM_BAD_VALUE}, {shares_for_too_few, SYM_BAD_VALUE},
    };
    REFUSED(TAB_SHARES, list, 0);
}

SHARES(shares_that_do_not_open, m.sealed.data = zeros;)

/* All others find their box of the liar broken, and send nothing. */
static void boxes_that_do_not_open_stop_their_receivers(void **state)
{
    (void)state;
    tab_rig_open(&rig, N, 6, 12);
    tab_lies_open(&rig);
    tab_lie(LIAR, true, TAB_SHARES, shares_that_do_not_open);
    tab_rig_begin(&rig);
    tab_rig_run(&rig);
    assert_int_equal(sym_tab_lead_phase(rig.lead), SYM_TAB_FAILED);
    for (uint32_t i = 0; i < N; i++) {
        assert_int_equal(rig.errs[i], i == LIAR ? SYM_OK : SYM_BAD_TAG);
        assert_true(rig.debited[i] == 0 || i == LIAR);
    }
    tab_rig_close(&rig);
}

/* Vectors --------------------------------------------------------------------------------------
 */

#define VECTOR(name, ...) EDIT(name, TAB_VECTOR, sym_tab_vector, sym_msg_tab_vector, 0, __VA_ARGS__)

VECTOR(vector_with_another_hash, m.vector_hash = sym_span(zeros, 32);)
VECTOR(vector_of_another_query, m.qid = sym_span(zeros, 32);)
VECTOR(vector_of_other_consents, m.consents_hash = sym_span(zeros, 32);)
VECTOR(vector_of_another_place, m.member++;)

static void a_tile_more(struct tab_rig *r, const struct tab_payload *p)
{
    (void)r;
    (*p->bytes)[0] = TAB_TILE;
}

static void vector_before_its_tiles(struct tab_rig *r, const struct tab_payload *p)
{
    (void)r;
    (*p->bytes)[0] = TAB_VECTOR;
}

static void a_cell_less(struct tab_rig *r, const struct tab_payload *p)
{
    (void)r;
    *p->len -= 8;
}

static void leaves_out_who_sends_no_true_vector(void **state)
{
    (void)state;
    static const struct refusal vectors[] = {
        {tab_lie_last_byte, SYM_BAD_SIGNATURE},
        {sign_by_another, SYM_BAD_SIGNATURE},
        {vector_with_another_hash, SYM_BAD_VALUE},
        {vector_of_another_query, SYM_REPLAY},
        {vector_of_other_consents, SYM_REPLAY},
        {vector_of_another_place, SYM_BAD_VALUE},
        {a_tile_more, SYM_WRONG_STATE},
    };
    static const struct refusal tiles[] = {
        {tab_lie_shorter, SYM_BAD_VALUE},
        {tab_lie_longer, SYM_BAD_VALUE},
        {a_cell_less, SYM_BAD_VALUE},
        {tab_lie_last_byte, SYM_BAD_VALUE},
        {vector_before_its_tiles, SYM_WRONG_STATE},
    };
    REFUSED(TAB_VECTOR, vectors, N - 1);
    REFUSED(TAB_TILE, tiles, N - 1);
}

static void refuses_a_vector_that_comes_late(void **state)
{
    (void)state;
    uint8_t tile[1 + 72 * 8] = {TAB_TILE};
    tab_rig_open(&rig, N, 6, 12);
    rig.leaves[LIAR] = TAB_TILE;
    rig.silent = true;
    tab_rig_begin(&rig);
    tab_rig_run(&rig);
    assert_int_equal(sym_tab_lead_phase(rig.lead), SYM_TAB_DONE);
    assert_int_equal(rig.lead->n_survivors, N - 1);
    assert_int_equal(sym_tab_lead_take(rig.lead, LIAR, sym_span(tile, sizeof tile), rig.now_ms),
                     SYM_WRONG_STATE);
    assert_true(tab_rig_exact(&rig));
    tab_rig_close(&rig);
}

/* Survivors and unmasking ----------------------------------------------------------------------
 */

static void leaves_out_who_signs_something_else(void **state)
{
    (void)state;
    static const struct refusal list[] = {
        {tab_lie_last_byte, SYM_BAD_SIGNATURE},
        {tab_lie_shorter, SYM_BAD_FORMAT},
        {tab_lie_send, SYM_WRONG_STATE},
    };
    REFUSED(TAB_SIGNATURE, list, N);
}

#define UNMASK(name, ...)                                                                          \
    EDIT(name, TAB_UNMASK, sym_tab_unmask, sym_msg_tab_unmask, sizeof changed, __VA_ARGS__)

UNMASK(unmask_of_another_query, m.qid = sym_span(zeros, 32);)
UNMASK(unmask_of_other_consents, m.consents_hash = sym_span(zeros, 32);)
UNMASK(unmask_of_other_survivors, m.survivors_hash = sym_span(zeros, 32);)
UNMASK(unmask_of_another_place, m.member++;)
UNMASK(unmask_of_too_few, m.shares.len -= 32;)

static void leaves_out_who_unmasks_something_else(void **state)
{
    (void)state;
    static const struct refusal list[] = {
        {tab_lie_last_byte, SYM_BAD_SIGNATURE},  {sign_by_another, SYM_BAD_SIGNATURE},
        {unmask_of_another_query, SYM_REPLAY},   {unmask_of_other_consents, SYM_REPLAY},
        {unmask_of_other_survivors, SYM_REPLAY}, {unmask_of_another_place, SYM_BAD_VALUE},
        {unmask_of_too_few, SYM_BAD_VALUE},
    };
    REFUSED(TAB_UNMASK, list, N);
}

/* Signed, and well formed: only the commitments tell that a share is wrong. */
UNMASK(
    unmask_with_a_wrong_share, memcpy(changed, m.shares.data, m.shares.len);
    for (uint32_t i = 0; i < 32; i++) {
        changed[32 + i] ^= (uint8_t)((p->place + 3) * (2 * i + 5) * 37 + p->place + 1);
    } m.shares.data = changed;)
UNMASK(unmask_with_wrong_shares, m.shares.data = zeros;)

static void finds_who_gives_wrong_shares(void **state)
{
    (void)state;
    static tab_lie_fn *const wrong[] = {unmask_with_a_wrong_share, unmask_with_wrong_shares};
    for (size_t i = 0; i < 2; i++) {
        tab_rig_open(&rig, N, 6, 12);
        rig.leaves[7] = i == 0 ? TAB_VECTOR : TAB_NO_TYPE;
        tab_lies_open(&rig);
        tab_lie(LIAR, true, TAB_UNMASK, wrong[i]);
        tab_rig_begin(&rig);
        tab_rig_run(&rig);
        assert_true(tab_lies_told());
        assert_int_equal(sym_tab_lead_phase(rig.lead), SYM_TAB_DONE);
        assert_true(rig.lead->legs[LIAR].misfits);
        assert_true(tab_rig_exact(&rig));
        tab_rig_close(&rig);
    }
}

/* Together, about the same secret: as many as there are more than t. */
static void finds_as_many_who_give_wrong_shares_as_are_not_needed(void **state)
{
    (void)state;
    static const struct {
        uint32_t n;
        uint32_t liars[4];
        uint32_t n_liars;
    } list[] = {
        {6, {2}, 1}, {10, {0, 1}, 2}, {10, {3, 9}, 2}, {20, {0, 1, 2, 19}, 4}, {60, {0, 7, 59}, 3}};
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        tab_rig_open(&rig, list[i].n, 6, 12);
        rig.quick = true;
        tab_lies_open(&rig);
        for (uint32_t j = 0; j < list[i].n_liars; j++) {
            tab_lie(list[i].liars[j], true, TAB_UNMASK, unmask_with_a_wrong_share);
        }
        tab_rig_begin(&rig);
        tab_rig_run(&rig);
        assert_true(tab_lies_told());
        assert_int_equal(sym_tab_lead_phase(rig.lead), SYM_TAB_DONE);
        uint32_t found = 0;
        for (uint32_t place = 0; place < list[i].n; place++) {
            found += sym_tab_lead_misfits(rig.lead, place);
        }
        for (uint32_t j = 0; j < list[i].n_liars; j++) {
            found -= sym_tab_lead_misfits(rig.lead, list[i].liars[j]);
        }
        assert_int_equal(found, 0);
        assert_true(tab_rig_exact(&rig));
        tab_rig_close(&rig);
    }
}

/* One more than that, and it ends with who may have been it. */
static void names_who_may_have_lied_when_too_many_did(void **state)
{
    (void)state;
    tab_rig_open(&rig, 10, 6, 12);
    tab_lies_open(&rig);
    for (uint32_t place = 2; place < 5; place++) {
        tab_lie(place, true, TAB_UNMASK, unmask_with_wrong_shares);
    }
    tab_rig_begin(&rig);
    tab_rig_run(&rig);
    assert_true(tab_lies_told());
    assert_int_equal(sym_tab_lead_phase(rig.lead), SYM_TAB_FAILED);
    assert_int_equal(tab_rig_keepers(&rig), 0);
    const char *fault = sym_tab_lead_fault(rig.lead);
    assert_non_null(strstr(fault, "of 10 participants that gave them at least 3 gave wrong ones"));
    char id[17];
    sym_hex(id, rig.parties[0].id, 8); /* whose secret it is */
    assert_non_null(strstr(fault, id));
    tab_rig_close(&rig);
}

/* With exactly t left nobody can tell who lied, and nothing is released. */
/* Wrong shares could be told from right ones, if there were memory to look. */
static void names_nobody_when_it_has_no_memory_to_look_who_lied(void **state)
{
    (void)state;
    tab_rig_open(&rig, N, 6, 12);
    tab_lies_open(&rig);
    tab_lie(LIAR, true, TAB_UNMASK, unmask_with_wrong_shares);
    tab_rig_begin(&rig);
    tab_rig_starve(sizeof(struct lead_search));
    tab_rig_run(&rig);
    tab_rig_starve(0);
    assert_true(tab_lies_told());
    assert_int_equal(sym_tab_lead_phase(rig.lead), SYM_TAB_FAILED);
    assert_int_equal(rig.sum_err, SYM_NO_MEMORY);
    assert_non_null(strstr(sym_tab_lead_fault(rig.lead), sym_err_text(SYM_NO_MEMORY)));
    assert_null(strstr(sym_tab_lead_fault(rig.lead), "node "));
    for (uint32_t place = 0; place < N; place++) {
        assert_false(sym_tab_lead_misses(rig.lead, place));
    }
    tab_rig_close(&rig);
}

/* For the cells of one participant, when nobody's are on their way: none will become free. */
static void ends_when_it_has_no_memory_to_ask_anybody(void **state)
{
    (void)state;
    tab_rig_open(&rig, N, 6, 12);
    tab_rig_begin(&rig);
    tab_rig_starve((size_t)rig.cells * sizeof(uint64_t));
    tab_rig_run(&rig);
    tab_rig_starve(0);
    assert_int_equal(sym_tab_lead_phase(rig.lead), SYM_TAB_FAILED);
    assert_true(sym_tab_lead_unspent(rig.lead));
    assert_non_null(strstr(sym_tab_lead_fault(rig.lead), sym_err_text(SYM_NO_MEMORY)));
    for (uint32_t place = 0; place < N; place++) {
        assert_false(sym_tab_lead_misses(rig.lead, place));
    }
    tab_rig_close(&rig);
}

static void releases_nothing_when_shares_do_not_fit(void **state)
{
    (void)state;
    tab_rig_open(&rig, N, 6, 12);
    rig.leaves[7] = rig.leaves[8] = TAB_VECTOR;
    tab_lies_open(&rig);
    tab_lie(LIAR, true, TAB_UNMASK, unmask_with_a_wrong_share);
    tab_rig_begin(&rig);
    tab_rig_run(&rig);
    assert_int_equal(sym_tab_lead_phase(rig.lead), SYM_TAB_FAILED);
    assert_int_equal(tab_rig_keepers(&rig), 0);
    tab_rig_close(&rig);
}

static void refuses_a_signature_over_another_release(void **state)
{
    (void)state;
    static const struct refusal list[] = {
        {tab_lie_last_byte, SYM_BAD_SIGNATURE},
        {tab_lie_longer, SYM_BAD_FORMAT},
    };
    REFUSED(TAB_KEPT, list, N);
}

/* Is refused the second time. */
static void say_twice(struct tab_rig *r, const struct tab_payload *p)
{
    assert_int_equal(sym_tab_lead_take(r->lead, LIAR, sym_span(*p->bytes, *p->len), r->now_ms),
                     SYM_OK);
}

static void refuses_what_was_said_already(void **state)
{
    (void)state;
    static const struct refusal list[] = {{say_twice, SYM_WRONG_STATE}};
    REFUSED(TAB_CONSENT, list, N - 1);
    REFUSED(TAB_SHARES, list, 0);
    REFUSED(TAB_TILE, list, N - 1);
    REFUSED(TAB_VECTOR, list, N);
    REFUSED(TAB_SIGNATURE, list, N);
    REFUSED(TAB_UNMASK, list, N);
    REFUSED(TAB_KEPT, list, N);
}

/* The caller -----------------------------------------------------------------------------------
 */

static void refuses_impossible_configurations(void **state)
{
    (void)state;
    struct sym_tab_lead *l = NULL;
    tab_rig_open(&rig, N, 6, 12);
    struct sym_tab_lead_config good = {.question = rig.question, .minimum = 5, .phase_ms = 1000};
    good.question.query = sym_tab_bytes_span(&rig.query);
    struct sym_tab_lead_config bad[6];
    for (size_t i = 0; i < 6; i++) {
        bad[i] = good;
    }
    bad[0].minimum = N + 1;
    bad[1].minimum = 2;
    bad[2].question.n = 2;
    bad[3].phase_ms = 0;
    bad[4].question.dataset.len = 0;
    bad[5].question.query = sym_span(zeros, 3);
    for (size_t i = 0; i < 6; i++) {
        struct sym_fault fault = {0};
        assert_int_not_equal(sym_tab_lead_new(&l, &bad[i], &fault), SYM_OK);
        assert_int_not_equal(strlen(fault.text), 0);
    }
    tab_rig_begin(&rig);
    assert_int_equal(sym_tab_lead_looked(rig.lead, NULL, 1), SYM_WRONG_STATE);
    assert_int_equal(sym_tab_lead_kept(rig.lead), SYM_WRONG_STATE);
    assert_int_equal(sym_tab_lead_take(rig.lead, N, sym_span(zeros, 3), 1), SYM_WRONG_STATE);
    tab_rig_close(&rig);
}

int main(void)
{
    if (sym_crypto_init() != SYM_OK) {
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_consents_that_are_not_in_order),
        cmocka_unit_test(shares_that_are_not_in_order_end_it_unspent),
        cmocka_unit_test(boxes_that_do_not_open_stop_their_receivers),
        cmocka_unit_test(leaves_out_who_sends_no_true_vector),
        cmocka_unit_test(refuses_a_vector_that_comes_late),
        cmocka_unit_test(leaves_out_who_signs_something_else),
        cmocka_unit_test(leaves_out_who_unmasks_something_else),
        cmocka_unit_test(finds_who_gives_wrong_shares),
        cmocka_unit_test(finds_as_many_who_give_wrong_shares_as_are_not_needed),
        cmocka_unit_test(names_who_may_have_lied_when_too_many_did),
        cmocka_unit_test(names_nobody_when_it_has_no_memory_to_look_who_lied),
        cmocka_unit_test(ends_when_it_has_no_memory_to_ask_anybody),
        cmocka_unit_test(releases_nothing_when_shares_do_not_fit),
        cmocka_unit_test(refuses_a_signature_over_another_release),
        cmocka_unit_test(refuses_what_was_said_already),
        cmocka_unit_test(refuses_impossible_configurations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
