/* The log in the store: what it keeps, what it refuses when it is opened, and what becomes of it
 * when a transaction fails. tests/node/test_evidence_tamper.c edits the file behind its back. */
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

static const uint8_t exchange_a[SYM_EXCHANGE_ID_BYTES] = "exchange number";
static const uint8_t exchange_b[SYM_EXCHANGE_ID_BYTES] = "another of them";
static const struct sym_node_id bank_b = {.bytes = "the bank on the other side"};
static const struct sym_node_id police = {.bytes = "the police, who asks often"};

static enum sym_err try_add(struct room *s, unsigned i)
{
    char text[32];
    (void)snprintf(text, sizeof text, "entry %u", i);
    const struct sym_entry_body body = {.event = sym_span_text("tested"),
                                        .detail = sym_span_text(text)};
    const struct sym_entry entry = {.kind = SYM_ENTRY_SETTING, .body = &body};
    return sym_log_add(room_log(s), &entry);
}

static void add(struct room *s, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        assert_int_equal(try_add(s, i), SYM_OK);
    }
}

struct many {
    struct sym_log *log;
    unsigned n;
    unsigned runs;
    enum sym_err end;
};

static enum sym_err add_many(struct sym_transaction *t, void *context)
{
    struct many *m = context;
    const struct sym_entry_body body = {.event = sym_span_text("tested")};
    const struct sym_entry entry = {.kind = SYM_ENTRY_SETTING, .body = &body};
    m->runs++;
    for (unsigned i = 0; i < m->n; i++) {
        uint64_t index = 0;
        enum sym_err err = sym_log_append(m->log, t, &entry, &index);
        if (err != SYM_OK) {
            return err;
        }
        assert_int_equal(index, sym_log_head(m->log)->size + i);
    }
    return m->end;
}

static enum sym_err try_many(struct room *s, unsigned n, enum sym_err end, unsigned *runs)
{
    struct many m = {.log = room_log(s), .n = n, .end = end};
    enum sym_err err = sym_store_write(s->store, add_many, &m);
    if (runs != NULL) {
        *runs = m.runs;
    }
    return err;
}

struct naive {
    struct sym_merkle_edge edge;
    uint64_t size;
};

static enum sym_err add_leaf(void *context, const struct sym_log_row *row)
{
    uint8_t hash[SYM_HASH_BYTES];
    struct naive *n = context;
    if (row->index == n->size) {
        return SYM_LIMIT;
    }
    assert_int_equal(sym_merkle_leaf(hash, row->leaf), SYM_OK);
    return sym_merkle_add(&n->edge, hash);
}

/* The root over leaves as the store gives them, without a tile or an edge. */
static void naive_root(struct room *s, uint8_t out[SYM_HASH_BYTES], uint64_t size)
{
    struct naive n = {.size = size};
    struct sym_log_query q = {.first = 0};
    for (bool more = true; more && q.first < size;) {
        assert_int_equal(sym_log_rows(room_log(s), &q, &q.first, &more, add_leaf, &n), SYM_OK);
    }
    assert_int_equal(n.edge.size, size);
    assert_int_equal(sym_merkle_edge_root(out, &n.edge), SYM_OK);
}

static void check_head(struct room *s, uint64_t size)
{
    struct sym_note note;
    struct sym_checkpoint c;
    const struct sym_head *h = sym_log_head(room_log(s));
    assert_int_equal(h->size, size);
    assert_int_equal(h->signed_size, size);
    assert_int_equal(sym_checkpoint_open(&c, &note, sym_span(h->checkpoint, h->checkpoint_len),
                                         s->log_key.public_key),
                     SYM_OK);
    assert_int_equal(c.size, size);
    assert_memory_equal(c.root, h->root, sizeof c.root);
}

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

/* Proofs -------------------------------------------------------------------------------------
 */

static void spans_of(struct sym_span out[SYM_MERKLE_PROOF_MAX], const struct sym_merkle_proof *p)
{
    for (size_t i = 0; i < p->n; i++) {
        out[i] = sym_span(p->hash[i], SYM_HASH_BYTES);
    }
}

static void check_inclusion(struct room *s, uint64_t index, uint64_t size)
{
    struct sym_merkle_proof p;
    struct sym_span spans[SYM_MERKLE_PROOF_MAX];
    uint8_t root[SYM_HASH_BYTES];
    uint8_t leaf[SYM_LEAF_BYTES_MAX];
    uint8_t hash[SYM_HASH_BYTES];
    size_t len = 0;
    assert_int_equal(sym_log_prove_inclusion(s->log, &p, index, size), SYM_OK);
    assert_int_equal(sym_log_root(s->log, root, size), SYM_OK);
    assert_int_equal(sym_log_leaf(s->log, leaf, &len, index), SYM_OK);
    assert_int_equal(sym_merkle_leaf(hash, sym_span(leaf, len)), SYM_OK);
    spans_of(spans, &p);
    assert_int_equal(sym_merkle_check_inclusion(root, hash, index, size, spans, p.n), SYM_OK);
}

