/* The log in the store: what it keeps and finds, when it signs, and what becomes of it when it is
 * frozen or begun again. */
#include "tests/node/evidence_room.h"

#define TEST(name) cmocka_unit_test_setup_teardown(name, room_set_up, room_tear_down)

static void keeps_entries_over_a_restart_and_signs_each_head(void **state)
{
    struct room *s = *state;
    uint8_t root[SYM_HASH_BYTES];
    for (unsigned i = 0; i < 520; i++) {
        assert_int_equal(try_add(s, i), SYM_OK);
        if (i % 37 == 0 || i > 510 || (i > 253 && i < 258)) {
            check_head(s, i + 1);
            naive_root(s, root, i + 1);
            assert_memory_equal(sym_log_head(s->log)->root, root, sizeof root);
            room_reopen(s);
            check_head(s, i + 1);
            assert_memory_equal(sym_log_head(s->log)->root, root, sizeof root);
        }
    }
    assert_int_equal(room_lines(s, "tested entry 519").found, 1);
}

static void a_transaction_that_fails_leaves_no_entry(void **state)
{
    struct room *s = *state;
    add(s, 250);
    uint8_t root[SYM_HASH_BYTES];
    memcpy(root, sym_log_head(s->log)->root, sizeof root);
    assert_int_equal(try_many(s, 300, SYM_DENIED, NULL), SYM_DENIED);
    check_head(s, 250);
    assert_memory_equal(sym_log_head(s->log)->root, root, sizeof root);
    add(s, 20);
    check_head(s, 270);
    naive_root(s, root, 270);
    assert_memory_equal(sym_log_head(s->log)->root, root, sizeof root);
    room_reopen(s);
    check_head(s, 270);
    assert_int_equal(room_lines(s, "tested").n, 270);
}

static void a_full_disk_leaves_no_entry_and_no_gap(void **state)
{
    struct room *s = *state;
    add(s, 3);
    room_fill_disk(true);
    assert_int_not_equal(try_add(s, 3), SYM_OK);
    check_head(s, 3);
    room_fill_disk(false);
    add(s, 1);
    check_head(s, 4);
    room_reopen(s);
    check_head(s, 4);
}

/* The map grows in the middle: the function runs again, and what it appended before is forgotten.
 */
static void entries_of_a_transaction_that_is_run_again_are_there_once(void **state)
{
    struct room *s = *state;
    unsigned runs = 0;
    unsigned more = 0;
    add(s, 100);
    assert_int_equal(try_many(s, 80000, SYM_OK, &runs), SYM_OK);
    check_head(s, 80100);
    assert_int_equal(try_many(s, 80000, SYM_OK, &more), SYM_OK);
    assert_true(runs + more > 2);
    room_reopen(s);
    check_head(s, 160100);
    uint8_t root[SYM_HASH_BYTES];
    naive_root(s, root, 160100);
    assert_memory_equal(sym_log_head(s->log)->root, root, sizeof root);
}

/* Freezing and beginning again ---------------------------------------------------------------
 */

static void a_frozen_log_takes_entries_and_signs_nothing(void **state)
{
    struct room *s = *state;
    const char *why = NULL;
    add(s, 5);
    assert_int_equal(sym_log_head(s->log)->signed_size, 5);
    add(s, 1);
    assert_int_equal(sym_log_freeze(s->log, "bank-b holds another head"), SYM_OK);
    assert_int_equal(sym_log_head(s->log)->signed_size, 5);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(try_add(s, i), SYM_OK);
        assert_int_equal(sym_log_head(s->log)->size, 7 + i);
        assert_int_equal(sym_log_head(s->log)->signed_size, 5);
        room_reopen(s);
        assert_true(sym_log_is_frozen(room_log(s), &why));
        assert_string_equal(why, "bank-b holds another head");
    }
}

