/* An initiator that lies to one member, at every place where it can: the member refuses, and gives
 * nothing more away. */
#include "tests/support/tab_lies.h"

#include "proto/codec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define N      10u /* t = 8 */
#define VICTIM 4u
#define OTHER  6u

static struct tab_rig rig;

static void open_rig(void)
{
    tab_rig_open(&rig, N, 6, 12);
    rig.leaves[N - 1] = TAB_CONSENT;
    tab_lies_open(&rig);
}

static void run_lie(enum tab_type type, tab_lie_fn *fn)
{
    tab_lie(VICTIM, false, type, fn);
    tab_rig_begin(&rig);
    tab_rig_settle(&rig);
    assert_true(tab_lies_told());
}

/* What the victim has done before it refused. */
static void assert_victim(enum sym_err err, uint32_t debited, uint32_t unmasked)
{
    size_t len = 0;
    const struct sym_tab_member *m = rig.members[VICTIM];
    assert_int_equal(rig.errs[VICTIM], err);
    assert_int_equal(rig.debited[VICTIM], debited);
    assert_int_equal(rig.unmasked[VICTIM], unmasked);
    assert_int_equal(rig.kept[VICTIM], 0);
    assert_int_equal(sym_tab_member_step(m, &len), SYM_TAB_WAIT);
    assert_int_equal(sym_tab_member_wants(m), SYM_TAB_WANTS_NOTHING);
    assert_int_not_equal(strlen(sym_tab_member_fault(m)), 0);
    tab_rig_close(&rig);
}

struct refusal {
    tab_lie_fn *fn;
    enum sym_err err;
};

static void assert_refused(enum tab_type type, const struct refusal *list, size_t n,
                           uint32_t debited, uint32_t unmasked)
{
    for (size_t i = 0; i < n; i++) {
        open_rig();
        run_lie(type, list[i].fn);
        assert_victim(list[i].err, debited, unmasked);
    }
}

#define REFUSED(type, list, debited, unmasked)                                                     \
    assert_refused(type, list, sizeof(list) / sizeof *(list), debited, unmasked)

static void make_done_short(struct tab_rig *r, const struct tab_payload *p)
{
    (void)r;
    (*p->bytes)[0] = TAB_DONE;
    *p->len = 16;
}

/* The query ------------------------------------------------------------------------------------
 */

static void refuses_another_query(void **state)
{
    (void)state;
    static const struct refusal list[] = {
        {tab_lie_last_byte, SYM_BAD_VALUE}, {tab_lie_longer, SYM_BAD_VALUE},
        {tab_lie_empty, SYM_BAD_FORMAT},    {tab_lie_unknown, SYM_BAD_FORMAT},
        {tab_lie_send, SYM_WRONG_STATE},
    };
    REFUSED(TAB_PROPOSE, list, 0, 0);
}

static void refuses_a_query_that_its_request_describes_otherwise(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        open_rig();
        tab_rig_begin(&rig);
        rig.members[VICTIM]->outline.data[1] ^= i == 2; /* its shape */
        rig.members[VICTIM]->config.cells += i == 0;
        rig.members[VICTIM]->config.epsilon_nano += i == 1;
        tab_rig_settle(&rig);
        assert_victim(SYM_BAD_VALUE, 0, 0);
    }
}

/* What the initiator tells one of them alone: its sum would be all that is in that dataset. */
static void adds_nothing_for_who_is_asked_for_another_dataset(void **state)
{
    (void)state;
    tab_rig_open(&rig, N, 6, 12);
    tab_rig_begin(&rig);
    struct sym_tab_member_config c = rig.members[VICTIM]->config;
    sym_tab_member_free(rig.members[VICTIM]);
    c.question = rig.question;
    c.question.dataset = sym_span_text("secret");
    c.query_hash = sym_span(rig.query_hash, sizeof rig.query_hash);
    c.outline = sym_span(rig.outline, rig.outline_len);
    assert_int_equal(sym_tab_member_new(&rig.members[VICTIM], &c), SYM_OK);
    tab_rig_run(&rig);
    assert_int_equal(rig.lead_errs[VICTIM], SYM_BAD_VALUE);
    assert_int_equal(rig.debited[VICTIM], 0);
    assert_int_equal(rig.kept[VICTIM], 0);
    assert_int_equal(tab_rig_keepers(&rig), N - 1);
    tab_rig_close(&rig);
}

