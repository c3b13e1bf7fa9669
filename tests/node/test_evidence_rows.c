/* Entries of one commit lie together in rows: each is read by itself, in any order, and what
 * happens to a row happens to its entries alone. */
#include "node/evidence/log_state.h"
#include "node/loop.h"
#include "tests/support/room.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TEST(name) cmocka_unit_test_setup_teardown(name, room_set_up, room_tear_down)

/* What one transaction appends: "entry FIRST" and so on. */
struct commit {
    struct sym_log *log;
    unsigned first;
    unsigned n;
    unsigned pause; /* time passes before this one; 0: it does not */
    size_t command; /* bytes that each is longer */
    enum sym_err end;
};

static void pass_a_moment(void)
{
    uint64_t now_ms = sym_wall_ms();
    while (sym_wall_ms() < now_ms + 3) {
    }
}

static enum sym_err append(struct sym_transaction *t, void *context)
{
    static uint8_t bytes[SYM_COMMAND_KEPT_BYTES];
    const struct commit *c = context;
    const struct sym_author author = {
        .log = c->log, .user = "olga", .command = sym_span(bytes, c->command)};
    for (unsigned i = 0; i < c->n; i++) {
        char text[32];
        (void)snprintf(text, sizeof text, "entry %u", c->first + i);
        const struct sym_entry_body body = {.event = sym_span_text("tested"),
                                            .detail = sym_span_text(text)};
        const struct sym_entry entry = {
            .kind = SYM_ENTRY_SETTING, .author = &author, .body = &body};
        if (c->pause > 0 && i == c->pause) {
            pass_a_moment();
        }
        enum sym_err err = sym_log_append(c->log, t, &entry, NULL);
        if (err != SYM_OK) {
            return err;
        }
    }
    return c->end;
}

static void commit(struct room *s, struct commit c)
{
    c.log = room_log(s);
    assert_int_equal(sym_store_write(s->store, append, &c), c.end);
}

/* Leaves that are as long as bodies are short: their row ends first. */
static enum sym_err append_bare(struct sym_transaction *t, void *context)
{
    static const uint8_t id[SYM_EXCHANGE_ID_BYTES] = {1};
    static const struct sym_node_id a = {.bytes = "a"};
    static const struct sym_node_id b = {.bytes = "b"};
    const struct commit *c = context;
    for (unsigned i = 0; i < c->n; i++) {
        char text[32];
        (void)snprintf(text, sizeof text, "entry %u", c->first + i);
        const struct sym_entry_body body = {.event = sym_span_text("t"),
                                            .detail = sym_span_text(text)};
        const struct sym_entry entry = {.kind = SYM_ENTRY_REQUESTED,
                                        .exchange_id = id,
                                        .initiator = &a,
                                        .responder = &b,
                                        .body = &body};
        enum sym_err err = sym_log_append(c->log, t, &entry, NULL);
        if (err != SYM_OK) {
            return err;
        }
    }
    return SYM_OK;
}

static void check_entry(struct room *s, unsigned i)
{
    SYM_ARENA_AUTO leaf_arena = {0};
    SYM_ARENA_AUTO body_arena = {0};
    SYM_SECRET_AUTO bytes = {0};
    struct sym_leaf leaf;
    struct sym_entry_body body;
    uint8_t leaf_bytes[SYM_LEAF_BYTES_MAX];
    uint8_t salt[SYM_HASH_BYTES];
    uint8_t commitment[SYM_HASH_BYTES];
    char text[32];
    size_t len = 0;
    (void)snprintf(text, sizeof text, "entry %u", i);
    assert_int_equal(sym_log_leaf(room_log(s), leaf_bytes, &len, i), SYM_OK);
    assert_int_equal(sym_decode(&leaf_arena, &leaf, &sym_msg_leaf, sym_span(leaf_bytes, len)),
                     SYM_OK);
    assert_int_equal(sym_log_body(s->log, salt, &bytes, i), SYM_OK);
    assert_int_equal(sym_decode(&body_arena, &body, &sym_msg_entry_body, sym_secret_span(&bytes)),
                     SYM_OK);
    assert_true(sym_span_equal(body.detail, sym_span_text(text)));
    assert_int_equal(sym_body_commit(commitment, salt, sym_secret_span(&bytes)), SYM_OK);
    assert_true(sym_span_equal(leaf.commitment, sym_span(commitment, sizeof commitment)));
}

