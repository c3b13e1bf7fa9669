/* What a partner with true keys can make this node write down by telling of its log: little. */
#include "node/evidence/witness.h"
#include "tests/support/room.h"
#include "tests/support/toy_log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define RESTORES 40u

struct scene {
    struct room *room;
    struct sym_witness *witness;
    struct toy_log peer;
    struct sym_witnessed who;
    char lost[SYM_HEAD_NOTE_BYTES]; /* the peer's head before the present one */
};

static enum sym_err no_card(void *owner, char *out, size_t max, size_t *len,
                            const struct sym_node_id *peer)
{
    (void)owner;
    (void)out;
    (void)max;
    (void)len;
    (void)peer;
    return SYM_NOT_FOUND;
}

static void open_scene(struct scene *s, struct room *room)
{
    struct sym_fault fault = {.text = ""};
    *s = (struct scene){.room = room};
    struct sym_witness_config config = {.store = room->store,
                                        .log = room_log(room),
                                        .self = room->self,
                                        .cosign_key = &room->cosign_key,
                                        .card = no_card};
    memcpy(config.log_key, room->log_key.public_key, sizeof config.log_key);
    assert_int_equal(sym_witness_open(&s->witness, &config, &fault), SYM_OK);
    toy_log_open(&s->peer);
    s->peer.generation = 1;
    s->who = (struct sym_witnessed){.id = s->peer.id, .alias = "bank-b"};
    memcpy(s->who.log_key, s->peer.key.public_key, sizeof s->who.log_key);
}

static void close_scene(struct scene *s)
{
    sym_witness_close(s->witness);
    toy_log_close(&s->peer);
}

static void show_first_head(struct scene *s)
{
    struct toy_evidence e;
    struct sym_fault fault;
    toy_log_add(&s->peer, 100);
    toy_log_show(&s->peer, &e, 1, 0, 0);
    assert_int_equal(
        sym_witness_take(s->witness, &s->who, &e.evidence, sym_span(NULL, 0), true, NULL, &fault),
        SYM_OK);
    memcpy(s->lost, e.note, sizeof s->lost);
}

/* The peer begins again, and names the head that this node holds: as designed, and any number of
 * times. */
static enum sym_err restore(struct scene *s, struct sym_fault *fault)
{
    struct toy_evidence e;
    uint8_t body[2048];
    uint8_t salt[SYM_HASH_BYTES] = {1};
    uint8_t commitment[SYM_HASH_BYTES];
    size_t len = 0;
    const struct sym_entry_body b = {.event = sym_span_text("restored"),
                                     .checkpoint = sym_span_text(s->lost)};
    assert_int_equal(sym_encode(body, sizeof body, &len, &sym_msg_entry_body, &b), SYM_OK);
    assert_int_equal(sym_body_commit(commitment, salt, sym_span(body, len)), SYM_OK);
    const struct sym_leaf leaf = {.version = SYM_LEAF_VERSION,
                                  .time_ms = 100,
                                  .kind = SYM_ENTRY_RESTORED,
                                  .commitment = sym_span(commitment, sizeof commitment)};
    s->peer.size = 0;
    s->peer.generation++;
    toy_log_add_leaf(&s->peer, &leaf);
    toy_log_show(&s->peer, &e, 1, 0, 0);
    enum sym_err err = sym_witness_take_restore(
        s->witness, &s->who, &e.evidence, sym_span(salt, sizeof salt), sym_span(body, len), fault);
    if (err == SYM_OK) {
        memcpy(s->lost, e.note, sizeof s->lost);
    }
    return err;
}

static void some_restores_are_accepted(void **state)
{
    struct scene s;
    struct sym_fault fault = {.text = ""};
    open_scene(&s, *state);
    show_first_head(&s);
    for (unsigned i = 0; i < SYM_WITNESS_RESTORES_MAX; i++) {
        assert_int_equal(restore(&s, &fault), SYM_OK);
    }
    assert_int_equal(sym_witness_trusts(s.witness, &s.who.id, &fault), SYM_OK);
    close_scene(&s);
}

static void a_partner_that_begins_again_and_again_fills_no_log(void **state)
{
    struct scene s;
    struct sym_fault fault = {.text = ""};
    const struct sym_author author = {.log = room_log(*state), .user = "operator"};
    open_scene(&s, *state);
    show_first_head(&s);
    uint64_t before = sym_log_head(room_log(*state))->size;
    for (unsigned i = 0; i < RESTORES; i++) {
        enum sym_err err = restore(&s, &fault);
        assert_true(err == SYM_OK || err == SYM_DENIED);
    }
    assert_true(sym_log_head(room_log(*state))->size <= before + SYM_WITNESS_RESTORES_MAX);
    assert_non_null(strstr(fault.text, "bank-b has begun a new evidence log too often"));
    assert_non_null(strstr(fault.text, "symbolon log accept bank-b"));
    assert_int_equal(sym_witness_trusts(s.witness, &s.who.id, &fault), SYM_DENIED);
    /* Who asked its operator lets it be. */
    assert_int_equal(sym_witness_accept(s.witness, &s.who, &author, &fault), SYM_OK);
    assert_int_equal(sym_witness_trusts(s.witness, &s.who.id, &fault), SYM_OK);
    close_scene(&s);
}

static void complains_about_one_partner_once_in_a_while(void **state)
{
    struct scene s;
    struct scene *scene = &s;
    struct sym_node_id other = {.bytes = "another bank, and a quiet one"};
    unsigned lines = 0;
    open_scene(scene, *state);
    show_first_head(scene);
    for (unsigned i = 0; i < 10000; i++) {
        lines += sym_witness_may_complain(s.witness, &s.who.id);
    }
    assert_true(lines >= 1 && lines < 10);
    assert_true(sym_witness_may_complain(s.witness, &other));
    close_scene(scene);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, room_set_up, room_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(some_restores_are_accepted),
        TEST(a_partner_that_begins_again_and_again_fills_no_log),
        TEST(complains_about_one_partner_once_in_a_while),
    };
    if (sym_crypto_init() != SYM_OK) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