static void refuses_impossible_configurations(void **state)
{
    (void)state;
    struct sym_tab_member *m = NULL;
    open_rig();
    const struct sym_tab_member_config good = {
        .question = rig.question,
        .place = VICTIM,
        .identity = &rig.keys[VICTIM],
        .query_hash = sym_span(rig.query_hash, SYM_HASH_BYTES),
        .outline = sym_span(rig.outline, rig.outline_len),
        .epsilon_nano = 1000000000u,
        .cells = 72,
        .minimum = 5,
    };
    struct sym_tab_member_config bad[9];
    for (size_t i = 0; i < 9; i++) {
        bad[i] = good;
    }
    struct sym_tab_party swapped[N];
    memcpy(swapped, rig.parties, sizeof swapped);
    swapped[0] = rig.parties[1];
    swapped[1] = rig.parties[0];
    bad[0].place = OTHER;
    bad[1].place = N;
    bad[2].minimum = N + 1;
    bad[3].minimum = 2;
    bad[4].question.n = 2;
    bad[5].question.cohort = swapped;
    bad[6].cells = 0;
    bad[7].cells = SYM_TAB_CELLS_MAX + 1;
    bad[8].outline = sym_span(NULL, 0);
    for (size_t i = 0; i < 9; i++) {
        assert_int_equal(sym_tab_member_new(&m, &bad[i]), SYM_BAD_VALUE);
    }
    assert_int_equal(sym_tab_member_new(&m, &good), SYM_OK);
    sym_tab_member_free(m);
    tab_rig_close(&rig);
}

/* Consents -------------------------------------------------------------------------------------
 */

struct listed {
    struct sym_span spans[SYM_TAB_MEMBERS_MAX];
    struct tab_bytes made[2];
    uint32_t n;
};

static void list_read(struct listed *l, const struct tab_payload *p)
{
    struct sym_reader r = sym_reader(sym_span(*p->bytes + 1, *p->len - 1));
    *l = (struct listed){.n = sym_read_u8(&r)};
    for (uint32_t i = 0; i < l->n; i++) {
        l->spans[i] = sym_tab_consents_next(&r);
    }
    assert_int_equal(sym_read_end(&r), SYM_OK);
}

static void list_write(struct listed *l, const struct tab_payload *p)
{
    struct tab_bytes out = {0};
    assert_int_equal(sym_tab_bytes_new(&out, 1 + l->n * 512u), SYM_OK);
    struct sym_writer w = sym_writer(out.data, out.len);
    sym_write_u8(&w, (uint8_t)l->n);
    for (uint32_t i = 0; i < l->n; i++) {
        sym_write_u16(&w, (uint16_t)l->spans[i].len);
        sym_write_span(&w, l->spans[i]);
    }
    assert_int_equal(w.err, SYM_OK);
    out.len = w.len;
    tab_payload_replace(p, TAB_CONSENTS, sym_tab_bytes_span(&out));
    sym_tab_bytes_clear(&out);
    sym_tab_bytes_clear(&l->made[0]);
    sym_tab_bytes_clear(&l->made[1]);
}

typedef void edit_fn(struct sym_tab_consent *c, const struct sym_tab_consent *neighbour);