static void a_new_generation_has_another_origin_and_leaves_the_old_one_readable(void **state)
{
    struct room *s = *state;
    struct sym_head old;
    add(s, 300);
    assert_int_equal(sym_log_freeze(s->log, "lost"), SYM_OK);
    old = *sym_log_head(s->log);
    const struct sym_entry_body body = {.event = sym_span_text("restored")};
    const struct sym_entry entry = {.kind = SYM_ENTRY_RESTORED, .body = &body};
    assert_int_equal(sym_log_begin_again(s->log, &entry, NULL, 0, NULL), SYM_OK);
    assert_false(sym_log_is_frozen(s->log, NULL));
    add(s, 2);
    for (int restart = 0; restart < 2; restart++) {
        struct sym_head head;
        check_head(s, 3);
        check_body(s, 0, "restored");
        assert_true(sym_log_head(s->log)->generation > 1);
        assert_string_not_equal(sym_log_head(s->log)->origin, old.origin);
        assert_int_equal(sym_log_head_of(s->log, &head, 1), SYM_OK);
        assert_int_equal(head.size, 300);
        assert_memory_equal(head.root, old.root, sizeof head.root);
        assert_string_equal(head.checkpoint, old.checkpoint);
        struct sym_merkle_proof inclusion;
        struct sym_merkle_proof consistency;
        const struct sym_proof_query q = {.generation = 1, .index = 7, .size = 300, .from = 100};
        assert_int_equal(sym_log_prove(s->log, &inclusion, &consistency, &q), SYM_OK);
        assert_true(inclusion.n > 0 && consistency.n > 0);
        assert_int_equal(sym_log_head_of(s->log, &head, 2), SYM_NOT_FOUND);
        assert_int_equal(sym_log_head_of(s->log, &head, UINT32_MAX), SYM_NOT_FOUND);
        room_reopen(s);
        room_log(s);
    }
}

/* The store may be an old one: generations were begun that it knows nothing of. */
static void a_new_generation_is_named_by_the_clock(void **state)
{
    struct room *s = *state;
    const struct sym_entry_body body = {.event = sym_span_text("restored")};
    const struct sym_entry entry = {.kind = SYM_ENTRY_RESTORED, .body = &body};
    uint32_t all[4] = {1};
    uint32_t g = 0;
    add(s, 3);
    uint64_t before_s = sym_wall_ms() / 1000;
    for (size_t i = 1; i < 4; i++) {
        assert_int_equal(sym_log_begin_again(s->log, &entry, NULL, 0, NULL), SYM_OK);
        all[i] = sym_log_head(s->log)->generation;
        assert_true(all[i] >= before_s && all[i] > all[i - 1]);
        assert_true(all[i] <= sym_wall_ms() / 1000 + i * 1024);
    }
    room_reopen(s);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(sym_log_generation_after(room_log(s), &g, g), SYM_OK);
        assert_int_equal(g, all[i]);
    }
    assert_int_equal(sym_log_generation_after(s->log, &g, g), SYM_NOT_FOUND);
    assert_int_equal(sym_log_begin_again(s->log, &entry, NULL, UINT32_MAX - 1, NULL), SYM_OK);
    assert_int_equal(sym_log_head(s->log)->generation, UINT32_MAX);
    assert_int_equal(sym_log_begin_again(s->log, &entry, NULL, 0, NULL), SYM_LIMIT);
}

/* Two stores that know the same, in one second. */
static void one_state_of_a_store_leads_to_logs_of_different_names(void **state)
{
    const struct sym_entry_body body = {.event = sym_span_text("restored")};
    const struct sym_entry entry = {.kind = SYM_ENTRY_RESTORED, .body = &body};
    uint32_t names[4];
    bool differ = false;
    for (size_t i = 0; i < 4; i++) {
        struct room *s = *state;
        add(s, 1);
        assert_int_equal(sym_log_begin_again(s->log, &entry, NULL, 4000000000, NULL), SYM_OK);
        names[i] = sym_log_head(s->log)->generation;
        differ = differ || names[i] != names[0];
        assert_int_equal(room_tear_down(state), 0);
        assert_int_equal(room_set_up(state), 0);
    }
    assert_true(differ);
}