static enum sym_err body_of(struct room *s, uint64_t i)
{
    SYM_SECRET_AUTO bytes = {0};
    uint8_t salt[SYM_HASH_BYTES];
    return sym_log_body(room_log(s), salt, &bytes, i);
}

struct rows {
    enum sym_log_part part;
    size_t n;
    uint64_t delete_last; /* the row that ends with this entry; 0: none */
};

static enum sym_err walk_rows(struct sym_transaction *t, void *context)
{
    uint8_t key[SYM_STORE_KEY_BYTES];
    size_t len = 0;
    uint32_t generation = 0;
    uint64_t last = 0;
    struct rows *rows = context;
    rows->n = 0;
    while (sym_log_rows_next(t, rows->part, key, &len, &generation, &last) == SYM_OK) {
        rows->n++;
        if (rows->delete_last != 0 && last == rows->delete_last) {
            assert_int_equal(sym_store_delete(t, SYM_TABLE_LOG, sym_span(key, len)), SYM_OK);
        }
    }
    return SYM_OK;
}

static size_t rows_of(struct room *s, enum sym_log_part part)
{
    struct rows rows = {.part = part};
    assert_int_equal(sym_store_read(s->store, walk_rows, &rows), SYM_OK);
    return rows.n;
}

static void delete_row(struct room *s, enum sym_log_part part, uint64_t last)
{
    struct rows rows = {.part = part, .delete_last = last};
    assert_int_equal(sym_store_write(s->store, walk_rows, &rows), SYM_OK);
}

static enum sym_err count_secrets(struct sym_transaction *t, void *context)
{
    uint8_t key[SYM_STORE_KEY_BYTES];
    size_t len = 0;
    size_t *n = context;
    *n = 0;
    while (sym_store_next(t, SYM_TABLE_BODY_KEYS, sym_span(key, len), key, &len) == SYM_OK) {
        (*n)++;
    }
    return SYM_OK;
}

static void entries_of_a_commit_share_a_row_for_each_tile(void **state)
{
    struct room *s = *state;
    commit(s, (struct commit){.n = 300});
    assert_int_equal(rows_of(s, SYM_LOG_LEAVES), 2);
    for (int restart = 0; restart < 2; restart++) {
        for (unsigned i = 0; i < 300; i++) {
            check_entry(s, i * 7 % 300);
        }
        room_reopen(s);
    }
    commit(s, (struct commit){.first = 300, .n = 1});
    commit(s, (struct commit){.first = 301, .n = 700});
    for (unsigned i = 0; i < 1001; i++) {
        check_entry(s, i);
    }
}

static void long_bodies_have_rows_of_their_own(void **state)
{
    struct room *s = *state;
    commit(s, (struct commit){.n = 1});
    commit(s, (struct commit){.first = 1, .n = 20, .command = SYM_COMMAND_KEPT_BYTES});
    commit(s, (struct commit){.first = 21, .n = 3});
    assert_true(rows_of(s, SYM_LOG_BODIES) >= 12);
    for (unsigned i = 0; i < 24; i++) {
        check_entry(s, i);
    }
    room_reopen(s);
    check_entry(s, 20);
}

static void nothing_of_a_transaction_that_failed_waits_for_the_next(void **state)
{
    struct room *s = *state;
    commit(s, (struct commit){.first = 77, .n = 5, .end = SYM_DENIED});
    assert_int_equal(rows_of(s, SYM_LOG_LEAVES), 0);
    commit(s, (struct commit){.n = 2});
    commit(s, (struct commit){.first = 88, .n = 300, .end = SYM_DENIED});
    commit(s, (struct commit){.first = 2, .n = 2});
    room_reopen(s);
    for (unsigned i = 0; i < 4; i++) {
        check_entry(s, i);
    }
    assert_int_equal(sym_log_head(s->log)->size, 4);
}