/* Changes the consent of OTHER, who signs it: it is with the initiator. */
static void edit_other(const struct tab_payload *p, edit_fn *fn, uint32_t signer)
{
    struct listed l;
    SYM_ARENA_AUTO arena = {0};
    SYM_ARENA_AUTO beside = {0};
    struct sym_tab_consent c;
    struct sym_tab_consent neighbour;
    struct tab_signed s;
    list_read(&l, p);
    assert_int_equal(sym_tab_signed_read(&s, l.spans[OTHER]), SYM_OK);
    assert_int_equal(sym_decode(&arena, &c, &sym_msg_tab_consent, s.message), SYM_OK);
    assert_int_equal(sym_tab_signed_read(&s, l.spans[OTHER - 1]), SYM_OK);
    assert_int_equal(sym_decode(&beside, &neighbour, &sym_msg_tab_consent, s.message), SYM_OK);
    fn(&c, &neighbour);
    assert_int_equal(
        sym_tab_signed_new(&l.made[0], TAB_CONSENT, &rig.keys[signer], &sym_msg_tab_consent, &c, 0),
        SYM_OK);
    l.spans[OTHER] = sym_span(l.made[0].data + 1, l.made[0].len - 1);
    list_write(&l, p);
}

static void keep(struct sym_tab_consent *c, const struct sym_tab_consent *neighbour)
{
    (void)c;
    (void)neighbour;
}

static void other_qid(struct sym_tab_consent *c, const struct sym_tab_consent *neighbour)
{
    c->qid = neighbour->mask_key;
}

static void same_mask_key(struct sym_tab_consent *c, const struct sym_tab_consent *neighbour)
{
    c->mask_key = neighbour->mask_key;
}

static void same_channel_key(struct sym_tab_consent *c, const struct sym_tab_consent *neighbour)
{
    c->channel_key = neighbour->channel_key;
}

static void same_seed_hash(struct sym_tab_consent *c, const struct sym_tab_consent *neighbour)
{
    c->seed_hash = neighbour->seed_hash;
}

static void one_key_for_both(struct sym_tab_consent *c, const struct sym_tab_consent *neighbour)
{
    (void)neighbour;
    c->mask_key = c->channel_key;
}

static void signed_by_another(struct tab_rig *r, const struct tab_payload *p)
{
    (void)r;
    edit_other(p, keep, OTHER + 1);
}

static void replayed_from_another_query(struct tab_rig *r, const struct tab_payload *p)
{
    (void)r;
    edit_other(p, other_qid, OTHER);
}

static void with_a_mask_key_twice(struct tab_rig *r, const struct tab_payload *p)
{
    (void)r;
    edit_other(p, same_mask_key, OTHER);
}

static void with_a_channel_key_twice(struct tab_rig *r, const struct tab_payload *p)
{
    (void)r;
    edit_other(p, same_channel_key, OTHER);
}

static void with_a_seed_hash_twice(struct tab_rig *r, const struct tab_payload *p)
{
    (void)r;
    edit_other(p, same_seed_hash, OTHER);
}

static void with_one_key_for_both(struct tab_rig *r, const struct tab_payload *p)
{
    (void)r;
    edit_other(p, one_key_for_both, OTHER);
}

static void drop_consent(const struct tab_payload *p, uint32_t from, uint32_t n)
{
    struct listed l;
    list_read(&l, p);
    for (uint32_t i = from; i + n < l.n; i++) {
        l.spans[i] = l.spans[i + n];
    }
    l.n -= n;
    list_write(&l, p);
}

static void without_the_own(struct tab_rig *r, const struct tab_payload *p)
{
    (void)r;
    drop_consent(p, VICTIM, 1);
}

static void with_too_few(struct tab_rig *r, const struct tab_payload *p)
{
    (void)r;
    drop_consent(p, VICTIM + 1, 2);
}

static void with_one_twice(struct tab_rig *r, const struct tab_payload *p)
{
    (void)r;
    struct listed l;
    list_read(&l, p);
    l.spans[OTHER] = l.spans[OTHER - 1];
    list_write(&l, p);
}