static void a_new_generation_that_cannot_be_written_leaves_the_log_frozen(void **state)
{
    struct room *s = *state;
    struct sym_fault fault = {.text = ""};
    add(s, 2);
    assert_int_equal(sym_log_head(s->log)->signed_size, 2);
    assert_int_equal(sym_log_freeze(s->log, "lost"), SYM_OK);
    const struct sym_entry_body body = {.event = sym_span_text("restored")};
    const struct sym_entry entry = {.kind = SYM_ENTRY_RESTORED, .body = &body};
    room_fill_disk(true);
    assert_int_not_equal(sym_log_begin_again(s->log, &entry, NULL, 0, &fault), SYM_OK);
    room_fill_disk(false);
    assert_non_null(strstr(fault.text, "could not be begun"));
    assert_true(sym_log_is_frozen(s->log, NULL));
    add(s, 1);
    assert_int_equal(sym_log_head(s->log)->signed_size, 2);
    assert_int_equal(sym_log_head(s->log)->generation, 1);
}

static void a_new_log_key_goes_on_with_the_same_tree(void **state)
{
    struct room *s = *state;
    add(s, 3);
    room_reopen(s);
    sym_sign_key_clear(&s->log_key);
    assert_int_equal(sym_sign_key_new(&s->log_key), SYM_OK);
    room_log(s);
    add(s, 1);
    check_head(s, 4);
}

/* Rows ---------------------------------------------------------------------------------------
 */

static void add_about(struct room *s, enum sym_entry_kind kind, const uint8_t *id,
                      const struct sym_node_id *peer, const uint8_t *handle)
{
    const struct sym_entry_body body = {
        .event = sym_span_text("tested"),
        .handle = sym_span(handle, handle == NULL ? 0 : SYM_EXCHANGE_ID_BYTES)};
    const struct sym_entry entry = {
        .kind = kind, .exchange_id = id, .initiator = &s->self, .responder = peer, .body = &body};
    assert_int_equal(sym_log_add(room_log(s), &entry), SYM_OK);
}

struct found {
    uint64_t index[1024];
    size_t n;
    size_t full; /* SYM_LIMIT when so many are found */
};

static enum sym_err take(void *context, const struct sym_log_row *row)
{
    struct found *f = context;
    if (f->full > 0 && f->n == f->full) {
        return SYM_LIMIT;
    }
    f->index[f->n++] = row->index;
    return SYM_OK;
}

static size_t count(struct room *s, struct sym_log_query q)
{
    struct found f = {.n = 0};
    for (bool more = true; more;) {
        assert_int_equal(sym_log_rows(room_log(s), &q, &q.first, &more, take, &f), SYM_OK);
    }
    return f.n;
}

static void finds_entries_by_peer_exchange_handle_kind_and_time(void **state)
{
    struct room *s = *state;
    add(s, 100);
    add_about(s, SYM_ENTRY_REQUESTED, exchange_a, &bank_b, NULL);
    add(s, 300);
    add_about(s, SYM_ENTRY_DECIDED, exchange_a, &bank_b, NULL);
    add_about(s, SYM_ENTRY_REQUESTED, exchange_b, &police, exchange_a);
    pass_a_moment();
    add(s, 10);
    for (int restart = 0; restart < 2; restart++) {
        assert_int_equal(count(s, (struct sym_log_query){.kinds = 0}), 413);
        assert_int_equal(count(s, (struct sym_log_query){.peer = sym_span(bank_b.bytes, 32)}), 2);
        assert_int_equal(count(s, (struct sym_log_query){.peer = sym_span(police.bytes, 32)}), 1);
        assert_int_equal(count(s, (struct sym_log_query){.exchange_id = sym_span(exchange_a, 16)}),
                         3);
        assert_int_equal(count(s, (struct sym_log_query){.exchange_id = sym_span(exchange_b, 16)}),
                         1);
        assert_int_equal(count(s, (struct sym_log_query){.kinds = 1u << SYM_ENTRY_REQUESTED}), 2);
        assert_int_equal(count(s, (struct sym_log_query){.kinds = 1u << SYM_ENTRY_DECIDED,
                                                         .peer = sym_span(police.bytes, 32)}),
                         0);
        assert_int_equal(count(s, (struct sym_log_query){.from_ms = time_of(s, 403)}), 10);
        assert_int_equal(count(s, (struct sym_log_query){.until_ms = time_of(s, 403)}), 403);
        room_reopen(s);
    }
}