static uint64_t time_of(struct room *s, uint64_t index)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_leaf leaf;
    uint8_t bytes[SYM_LEAF_BYTES_MAX];
    size_t len = 0;
    assert_int_equal(sym_log_leaf(room_log(s), bytes, &len, index), SYM_OK);
    assert_int_equal(sym_decode(&arena, &leaf, &sym_msg_leaf, sym_span(bytes, len)), SYM_OK);
    return leaf.time_ms;
}

static void erasing_cuts_through_a_row(void **state)
{
    struct room *s = *state;
    uint64_t n = 0;
    commit(s, (struct commit){.n = 250});
    commit(s, (struct commit){.first = 250, .n = 100, .pause = 60});
    commit(s, (struct commit){.first = 350, .n = 5});
    uint64_t before_ms = time_of(s, 310);
    assert_true(time_of(s, 309) < before_ms);
    assert_int_equal(sym_log_erase_bodies(s->log, NULL, before_ms, &n, NULL), SYM_OK);
    assert_int_equal(n, 310);
    for (int restart = 0; restart < 2; restart++) {
        for (unsigned i = 0; i < 310; i++) {
            assert_int_equal(body_of(s, i), SYM_NOT_FOUND);
        }
        for (unsigned i = 310; i < 355; i++) {
            check_entry(s, i);
        }
        room_reopen(s);
        (void)room_log(s);
    }
    commit(s, (struct commit){.first = 356, .n = 3});
    check_entry(s, 354);
    check_entry(s, 358);
    pass_a_moment();
    assert_int_equal(sym_log_erase_bodies(s->log, NULL, INT64_MAX, &n, NULL), SYM_OK);
    assert_int_equal(n, 358 - 310 + 1);
    assert_int_equal(body_of(s, 358), SYM_NOT_FOUND);
    assert_int_equal(body_of(s, 359), SYM_OK);
    assert_int_equal(rows_of(s, SYM_LOG_BODIES), 1);
    size_t secrets = 0;
    assert_int_equal(sym_store_read(s->store, count_secrets, &secrets), SYM_OK);
    assert_int_equal(secrets, 1);
}

struct forged {
    enum sym_log_part part;
    uint8_t bytes[2000];
    size_t len;
};

/* In the place of the row of entries 0 to 9, sealed under the store's key. */
static enum sym_err put_forged(struct sym_transaction *t, void *context)
{
    const struct forged *f = context;
    uint8_t key[SYM_LOG_ROW_BYTES];
    sym_log_row_key(key, 1, 9, f->part);
    return sym_store_put(t, SYM_TABLE_LOG, sym_span(key, sizeof key), sym_span(f->bytes, f->len));
}

/* An unreadable row counts as one body. */
static void erasing_takes_a_row_that_cannot_be_read(void **state)
{
    struct room *s = *state;
    struct forged nonsense = {.part = SYM_LOG_BODIES, .len = 500};
    uint64_t n = 0;
    commit(s, (struct commit){.n = 10});
    commit(s, (struct commit){.first = 10, .n = 10});
    assert_int_equal(sym_store_write(s->store, put_forged, &nonsense), SYM_OK);
    pass_a_moment();
    assert_int_equal(sym_log_erase_bodies(room_log(s), NULL, INT64_MAX, &n, NULL), SYM_OK);
    assert_int_equal(n, 11);
    assert_int_equal(body_of(s, 9), SYM_NOT_FOUND);
    assert_int_equal(rows_of(s, SYM_LOG_BODIES), 1);
}

