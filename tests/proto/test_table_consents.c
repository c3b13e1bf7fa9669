/* What is asked, what is consented to, and askers who tell each party something else. */
#include "proto/codec.h"
#include "tests/support/table_lies.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define N 3u
#define T N

static struct table_rig rig;
static size_t lies;

static void open_rig(void)
{
    lies = 0;
    table_rig_make(&rig, N, SYM_TABLE_NOBODY, 11);
    table_rig_plant(&rig, 7, 3);
    table_rig_open(&rig, 0);
}

static void run(table_tap_fn *tap)
{
    open_rig();
    rig.tap = tap;
    table_rig_run(&rig);
    assert_true(lies > 0);
}

static void assert_failure(struct sym_table_failure f, uint32_t place, enum sym_table_cause cause)
{
    assert_int_equal(f.place, place);
    assert_int_equal(f.cause, cause);
}

static struct sym_table_failure failure_of(uint32_t place)
{
    return sym_table_member_failure(rig.parties[place].member);
}

/* Consents ---------------------------------------------------------------------------------------
 */

static uint8_t other[SYM_HASH_BYTES] = {1, 2, 3};
static struct sym_element stolen;

static void lie_qid(struct sym_table_consent *c)
{
    c->qid = sym_span(other, sizeof other);
}

static void lie_member(struct sym_table_consent *c)
{
    c->member = 0;
}

static void lie_no_key(struct sym_table_consent *c)
{
    c->key = sym_span(NULL, 0);
}

static void lie_identity(struct sym_table_consent *c)
{
    static const uint8_t zeros[SYM_ELEMENT_BYTES];
    c->key = sym_span(zeros, sizeof zeros);
}

static void lie_stolen_key(struct sym_table_consent *c)
{
    c->key = sym_span(stolen.bytes, sizeof stolen.bytes);
}

static void lie_elements(struct sym_table_consent *c)
{
    c->elements += 1;
}

static void lie_epoch(struct sym_table_consent *c)
{
    c->epoch += 1;
}

static table_consent_lie_fn *consent_lie;
static uint32_t liar;

static bool tap_consent(struct table_rig *r, struct table_sent *s)
{
    if (s->type == TABLE_CONSENT && s->from == 0) {
        SYM_ARENA_AUTO arena = {0};
        struct sym_table_consent c;
        assert_int_equal(
            sym_decode(&arena, &c, &sym_msg_table_consent, sym_span(s->bytes + 65, s->len - 65)),
            SYM_OK);
        memcpy(stolen.bytes, c.key.data, sizeof stolen.bytes);
    }
    if (s->type == TABLE_CONSENT && s->from == liar) {
        table_lie_consent(r, s, consent_lie);
        lies++;
    }
    return true;
}

static void consents_that_do_not_fit_are_refused_and_named(void **state)
{
    (void)state;
    static const struct {
        table_consent_lie_fn *lie;
        uint32_t liar;
    } cases[] = {{lie_qid, 1},        {lie_member, 1},     {lie_no_key, 1},   {lie_identity, 1},
                 {lie_stolen_key, 1}, {lie_stolen_key, T}, {lie_elements, T}, {lie_epoch, T}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        consent_lie = cases[i].lie;
        liar = cases[i].liar;
        run(tap_consent);
        assert_int_equal(sym_table_lead_phase(rig.lead), SYM_TABLE_FAILED);
        assert_failure(sym_table_lead_failure(rig.lead), liar, SYM_TABLE_CAUSE_CONSENT);
        assert_null(sym_table_lead_consents_hash(rig.lead));
        assert_failure(failure_of(liar == 0 ? 1 : 0), liar, SYM_TABLE_CAUSE_CONSENT);
        table_rig_close(&rig);
    }
}

static bool tap_forge(struct table_rig *r, struct table_sent *s)
{
    (void)r;
    if (s->type == TABLE_CONSENT && s->from == 1) {
        s->bytes[s->len - 1] ^= 1;
        lies++;
    }
    return true;
}