static void with_the_own_altered(struct tab_rig *r, const struct tab_payload *p)
{
    (void)r;
    struct listed l;
    list_read(&l, p);
    assert_int_equal(sym_tab_bytes_copy(&l.made[0], l.spans[VICTIM]), SYM_OK);
    l.made[0].data[l.made[0].len - 1] ^= 1;
    l.spans[VICTIM] = sym_tab_bytes_span(&l.made[0]);
    list_write(&l, p);
}

static void refuses_consents_that_are_not_all_in_order(void **state)
{
    (void)state;
    static const struct refusal list[] = {
        {signed_by_another, SYM_BAD_SIGNATURE},
        {tab_lie_last_byte, SYM_BAD_SIGNATURE},
        {replayed_from_another_query, SYM_BAD_VALUE},
        {with_a_mask_key_twice, SYM_REPLAY},
        {with_a_channel_key_twice, SYM_REPLAY},
        {with_a_seed_hash_twice, SYM_REPLAY},
        {with_one_key_for_both, SYM_REPLAY},
        {without_the_own, SYM_BAD_VALUE},
        {with_too_few, SYM_BAD_VALUE},
        {with_one_twice, SYM_BAD_VALUE},
        {with_the_own_altered, SYM_BAD_VALUE},
        {tab_lie_longer, SYM_BAD_FORMAT},
        {tab_lie_shorter, SYM_BAD_FORMAT},
        {make_done_short, SYM_BAD_FORMAT},
        {tab_lie_send, SYM_WRONG_STATE},
    };
    REFUSED(TAB_CONSENTS, list, 0, 0);
}

static void refuses_fewer_than_its_own_minimum(void **state)
{
    (void)state;
    open_rig(); /* 9 of 10 consent, t = 8 */
    tab_rig_begin(&rig);
    rig.members[VICTIM]->config.minimum = N;
    tab_rig_settle(&rig);
    assert_victim(SYM_BAD_VALUE, 0, 0);
}

/* Boxes and asking -----------------------------------------------------------------------------
 */

static void swap_two_boxes(struct tab_rig *r, const struct tab_payload *p)
{
    (void)r;
    uint8_t box[SYM_TAB_BOX_BYTES];
    uint8_t *at = *p->bytes + 1;
    memcpy(box, at, sizeof box);
    memmove(at, at + sizeof box, sizeof box);
    memcpy(at + sizeof box, box, sizeof box);
}

static void drop_a_box(struct tab_rig *r, const struct tab_payload *p)
{
    (void)r;
    *p->len -= SYM_TAB_BOX_BYTES;
}

static void refuses_boxes_that_do_not_open(void **state)
{
    (void)state;
    static const struct refusal list[] = {
        {tab_lie_last_byte, SYM_BAD_TAG}, {swap_two_boxes, SYM_BAD_TAG},
        {drop_a_box, SYM_BAD_FORMAT},     {tab_lie_longer, SYM_BAD_FORMAT},
        {tab_lie_send, SYM_WRONG_STATE},
    };
    REFUSED(TAB_BOXES, list, 0, 0);
}

static void refuses_to_be_asked_with_words(void **state)
{
    (void)state;
    static const struct refusal list[] = {{tab_lie_longer, SYM_BAD_FORMAT}};
    REFUSED(TAB_SEND, list, 0, 0);
}

static void sends_nothing_once_its_reservation_has_expired(void **state)
{
    (void)state;
    open_rig();
    tab_rig_begin(&rig);
    while (sym_tab_member_wants(rig.members[VICTIM]) != SYM_TAB_WANTS_DEBIT) {
        assert_true(tab_rig_round(&rig));
    }
    uint64_t *counts = calloc(rig.cells, sizeof *counts);
    size_t len = 0;
    assert_int_equal(sym_tab_member_debited(rig.members[VICTIM], counts, RIG_EXPIRES_MS),
                     SYM_EXPIRED);
    assert_int_equal(sym_tab_member_step(rig.members[VICTIM], &len), SYM_TAB_WAIT);
    tab_rig_close(&rig);
}