static void check_consistency(struct room *s, uint64_t from, uint64_t size)
{
    struct sym_merkle_proof p;
    struct sym_span spans[SYM_MERKLE_PROOF_MAX];
    uint8_t old[SYM_HASH_BYTES];
    uint8_t root[SYM_HASH_BYTES];
    assert_int_equal(sym_log_prove_consistency(s->log, &p, from, size), SYM_OK);
    assert_int_equal(sym_log_root(s->log, old, from), SYM_OK);
    assert_int_equal(sym_log_root(s->log, root, size), SYM_OK);
    spans_of(spans, &p);
    assert_int_equal(sym_merkle_check_consistency(old, from, root, size, spans, p.n), SYM_OK);
}

static void proves_entries_and_heads_of_all_sizes(void **state)
{
    struct room *s = *state;
    uint8_t naive[SYM_HASH_BYTES];
    uint8_t root[SYM_HASH_BYTES];
    assert_int_equal(try_many(s, 600, SYM_OK, NULL), SYM_OK);
    for (uint64_t size = 1; size <= 600; size += size < 20 || (size > 250 && size < 262) ? 1 : 29) {
        assert_int_equal(sym_log_root(s->log, root, size), SYM_OK);
        naive_root(s, naive, size);
        assert_memory_equal(root, naive, sizeof root);
        for (uint64_t i = 0; i < size; i += 1 + size / 17) {
            check_inclusion(s, i, size);
            check_consistency(s, i + 1, size);
        }
        check_inclusion(s, size - 1, size);
    }
}

static void proves_across_three_levels_of_tiles(void **state)
{
    struct room *s = *state;
    assert_int_equal(try_many(s, 70000, SYM_OK, NULL), SYM_OK);
    static const uint64_t sizes[] = {255, 256, 257, 65535, 65536, 65537, 65792, 69999, 70000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        check_inclusion(s, 0, sizes[i]);
        check_inclusion(s, sizes[i] - 1, sizes[i]);
        check_inclusion(s, sizes[i] / 3, sizes[i]);
        check_consistency(s, sizes[i] / 2 + 1, sizes[i]);
        check_consistency(s, sizes[i], 70000);
    }
    uint8_t hashes[SYM_TILE_WIDTH][SYM_HASH_BYTES];
    struct sym_tile_query q = {.level = 2, .number = 0, .width = 1};
    assert_int_equal(sym_log_tile(s->log, hashes, &q), SYM_OK);
    uint8_t root[SYM_HASH_BYTES];
    assert_int_equal(sym_log_root(s->log, root, 65536), SYM_OK);
    assert_memory_equal(hashes[0], root, sizeof root);
    q.width = 2;
    assert_int_equal(sym_log_tile(s->log, hashes, &q), SYM_BAD_VALUE);
}

static void refuses_proofs_of_what_is_not_there(void **state)
{
    struct room *s = *state;
    struct sym_merkle_proof p;
    uint8_t root[SYM_HASH_BYTES];
    uint8_t leaf[SYM_LEAF_BYTES_MAX];
    uint8_t hashes[SYM_TILE_WIDTH][SYM_HASH_BYTES];
    size_t len = 0;
    add(s, 10);
    assert_int_equal(sym_log_prove_inclusion(s->log, &p, 10, 10), SYM_BAD_VALUE);
    assert_int_equal(sym_log_prove_inclusion(s->log, &p, 0, 0), SYM_BAD_VALUE);
    assert_int_equal(sym_log_prove_inclusion(s->log, &p, 3, 11), SYM_BAD_VALUE);
    assert_int_equal(sym_log_prove_consistency(s->log, &p, 5, 11), SYM_BAD_VALUE);
    assert_int_equal(sym_log_prove_consistency(s->log, &p, 7, 5), SYM_BAD_VALUE);
    assert_int_equal(sym_log_prove_consistency(s->log, &p, 12, 12), SYM_BAD_VALUE);
    assert_int_equal(sym_log_root(s->log, root, 11), SYM_BAD_VALUE);
    assert_int_equal(sym_log_leaf(s->log, leaf, &len, 10), SYM_BAD_VALUE);
    const struct sym_tile_query none[] = {
        {.level = 0, .number = 0, .width = 11}, {.level = 0, .number = 1, .width = 1},
        {.level = 1, .number = 0, .width = 1},  {.level = 8, .number = 0, .width = 1},
        {.level = 0, .number = 0, .width = 0},  {.level = 7, .number = INT64_MAX, .width = 1}};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        assert_int_equal(sym_log_tile(s->log, hashes, &none[i]), SYM_BAD_VALUE);
    }
    struct sym_head head;
    assert_int_equal(sym_log_head_of(s->log, &head, 2), SYM_NOT_FOUND);
}

/* Bodies -------------------------------------------------------------------------------------
 */