static void a_forged_consent_is_refused(void **state)
{
    (void)state;
    run(tap_forge);
    assert_failure(sym_table_lead_failure(rig.lead), 1, SYM_TABLE_CAUSE_CONSENT);
    table_rig_close(&rig);
}

/* The last to consent knows the others' keys, and could choose its own so that all cancel out. */
static struct sym_element sum;
static size_t summed;

static void lie_cancels(struct sym_table_consent *c)
{
    c->key = sym_span(sum.bytes, sizeof sum.bytes);
}

static bool tap_cancel(struct table_rig *r, struct table_sent *s)
{
    struct sym_scalar one = {{1}};
    struct sym_scalar minus;
    if (s->type == TABLE_CONSENT && s->from < 2) {
        SYM_ARENA_AUTO arena = {0};
        struct sym_table_consent c;
        assert_int_equal(
            sym_decode(&arena, &c, &sym_msg_table_consent, sym_span(s->bytes + 65, s->len - 65)),
            SYM_OK);
        struct sym_element key;
        memcpy(key.bytes, c.key.data, sizeof key.bytes);
        assert_int_equal(sym_scalar_negate(&minus, &one), SYM_OK);
        assert_int_equal(sym_ristretto_multiply(&key, NULL, r->with, &key, 1, &minus), SYM_OK);
        if (summed++ == 0) {
            sum = key;
        } else {
            assert_int_equal(sym_ristretto_add(&sum, NULL, r->with, &sum, &key, 1), SYM_OK);
        }
    }
    if (s->type == TABLE_CONSENT && s->from == 2) {
        table_lie_consent(r, s, lie_cancels);
        lies++;
    }
    return true;
}

static void keys_that_cancel_out_are_refused(void **state)
{
    (void)state;
    open_rig();
    rig.tap = tap_cancel;
    rig.parties[2].holds = true;
    rig.parties[T].holds = true;
    summed = 0;
    table_rig_run(&rig);
    rig.parties[T].holds = false;
    table_rig_run(&rig);
    rig.parties[2].holds = false;
    table_rig_run(&rig);
    assert_int_equal(lies, 1);
    assert_failure(sym_table_lead_failure(rig.lead), 2, SYM_TABLE_CAUSE_CONSENT);
    table_rig_close(&rig);
}

/* Askers -----------------------------------------------------------------------------------------
 */

static uint32_t victim, replaced, signer;

static bool tap_consents(struct table_rig *r, struct table_sent *s)
{
    if (s->type == TABLE_CONSENTS && s->to == victim) {
        table_lie_consents(r, s, replaced, signer, consent_lie);
        lies++;
    }
    return true;
}