static void sends_one_vector_only(void **state)
{
    (void)state;
    static const uint8_t send[] = {TAB_SEND};
    open_rig();
    tab_rig_begin(&rig);
    while (rig.debited[VICTIM] == 0) {
        assert_true(tab_rig_round(&rig));
    }
    assert_int_equal(sym_tab_member_take(rig.members[VICTIM], sym_span(send, 1), 0),
                     SYM_WRONG_STATE);
    uint64_t *counts = calloc(rig.cells, sizeof *counts);
    assert_int_equal(sym_tab_member_debited(rig.members[VICTIM], counts, 0), SYM_WRONG_STATE);
    tab_rig_close(&rig);
}

/* It was asked for its edition, without budget or approval. */
static void goes_no_further_than_its_edition_where_that_alone_was_asked_for(void **state)
{
    (void)state;
    for (unsigned honest = 0; honest < 2; honest++) {
        static const uint8_t before[16] = {9};
        open_rig();
        rig.look = honest != 0 ? before : NULL;
        tab_rig_begin(&rig);
        for (uint32_t i = 0; i < N; i++) {
            rig.members[i]->config.only_confirms = true;
        }
        tab_rig_settle(&rig);
        uint32_t refused = 0;
        for (uint32_t i = 0; i < N; i++) {
            refused += rig.errs[i] == SYM_WRONG_STATE;
            assert_int_equal(rig.debited[i] + rig.unmasked[i] + rig.kept[i], 0);
            assert_null(sym_tab_member_consents_hash(rig.members[i]));
        }
        assert_int_equal(refused > 0, honest == 0); /* it has failed before the last is told */
        assert_int_equal(sym_tab_lead_phase(rig.lead) == SYM_TAB_DONE, honest);
        tab_rig_close(&rig);
    }
}

/* Whose doing ----------------------------------------------------------------------------------
 */

/* All of these came through the initiator, who looked at none, or altered it. */
static void holds_against_nobody_alone_what_the_initiator_has_brought(void **state)
{
    (void)state;
    static const enum tab_type types[] = {TAB_CONSENTS, TAB_SIGNATURES};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        open_rig();
        run_lie(types[i], tab_lie_last_byte);
        const char *fault = sym_tab_member_fault(rig.members[VICTIM]);
        assert_non_null(strstr(fault, "participant 9 of 10 (node "));
        assert_non_null(strstr(fault, ", or what the initiator brought instead, does not "));
        tab_rig_close(&rig);
    }
}

static void shares_that_do_not_open_are_held_against_nobody(void **state)
{
    (void)state;
    open_rig();
    run_lie(TAB_BOXES, tab_lie_last_byte);
    const char *fault = sym_tab_member_fault(rig.members[VICTIM]);
    assert_non_null(strstr(fault, "shares between this node and participant 9 of 10 (node "));
    assert_non_null(strstr(fault, ") do not open: their preshared keys differ, "));
    assert_non_null(strstr(fault, "; both run: \"symbolon peer psk ALIAS --file FILE\""));
    tab_rig_close(&rig);
}

/* Memory ---------------------------------------------------------------------------------------
 */

/* What is delivered after these comes too late. */

static void lacks_memory_to_take(struct tab_rig *r, const struct tab_payload *p)
{
    tab_rig_starve(*p->len - 1);
    assert_int_equal(
        sym_tab_member_take(r->members[p->place], sym_span(*p->bytes, *p->len), r->now_ms),
        SYM_NO_MEMORY);
    tab_rig_starve(0);
}

static struct sym_work work_of(struct tab_rig *r, const struct tab_payload *p)
{
    struct sym_work work = {0};
    struct sym_tab_member *m = r->members[p->place];
    assert_int_equal(sym_tab_member_take(m, sym_span(*p->bytes, *p->len), r->now_ms), SYM_OK);
    assert_true(sym_tab_member_work(m, &work));
    return work;
}