static enum sym_err drop_tile(struct sym_transaction *t, void *context)
{
    uint8_t key[SYM_STORE_KEY_BYTES];
    size_t len = 0;
    (void)context;
    enum sym_err err = sym_store_next(t, SYM_TABLE_TILES, sym_span(NULL, 0), key, &len);
    return err == SYM_OK ? sym_store_delete(t, SYM_TABLE_TILES, sym_span(key, len)) : err;
}

static void finds_them_without_the_marks_too(void **state)
{
    struct room *s = *state;
    add(s, 100);
    add_about(s, SYM_ENTRY_REQUESTED, exchange_a, &bank_b, exchange_b);
    add(s, 300);
    assert_int_equal(sym_store_write(s->store, drop_tile, NULL), SYM_OK);
    assert_int_equal(count(s, (struct sym_log_query){.peer = sym_span(bank_b.bytes, 32)}), 1);
    assert_int_equal(count(s, (struct sym_log_query){.exchange_id = sym_span(exchange_b, 16)}), 1);
}

static void rows_come_in_pages(void **state)
{
    struct room *s = *state;
    struct found f = {.full = 7};
    struct sym_log_query q = {.first = 3};
    bool more = false;
    add(s, 20);
    assert_int_equal(sym_log_rows(s->log, &q, &q.first, &more, take, &f), SYM_OK);
    assert_int_equal(f.n, 7);
    assert_int_equal(q.first, 10);
    assert_true(more);
    f.full = 0;
    q.most = 10;
    assert_int_equal(sym_log_rows(s->log, &q, &q.first, &more, take, &f), SYM_OK);
    assert_int_equal(f.n, 17);
    assert_false(more);
    for (size_t i = 0; i < f.n; i++) {
        assert_int_equal(f.index[i], i + 3);
    }
    q.first = 21;
    assert_int_equal(sym_log_rows(s->log, &q, &q.first, &more, take, &f), SYM_OK);
    assert_false(more);
    assert_int_equal(f.n, 17);
}

static void one_look_ends_before_a_long_log_does(void **state)
{
    struct room *s = *state;
    struct found f = {.n = 0};
    struct sym_log_query q = {.peer = sym_span(bank_b.bytes, sizeof bank_b.bytes)};
    unsigned looks = 0;
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(try_many(s, 70000, SYM_OK, NULL), SYM_OK);
    }
    add_about(s, SYM_ENTRY_REQUESTED, exchange_a, &bank_b, NULL);
    for (bool more = true; more; looks++) {
        assert_int_equal(f.n, 0);
        assert_int_equal(sym_log_rows(s->log, &q, &q.first, &more, take, &f), SYM_OK);
    }
    assert_int_equal(looks, 2);
    assert_int_equal(f.n, 1);
    assert_int_equal(f.index[0], 280000);
}

static void times_never_go_back(void **state)
{
    struct room *s = *state;
    add(s, 5);
    for (uint64_t i = 1; i < 5; i++) {
        assert_true(time_of(s, i) >= time_of(s, i - 1));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(keeps_entries_over_a_restart_and_signs_each_head),
        TEST(a_transaction_that_fails_leaves_no_entry),
        TEST(a_full_disk_leaves_no_entry_and_no_gap),
        TEST(entries_of_a_transaction_that_is_run_again_are_there_once),
        TEST(a_frozen_log_takes_entries_and_signs_nothing),
        TEST(a_new_generation_has_another_origin_and_leaves_the_old_one_readable),
        TEST(a_new_generation_is_named_by_the_clock),
        TEST(one_state_of_a_store_leads_to_logs_of_different_names),
        TEST(a_new_generation_that_cannot_be_written_leaves_the_log_frozen),
        TEST(a_new_log_key_goes_on_with_the_same_tree),
        TEST(finds_entries_by_peer_exchange_handle_kind_and_time),
        TEST(finds_them_without_the_marks_too),
        TEST(rows_come_in_pages),
        TEST(one_look_ends_before_a_long_log_does),
        TEST(times_never_go_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