static void an_asker_that_replaces_a_consent_is_named(void **state)
{
    (void)state;
    static const struct {
        uint32_t victim, replaced, signer, place;
        table_consent_lie_fn *lie;
        enum sym_table_cause cause;
    } cases[] = {
        {0, 1, T, SYM_TABLE_ASKER, lie_elements, SYM_TABLE_CAUSE_CONSENTS}, /* forged */
        {0, 0, 0, SYM_TABLE_ASKER, lie_elements, SYM_TABLE_CAUSE_CONSENTS}, /* the own one */
        {0, 1, 1, SYM_TABLE_ASKER, lie_qid, SYM_TABLE_CAUSE_CONSENTS},      /* of another table */
        {0, 1, 1, 1, lie_no_key, SYM_TABLE_CAUSE_CONSENT},                  /* with its help */
        {0, T, T, T, lie_elements, SYM_TABLE_CAUSE_CONSENT},
        {T, 1, 1, 1, lie_identity, SYM_TABLE_CAUSE_CONSENT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        victim = cases[i].victim;
        replaced = cases[i].replaced;
        signer = cases[i].signer;
        consent_lie = cases[i].lie;
        run(tap_consents);
        assert_failure(failure_of(victim), cases[i].place, cases[i].cause);
        assert_false(sym_table_member_is_open(rig.parties[victim].member));
        assert_int_equal(sym_table_lead_phase(rig.lead), SYM_TABLE_FAILED);
        table_rig_close(&rig);
    }
}

/* Too long to be one, and signed by nobody. */
static bool tap_long_consent(struct table_rig *r, struct table_sent *s)
{
    static uint8_t bytes[4096];
    struct sym_reader in = sym_reader(sym_span(s->bytes + 1, s->len - 1));
    struct sym_writer w = sym_writer(bytes, sizeof bytes);
    if (s->type != TABLE_CONSENTS || s->to != 0) {
        return true;
    }
    sym_write_u8(&w, TABLE_CONSENTS);
    for (uint32_t i = 0; i <= r->n; i++) {
        static const uint8_t junk[SYM_TABLE_SIGNED_BYTES_MAX + 1];
        struct sym_span one = sym_tab_consents_next(&in);
        one = i == 1 ? sym_span(junk, sizeof junk) : one;
        sym_write_u16(&w, (uint16_t)one.len);
        sym_write_span(&w, one);
    }
    assert_int_equal(w.err, SYM_OK);
    free(s->bytes);
    s->bytes = malloc(w.len);
    assert_non_null(s->bytes);
    memcpy(s->bytes, bytes, w.len);
    s->len = w.len;
    lies++;
    return true;
}

static void an_asker_that_shows_no_consent_for_a_party_is_named(void **state)
{
    (void)state;
    run(tap_long_consent);
    assert_failure(failure_of(0), SYM_TABLE_ASKER, SYM_TABLE_CAUSE_CONSENTS);
    table_rig_close(&rig);
}

static uint8_t right_hash[SYM_HASH_BYTES];

/* Party 1 is shown that party 2 consented to another epoch, with its help, and the asker overlooks
 * that it is ready for other consents than the rest. */
static bool tap_two_consents(struct table_rig *r, struct table_sent *s)
{
    if (s->type == TABLE_CONSENTS && s->to == 1) {
        table_lie_consents(r, s, 2, 2, lie_epoch);
        lies++;
    }
    if (s->type == TABLE_READY && s->from == 0) {
        memcpy(right_hash, s->bytes + 1, sizeof right_hash);
    }
    if (s->type == TABLE_READY && s->from == 1 && r->tap_context != NULL) {
        memcpy(s->bytes + 1, right_hash, sizeof right_hash);
    }
    return true;
}

static void two_lists_of_consents_for_one_table_come_to_nothing(void **state)
{
    (void)state;
    run(tap_two_consents);
    assert_failure(sym_table_lead_failure(rig.lead), 1, SYM_TABLE_CAUSE_PROTOCOL);
    table_rig_close(&rig);
    open_rig();
    rig.tap = tap_two_consents;
    rig.tap_context = &rig;
    table_rig_run(&rig);
    assert_int_equal(sym_table_lead_phase(rig.lead), SYM_TABLE_FAILED);
    assert_int_equal(sym_table_lead_failure(rig.lead).cause, SYM_TABLE_CAUSE_PROTOCOL);
    assert_null(rig.rows[0].rows);
    assert_null(rig.rows[1].rows);
    table_rig_close(&rig);
}

static bool tap_cut_consents(struct table_rig *r, struct table_sent *s)
{
    (void)r;
    if (s->type == TABLE_CONSENTS && s->to == 0) {
        s->len -= 7;
        lies++;
    }
    return true;
}

static bool tap_long_go(struct table_rig *r, struct table_sent *s)
{
    (void)r;
    if (s->type == TABLE_GO && s->to == 0) {
        s->bytes = realloc(s->bytes, 2);
        assert_non_null(s->bytes);
        s->bytes[1] = 0;
        s->len = 2;
        lies++;
    }
    return true;
}

static bool tap_go_early(struct table_rig *r, struct table_sent *s)
{
    (void)r;
    if (s->type == TABLE_CONSENTS && s->to == 0) {
        s->bytes[0] = TABLE_GO;
        lies++;
    }
    return true;
}

static void what_is_no_turn_of_the_asker_is_refused(void **state)
{
    (void)state;
    static const struct {
        table_tap_fn *tap;
        enum sym_table_cause cause;
    } cases[] = {{tap_cut_consents, SYM_TABLE_CAUSE_CONSENTS},
                 {tap_long_go, SYM_TABLE_CAUSE_PROTOCOL},
                 {tap_go_early, SYM_TABLE_CAUSE_PROTOCOL}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        run(cases[i].tap);
        assert_failure(failure_of(0), SYM_TABLE_ASKER, cases[i].cause);
        table_rig_close(&rig);
    }
}

/* One party is asked something else: its consent is for another query. */
static void who_is_asked_otherwise_consents_to_another_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < 10; i++) {
        open_rig();
        struct sym_table_question q = rig.question;
        struct sym_table_member *m = NULL;
        switch (i) {
        case 0:
            q.mode = SYM_TABLE_DP;
            q.epsilon_nano = 1000000000u;
            break;
        case 1:
            q.purpose++;
            break;
        case 2:
            q.basis++;
            break;
        case 3:
            q.type++;
            break;
        case 4:
            q.type_version++;
            break;
        case 5:
            q.canon_version++;
            break;
        case 6:
            memcpy(q.dataset, "other", 6);
            break;
        case 7:
            q.table[3] ^= 1;
            break;
        case 8:
            q.asker[3] ^= 1;
            break;
        case 9:
            memcpy(q.parties[T].id, other, sizeof other);
            break; /* another tallier */
        default:
            break;
        }
        const struct sym_table_member_config c = {
            .question = q, .place = 1, .identity = &rig.parties[1].key, .with = rig.with};
        assert_int_equal(sym_table_member_new(&m, &c), SYM_OK);
        sym_table_member_free(rig.parties[1].member);
        rig.parties[1].member = m;
        table_rig_run(&rig);
        assert_failure(sym_table_lead_failure(rig.lead), 1, SYM_TABLE_CAUSE_CONSENT);
        assert_false(sym_table_member_is_open(m));
        table_rig_close(&rig);
    }
}