static void lacks_memory_to_work(struct tab_rig *r, const struct tab_payload *p)
{
    struct sym_work work = work_of(r, p);
    assert_int_equal(sym_tab_member_worked(r->members[p->place], work.context, SYM_NO_MEMORY),
                     SYM_NO_MEMORY);
}

static void lacks_memory_to_look_at_one(struct tab_rig *r, const struct tab_payload *p)
{
    struct sym_work work = work_of(r, p);
    assert_int_equal(work.run(work.context, 0, work.n), SYM_OK);
    r->members[p->place]->verdicts[OTHER] = SYM_NO_MEMORY;
    assert_int_equal(sym_tab_member_worked(r->members[p->place], work.context, SYM_OK),
                     SYM_NO_MEMORY);
}

static void blames_nobody_for_want_of_memory(void **state)
{
    (void)state;
    static const struct {
        enum tab_type type;
        tab_lie_fn *fn;
    } list[] = {
        {TAB_PROPOSE, lacks_memory_to_take},
        {TAB_PROPOSE, lacks_memory_to_work},
        {TAB_CONSENTS, lacks_memory_to_take},
        {TAB_CONSENTS, lacks_memory_to_look_at_one},
        {TAB_BOXES, lacks_memory_to_take},
        {TAB_BOXES, lacks_memory_to_look_at_one},
        {TAB_SURVIVORS, lacks_memory_to_take},
        {TAB_SIGNATURES, lacks_memory_to_take},
        {TAB_SIGNATURES, lacks_memory_to_look_at_one},
        {TAB_RELEASE, lacks_memory_to_take},
        {TAB_CELLS, lacks_memory_to_work},
    };
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        open_rig();
        run_lie(list[i].type, list[i].fn);
        const char *fault = sym_tab_member_fault(rig.members[VICTIM]);
        assert_non_null(strstr(fault, sym_err_text(SYM_NO_MEMORY)));
        assert_null(strstr(fault, "node "));
        tab_rig_close(&rig);
    }
}

/* A node that was restarted has a new machine: nothing of the old query fits it. */
static void knows_nothing_of_a_query_after_a_restart(void **state)
{
    (void)state;
    for (uint8_t type = TAB_CONSENT; type < TAB_TYPE_COUNT; type++) {
        uint8_t payload[17] = {type};
        open_rig();
        tab_rig_begin(&rig);
        assert_int_equal(sym_tab_member_take(rig.members[VICTIM], sym_span(payload, 17), 0),
                         SYM_WRONG_STATE);
        assert_int_equal(
            sym_tab_member_take(rig.members[VICTIM], sym_tab_bytes_span(&rig.query), 0),
            SYM_WRONG_STATE);
        tab_rig_close(&rig);
    }
}

int main(void)
{
    if (sym_crypto_init() != SYM_OK) {
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_another_query),
        cmocka_unit_test(refuses_a_query_that_its_request_describes_otherwise),
        cmocka_unit_test(adds_nothing_for_who_is_asked_for_another_dataset),
        cmocka_unit_test(refuses_impossible_configurations),
        cmocka_unit_test(refuses_consents_that_are_not_all_in_order),
        cmocka_unit_test(refuses_fewer_than_its_own_minimum),
        cmocka_unit_test(refuses_boxes_that_do_not_open),
        cmocka_unit_test(refuses_to_be_asked_with_words),
        cmocka_unit_test(sends_nothing_once_its_reservation_has_expired),
        cmocka_unit_test(sends_one_vector_only),
        cmocka_unit_test(goes_no_further_than_its_edition_where_that_alone_was_asked_for),
        cmocka_unit_test(holds_against_nobody_alone_what_the_initiator_has_brought),
        cmocka_unit_test(shares_that_do_not_open_are_held_against_nobody),
        cmocka_unit_test(blames_nobody_for_want_of_memory),
        cmocka_unit_test(knows_nothing_of_a_query_after_a_restart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