static void a_row_that_is_gone_takes_its_entries_and_no_others(void **state)
{
    struct room *s = *state;
    for (unsigned i = 0; i < 30; i += 10) {
        commit(s, (struct commit){.first = i, .n = 10});
    }
    delete_row(s, SYM_LOG_BODIES, 19);
    for (unsigned i = 0; i < 30; i++) {
        assert_int_equal(body_of(s, i), i / 10 == 1 ? SYM_BAD_TAG : SYM_OK);
    }
    delete_row(s, SYM_LOG_LEAVES, 9);
    for (unsigned i = 0; i < 30; i++) {
        uint8_t bytes[SYM_LEAF_BYTES_MAX];
        size_t len = 0;
        assert_int_equal(sym_log_leaf(s->log, bytes, &len, i), i < 10 ? SYM_BAD_TAG : SYM_OK);
    }
}

/* Properly sealed, by somebody with the node's keys. */
static void refuses_rows_whose_lengths_do_not_fit(void **state)
{
    static const struct forged forged[] = {
        {SYM_LOG_LEAVES, {0, 0, 0}, 3},                 /* no length */
        {SYM_LOG_LEAVES, {0, 0, 0, 2, 1}, 5},           /* shorter than it says */
        {SYM_LOG_LEAVES, {0, 0, 0, 1, 1, 0, 0, 0}, 8},  /* more behind it */
        {SYM_LOG_LEAVES, {0xff, 0xff, 0xff, 0xff}, 16}, /* more than there can be */
        {SYM_LOG_LEAVES, {0}, 4 * (SYM_TILE_WIDTH + 1)},
    };
    struct room *s = *state;
    commit(s, (struct commit){.n = 10});
    commit(s, (struct commit){.first = 10, .n = 1});
    for (size_t i = 0; i < sizeof forged / sizeof *forged; i++) {
        uint8_t bytes[SYM_LEAF_BYTES_MAX];
        struct forged f = forged[i];
        size_t len = 0;
        assert_int_equal(sym_store_write(s->store, put_forged, &f), SYM_OK);
        for (uint64_t at = 0; at < 10; at++) {
            assert_int_equal(sym_log_leaf(s->log, bytes, &len, at), SYM_BAD_FORMAT);
        }
        check_entry(s, 10);
    }
}

static void rows_of_leaves_may_end_before_those_of_bodies(void **state)
{
    struct room *s = *state;
    struct commit c = {.log = room_log(s), .n = 700};
    assert_int_equal(sym_store_write(s->store, append_bare, &c), SYM_OK);
    assert_true(rows_of(s, SYM_LOG_LEAVES) > rows_of(s, SYM_LOG_BODIES));
    room_reopen(s);
    for (unsigned i = 0; i < c.n; i++) {
        check_entry(s, i);
    }
    struct sym_merkle_proof p;
    uint8_t bytes[SYM_LEAF_BYTES_MAX];
    size_t len = 0;
    for (unsigned i = 0; i < c.n; i += 23) {
        uint8_t leaf[SYM_HASH_BYTES];
        struct sym_span hashes[SYM_MERKLE_PROOF_MAX];
        assert_int_equal(sym_log_leaf(room_log(s), bytes, &len, i), SYM_OK);
        assert_int_equal(sym_merkle_leaf(leaf, sym_span(bytes, len)), SYM_OK);
        assert_int_equal(sym_log_prove_inclusion(s->log, &p, i, c.n), SYM_OK);
        for (size_t h = 0; h < p.n; h++) {
            hashes[h] = sym_span(p.hash[h], SYM_HASH_BYTES);
        }
        assert_int_equal(
            sym_merkle_check_inclusion(sym_log_head(s->log)->root, leaf, i, c.n, hashes, p.n),
            SYM_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(entries_of_a_commit_share_a_row_for_each_tile),
        TEST(long_bodies_have_rows_of_their_own),
        TEST(nothing_of_a_transaction_that_failed_waits_for_the_next),
        TEST(erasing_cuts_through_a_row),
        TEST(erasing_takes_a_row_that_cannot_be_read),
        TEST(a_row_that_is_gone_takes_its_entries_and_no_others),
        TEST(refuses_rows_whose_lengths_do_not_fit),
        TEST(rows_of_leaves_may_end_before_those_of_bodies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