/* Parameters -------------------------------------------------------------------------------------
 */

static void parameters_say_what_the_question_is(void **state)
{
    (void)state;
    uint8_t bytes[1024];
    uint8_t cohort[SYM_TABLE_LISTS_MAX * SYM_HASH_BYTES];
    size_t len = 0;
    struct sym_overlap_table p;
    struct sym_table_question q;
    SYM_ARENA_AUTO arena = {0};
    open_rig();
    sym_table_parameters(&p, cohort, &rig.question);
    assert_int_equal(sym_encode(bytes, sizeof bytes, &len, &sym_msg_overlap_table, &p), SYM_OK);
    assert_int_equal(sym_decode(&arena, &p, &sym_msg_overlap_table, sym_span(bytes, len)), SYM_OK);
    assert_int_equal(sym_table_check(&p, rig.question.asker, NULL), SYM_OK);
    sym_table_question_from(&q, &p, rig.question.asker);
    assert_int_equal(q.n, N);
    for (uint32_t i = 0; i <= N; i++) {
        uint32_t place = 99;
        assert_memory_equal(q.parties[i].id, rig.question.parties[i].id, SYM_HASH_BYTES);
        assert_int_equal(sym_table_place(&place, &q, rig.question.parties[i].id), SYM_OK);
        assert_int_equal(place, i);
    }
    uint32_t place = 99;
    assert_int_equal(sym_table_place(&place, &q, rig.question.asker), SYM_NOT_FOUND);
    table_rig_close(&rig);
}

