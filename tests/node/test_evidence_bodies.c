/* Bodies of the log in the store: kept, erased, and never taken for one another. */
#include "tests/node/evidence_room.h"

#define TEST(name) cmocka_unit_test_setup_teardown(name, room_set_up, room_tear_down)

/* Bodies -------------------------------------------------------------------------------------
 */

static void leaves_are_commitments_to_their_bodies(void **state)
{
    struct room *s = *state;
    add(s, 300);
    for (uint64_t i = 0; i < 300; i += 7) {
        check_body(s, i, "tested");
    }
    room_reopen(s);
    room_log(s);
    check_body(s, 299, "tested");
}

static void keeps_the_command_of_an_author_or_only_its_hash(void **state)
{
    struct room *s = *state;
    static uint8_t command[SYM_COMMAND_KEPT_BYTES + 1];
    struct sym_author olga = {.log = room_log(s), .user = "olga"};
    for (int i = 0; i < 3; i++) {
        SYM_SECRET_AUTO body = {0};
        SYM_ARENA_AUTO arena = {0};
        uint8_t salt[SYM_HASH_BYTES];
        uint8_t hash[SYM_HASH_BYTES];
        struct sym_entry_body b;
        olga.command = sym_span(command, sizeof command - (i == 0 ? 0 : 1));
        olga.hash_only = i == 2;
        const struct sym_entry_body given = {.event = sym_span_text("changed")};
        const struct sym_entry entry = {.kind = SYM_ENTRY_SETTING, .author = &olga, .body = &given};
        assert_int_equal(sym_log_add(s->log, &entry), SYM_OK);
        assert_int_equal(sym_log_body(s->log, salt, &body, (uint64_t)i), SYM_OK);
        assert_int_equal(sym_decode(&arena, &b, &sym_msg_entry_body, sym_secret_span(&body)),
                         SYM_OK);
        assert_true(sym_span_equal(b.user, sym_span_text("olga")));
        assert_int_equal(b.command.len, i == 1 ? SYM_COMMAND_KEPT_BYTES : 0);
        assert_int_equal(b.command_hash.len, i == 1 ? 0 : SYM_HASH_BYTES);
        assert_int_equal(sym_sha256(hash, olga.command), SYM_OK);
        assert_true(i == 1 || sym_span_equal(b.command_hash, sym_span(hash, sizeof hash)));
    }
}

static void refuses_a_body_that_no_reader_would_take(void **state)
{
    struct room *s = *state;
    add(s, 1);
    const struct sym_entry_body bad[] = {
        {.event = sym_span_text("")},
        {.event = sym_span_text("bell \x07")},
        {.event = sym_span_text("ok"), .salts = sym_span("short", 5)},
    };
    for (size_t i = 0; i < 3; i++) {
        const struct sym_entry entry = {.kind = SYM_ENTRY_SETTING, .body = &bad[i]};
        assert_int_not_equal(sym_log_add(s->log, &entry), SYM_OK);
    }
    check_head(s, 1);
    add(s, 1);
    check_head(s, 2);
}

static void words_are_cut_and_cleaned(void **state)
{
    (void)state;
    char out[12];
    struct sym_span got = sym_log_words(out, sizeof out, "a\n%s", "b\xff\x1b\xc3\xa9");
    assert_true(sym_span_equal(got, sym_span_text("a?b??\xc3\xa9")));
    got = sym_log_words(out, sizeof out, "%s", "0123456789\xc3\xa9");
    assert_true(sym_span_equal(got, sym_span_text("0123456789?")));
    got = sym_log_words(out, sizeof out, "\xc2\x85");
    assert_true(sym_span_equal(got, sym_span_text("??")));
}

/* Erasing ------------------------------------------------------------------------------------
 */

static enum sym_err count_keys(struct sym_transaction *t, void *context)
{
    uint8_t key[SYM_STORE_KEY_BYTES];
    size_t len = 0;
    uint32_t generation = 0;
    uint64_t last = 0;
    size_t *n = context;
    enum sym_err err = SYM_OK;
    while (err == SYM_OK) {
        err = sym_log_rows_next(t, SYM_LOG_BODIES, key, &len, &generation, &last);
        *n += err == SYM_OK;
    }
    return err == SYM_NOT_FOUND ? SYM_OK : err;
}

/* Rows, of which one holds all bodies that a commit has put into a tile. */
static size_t count_body_rows(struct room *s)
{
    size_t n = 0;
    assert_int_equal(sym_store_read(s->store, count_keys, &n), SYM_OK);
    return n;
}