static void check_body(struct room *s, uint64_t index, const char *event)
{
    SYM_SECRET_AUTO body = {0};
    SYM_ARENA_AUTO arena = {0};
    SYM_ARENA_AUTO leaf_arena = {0};
    uint8_t salt[SYM_HASH_BYTES];
    uint8_t commitment[SYM_HASH_BYTES];
    uint8_t bytes[SYM_LEAF_BYTES_MAX];
    size_t len = 0;
    struct sym_leaf leaf;
    struct sym_entry_body b;
    assert_int_equal(sym_log_leaf(s->log, bytes, &len, index), SYM_OK);
    assert_int_equal(sym_decode(&leaf_arena, &leaf, &sym_msg_leaf, sym_span(bytes, len)), SYM_OK);
    assert_int_equal(sym_log_body(s->log, salt, &body, index), SYM_OK);
    assert_int_equal(sym_body_commit(commitment, salt, sym_secret_span(&body)), SYM_OK);
    assert_true(sym_span_equal(leaf.commitment, sym_span(commitment, sizeof commitment)));
    assert_int_equal(sym_decode(&arena, &b, &sym_msg_entry_body, sym_secret_span(&body)), SYM_OK);
    assert_true(sym_span_equal(b.event, sym_span_text(event)));
}

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

static void pass_a_moment(void)
{
    uint64_t now_ms = sym_wall_ms();
    while (sym_wall_ms() < now_ms + 3) {
    }
}

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
    assert_int_equal(sym_log_begin_again(s->log, &entry, NULL), SYM_OK);
    for (int restart = 0; restart < 2; restart++) {
        assert_int_equal(sym_log_head_of(room_log(s), &old, 1), SYM_OK);
        assert_int_equal(old.size, 7);
        assert_int_equal(old.signed_size, 7);
        room_reopen(s);
    }
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
    assert_int_equal(sym_log_begin_again(s->log, &entry, NULL), SYM_OK);
    assert_false(sym_log_is_frozen(s->log, NULL));
    add(s, 2);
    for (int restart = 0; restart < 2; restart++) {
        struct sym_head head;
        check_head(s, 3);
        check_body(s, 0, "restored");
        assert_int_equal(sym_log_head(s->log)->generation, 2);
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
        assert_int_equal(sym_log_head_of(s->log, &head, 3), SYM_NOT_FOUND);
        room_reopen(s);
        room_log(s);
    }
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
    assert_int_not_equal(sym_log_begin_again(s->log, &entry, &fault), SYM_OK);
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

static enum sym_err read_in_between(void *context, uint64_t index, struct sym_span leaf)
{
    struct room *s = context;
    uint8_t root[SYM_HASH_BYTES];
    assert_true(leaf.len > 0);
    assert_int_equal(sym_log_root(s->log, root, index + 1), SYM_OK);
    return index == 600 ? SYM_DENIED : SYM_OK;
}

static void walks_over_the_entries_with_one_peer(void **state)
{
    struct room *s = *state;
    for (unsigned i = 0; i < 350; i++) {
        add_about(s, SYM_ENTRY_REQUESTED, exchange_a, &bank_b, NULL);
        add_about(s, SYM_ENTRY_REQUESTED, exchange_a, &police, NULL);
    }
    assert_int_equal(sym_log_each_with(s->log, &police, 0, read_in_between, s), SYM_OK);
    assert_int_equal(sym_log_each_with(s->log, &bank_b, 0, read_in_between, s), SYM_DENIED);
    assert_int_equal(sym_log_each_with(s->log, &bank_b, 601, read_in_between, s), SYM_OK);
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
        TEST(proves_entries_and_heads_of_all_sizes),
        TEST(proves_across_three_levels_of_tiles),
        TEST(refuses_proofs_of_what_is_not_there),
        TEST(leaves_are_commitments_to_their_bodies),
        TEST(keeps_the_command_of_an_author_or_only_its_hash),
        TEST(refuses_a_body_that_no_reader_would_take),
        TEST(words_are_cut_and_cleaned),
        TEST(erasing_takes_old_bodies_and_leaves_every_proof),
        TEST(erasing_nothing_says_nothing_and_the_future_is_not_erased),
        TEST(a_body_that_was_deleted_is_not_taken_for_an_erased_one),
        TEST(signs_the_same_head_whenever_it_is_asked_for),
        TEST(the_last_head_of_a_generation_is_signed),
        TEST(a_frozen_log_takes_entries_and_signs_nothing),
        TEST(a_new_generation_has_another_origin_and_leaves_the_old_one_readable),
        TEST(a_new_generation_that_cannot_be_written_leaves_the_log_frozen),
        TEST(a_new_log_key_goes_on_with_the_same_tree),
        TEST(finds_entries_by_peer_exchange_handle_kind_and_time),
        TEST(finds_them_without_the_marks_too),
        TEST(rows_come_in_pages),
        TEST(walks_over_the_entries_with_one_peer),
        TEST(times_never_go_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