static void what_cannot_be_asked_is_refused_in_words(void **state)
{
    (void)state;
    uint8_t cohort[SYM_TABLE_LISTS_MAX * SYM_HASH_BYTES];
    open_rig();
    for (size_t i = 0; i < 13; i++) {
        struct sym_overlap_table p;
        struct sym_fault fault = {0};
        uint8_t asker[SYM_HASH_BYTES];
        memcpy(asker, rig.question.asker, sizeof asker);
        sym_table_parameters(&p, cohort, &rig.question);
        switch (i) {
        case 0:
            p.suite = SYM_TABLE_SUITE_DP;
            break;
        case 1:
            p.cohort.len = 2 * SYM_HASH_BYTES;
            break;
        case 2:
            p.cohort.len -= 1;
            break;
        case 3:
            memcpy(cohort, cohort + SYM_HASH_BYTES, SYM_HASH_BYTES);
            break;
        case 4:
            memset(cohort, 0xff, SYM_HASH_BYTES);
            break;
        case 5:
            p.tallier = sym_span(cohort + SYM_HASH_BYTES, SYM_HASH_BYTES);
            break;
        case 6:
            p.tallier = sym_span(asker, sizeof asker);
            break;
        case 7:
            p.mode = SYM_TABLE_MODE_END;
            break;
        case 8:
            p.epsilon_nano = 1000000000u;
            break;
        case 9:
            p.mode = SYM_TABLE_DP;
            p.suite = SYM_TABLE_SUITE_DP;
            break;
        case 10:
            p.mode = SYM_TABLE_DP;
            p.suite = SYM_TABLE_SUITE_DP;
            p.epsilon_nano = SYM_EPSILON_NANO_MAX + 1u;
            break;
        case 11:
            p.type = 0;
            break;
        case 12: /* what a node asks for whose noise would be too small */
            p.mode = SYM_TABLE_DP;
            p.epsilon_nano = SYM_EPSILON_NANO_MAX;
            break;
        default:
            break;
        }
        assert_int_equal(sym_table_check(&p, asker, &fault),
                         i == 0 || i == 12 ? SYM_UNSUPPORTED : SYM_BAD_VALUE);
        assert_true(fault.text[0] != '\0' && strlen(fault.text) <= SYM_REASON_BYTES_MAX);
    }
    table_rig_close(&rig);
}

static void answers_to_what_is_not_wanted_are_refused(void **state)
{
    (void)state;
    open_rig();
    struct sym_table_member *m = rig.parties[0].member;
    assert_int_equal(sym_table_member_agree(m), SYM_WRONG_STATE);
    assert_int_equal(sym_table_member_started(m), SYM_WRONG_STATE);
    assert_int_equal(sym_table_member_evaluated(m), SYM_WRONG_STATE);
    assert_int_equal(sym_table_member_debited(m), SYM_WRONG_STATE);
    assert_int_equal(sym_table_member_sending(m), SYM_WRONG_STATE);
    assert_int_equal(sym_table_member_kept(m), SYM_WRONG_STATE);
    assert_int_equal(sym_table_member_released(m, sym_span(NULL, 0), 0), SYM_WRONG_STATE);
    assert_int_equal(sym_table_member_consent(m, SYM_TABLE_SET_MAX + 1u, 1), SYM_BAD_VALUE);
    assert_int_equal(sym_table_member_consent(rig.parties[T].member, 1, 0), SYM_BAD_VALUE);
    assert_null(sym_table_member_agreed(m));
    assert_int_equal(sym_table_lead_kept(rig.lead), SYM_WRONG_STATE);
    table_rig_close(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(consents_that_do_not_fit_are_refused_and_named),
        cmocka_unit_test(a_forged_consent_is_refused),
        cmocka_unit_test(keys_that_cancel_out_are_refused),
        cmocka_unit_test(an_asker_that_replaces_a_consent_is_named),
        cmocka_unit_test(an_asker_that_shows_no_consent_for_a_party_is_named),
        cmocka_unit_test(two_lists_of_consents_for_one_table_come_to_nothing),
        cmocka_unit_test(what_is_no_turn_of_the_asker_is_refused),
        cmocka_unit_test(who_is_asked_otherwise_consents_to_another_table),
        cmocka_unit_test(parameters_say_what_the_question_is),
        cmocka_unit_test(what_cannot_be_asked_is_refused_in_words),
        cmocka_unit_test(answers_to_what_is_not_wanted_are_refused),
    };
    if (sym_crypto_init() != SYM_OK) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