static void erasing_takes_old_bodies_and_leaves_every_proof(void **state)
{
    struct room *s = *state;
    uint8_t salt[SYM_HASH_BYTES];
    uint64_t n = 0;
    assert_int_equal(try_many(s, 700, SYM_OK, NULL), SYM_OK);
    pass_a_moment();
    assert_int_equal(try_many(s, 30, SYM_OK, NULL), SYM_OK);
    uint64_t before_ms = time_of(s, 700);
    struct sym_author olga = {.log = s->log, .user = "olga"};
    uint8_t root[SYM_HASH_BYTES];
    memcpy(root, sym_log_head(s->log)->root, sizeof root);
    assert_int_equal(sym_log_erase_bodies(s->log, &olga, before_ms, &n, NULL), SYM_OK);
    assert_int_equal(n, 700);
    check_head(s, 731);
    for (int restart = 0; restart < 2; restart++) {
        for (uint64_t i = 0; i < 731; i += i < 690 ? 43 : 1) {
            SYM_SECRET_AUTO body = {0};
            enum sym_err err = sym_log_body(s->log, salt, &body, i);
            assert_int_equal(err, i < 700 ? SYM_NOT_FOUND : SYM_OK);
            check_inclusion(s, i, 731);
        }
        check_body(s, 700, "tested");
        check_body(s, 730, "bodies-erased");
        check_consistency(s, 730, 731);
        room_reopen(s);
        check_head(s, 731);
    }
    uint8_t again[SYM_HASH_BYTES];
    assert_int_equal(sym_log_root(s->log, again, 730), SYM_OK);
    assert_memory_equal(again, root, sizeof root);
    assert_int_equal(count_body_rows(s), 1);
}

static void erasing_nothing_says_nothing_and_the_future_is_not_erased(void **state)
{
    struct room *s = *state;
    uint64_t n = 5;
    add(s, 3);
    assert_int_equal(sym_log_erase_bodies(s->log, NULL, time_of(s, 0), &n, NULL), SYM_OK);
    assert_int_equal(n, 0);
    check_head(s, 3);
    pass_a_moment();
    assert_int_equal(sym_log_erase_bodies(s->log, NULL, INT64_MAX, &n, NULL), SYM_OK);
    assert_int_equal(n, 3);
    check_body(s, 3, "bodies-erased");
    add(s, 1);
    check_body(s, 4, "tested");
    room_reopen(s);
    check_head(s, 5);
    check_body(s, 4, "tested");
}

static enum sym_err delete_first_body(struct sym_transaction *t, void *context)
{
    uint8_t key[SYM_STORE_KEY_BYTES];
    size_t len = 0;
    uint32_t generation = 0;
    uint64_t last = 0;
    (void)context;
    enum sym_err err = sym_log_rows_next(t, SYM_LOG_BODIES, key, &len, &generation, &last);
    return err == SYM_OK ? sym_store_delete(t, SYM_TABLE_LOG, sym_span(key, len)) : err;
}

static enum sym_err note_body(void *context, const struct sym_log_row *row)
{
    int *seen = context;
    seen[row->index] = row->body.len > 0 ? 1 : row->erased ? 2 : 3;
    return SYM_OK;
}

static void a_body_that_was_deleted_is_not_taken_for_an_erased_one(void **state)
{
    struct room *s = *state;
    uint8_t salt[SYM_HASH_BYTES];
    SYM_SECRET_AUTO body = {0};
    int seen[4] = {0};
    uint64_t next = 0;
    bool more = true;
    add(s, 3);
    assert_int_equal(sym_store_write(s->store, delete_first_body, NULL), SYM_OK);
    assert_int_equal(sym_log_body(s->log, salt, &body, 0), SYM_BAD_TAG);
    const struct sym_log_query q = {.bodies = true};
    assert_int_equal(sym_log_rows(s->log, &q, &next, &more, note_body, seen), SYM_OK);
    assert_int_equal(seen[0], 3);
    assert_int_equal(seen[1], 1);
}

/* Nobody has asked for the head before the log is opened again: it is the one that would have been
 * shown. */
static void signs_the_same_head_whenever_it_is_asked_for(void **state)
{
    struct room *s = *state;
    add(s, 300);
    room_reopen(s);
    (void)room_log(s);
    add(s, 1);
    room_reopen(s);
    check_head(s, 301);
    struct sym_head first = *sym_log_head(s->log);
    assert_int_equal(first.signed_size, 301);
    room_reopen(s);
    struct sym_head again = *sym_log_head(room_log(s));
    assert_string_equal(again.checkpoint, first.checkpoint);
    assert_int_equal(sym_log_head_of(s->log, &again, 1), SYM_OK);
    assert_string_equal(again.checkpoint, first.checkpoint);
}

static void the_last_head_of_a_generation_is_signed(void **state)
{
    struct room *s = *state;
    struct sym_head old;
    add(s, 7);
    const struct sym_entry_body body = {.event = sym_span_text("restored")};
    const struct sym_entry entry = {.kind = SYM_ENTRY_RESTORED, .body = &body};
    assert_int_equal(sym_log_begin_again(s->log, &entry, NULL, 0, NULL), SYM_OK);
    for (int restart = 0; restart < 2; restart++) {
        assert_int_equal(sym_log_head_of(room_log(s), &old, 1), SYM_OK);
        assert_int_equal(old.size, 7);
        assert_int_equal(old.signed_size, 7);
        room_reopen(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(leaves_are_commitments_to_their_bodies),
        TEST(keeps_the_command_of_an_author_or_only_its_hash),
        TEST(refuses_a_body_that_no_reader_would_take),
        TEST(words_are_cut_and_cleaned),
        TEST(erasing_takes_old_bodies_and_leaves_every_proof),
        TEST(erasing_nothing_says_nothing_and_the_future_is_not_erased),
        TEST(a_body_that_was_deleted_is_not_taken_for_an_erased_one),
        TEST(signs_the_same_head_whenever_it_is_asked_for),
        TEST(the_last_head_of_a_generation_is_signed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
