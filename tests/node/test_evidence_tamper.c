/* Edits, deletes and reorders what a stopped node has in its LMDB file, through LMDB itself: with
 * sealed values as they are, and, knowing the node's master key, with values that are sealed
 * properly. Opening the log, or reading all of it, must notice each. */
#include "node/evidence/log_state.h"
#include "node/store/sealed.h"
#include "tests/support/room.h"

#include <lmdb.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, room_tear_down)
#define ENTRIES    600u /* two full tiles, and a part of a third */

/* What is tampered with: leaves and bodies lie in one table; the head in that of LMDB's own. */
struct part {
    const char *table; /* as values are sealed for it */
    const char *named; /* by LMDB */
    enum sym_log_part part;
};
static const struct part leaves = {"log", "log", SYM_LOG_LEAVES};
static const struct part bodies = {"log", "log", SYM_LOG_BODIES};
static const struct part tiles = {"tiles", "tiles", SYM_LOG_BODIES};
static const struct part head = {"log-head", NULL, SYM_LOG_BODIES};

struct raw {
    struct room *room;
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi table;
    const struct part *part;
    struct sym_secret key;
};

static int set_up(void **state)
{
    if (room_set_up(state) != 0) {
        return -1;
    }
    struct room *s = *state;
    for (unsigned i = 0; i < ENTRIES; i++) {
        char text[32];
        (void)snprintf(text, sizeof text, "entry %u", i);
        const struct sym_entry_body body = {.event = sym_span_text("tested"),
                                            .detail = sym_span_text(text)};
        const struct sym_entry entry = {.kind = SYM_ENTRY_SETTING, .body = &body};
        assert_int_equal(sym_log_add(room_log(s), &entry), SYM_OK);
    }
    return 0;
}

/* Stops the node, and opens one of its tables. */
static void raw_open(struct raw *r, struct room *s, const struct part *part)
{
    *r = (struct raw){.room = s, .part = part};
    sym_log_close(s->log);
    s->log = NULL;
    sym_store_close(s->store);
    s->store = NULL;
    assert_int_equal(sym_secret_new(&r->key, 32), SYM_OK);
    sym_subkey(r->key.data, s->master, "store values", sym_span(NULL, 0));
    assert_int_equal(mdb_env_create(&r->env), 0);
    assert_int_equal(mdb_env_set_maxdbs(r->env, SYM_TABLE_COUNT + 1), 0);
    assert_int_equal(mdb_env_open(r->env, room_path(s, "store"), 0, 0600), 0);
    assert_int_equal(mdb_txn_begin(r->env, NULL, 0, &r->txn), 0);
    assert_int_equal(mdb_dbi_open(r->txn, part->named, 0, &r->table), 0);
}

static void raw_close(struct raw *r)
{
    assert_int_equal(mdb_txn_commit(r->txn), 0);
    mdb_env_close(r->env);
    sym_secret_clear(&r->key);
    struct sym_fault fault = {.text = ""};
    assert_int_equal(sym_store_open(&r->room->store, r->room->dir,
                                    sym_span(r->room->master, sizeof r->room->master), &fault),
                     SYM_OK);
}

/* The key of an entry's row, in generation 1. */
static MDB_val key_of(const struct raw *r, uint8_t out[SYM_LOG_ROW_BYTES], uint64_t number)
{
    sym_log_row_key(out, 1, number, r->part->part);
    return (MDB_val){.mv_size = SYM_LOG_ROW_BYTES, .mv_data = out};
}

static size_t raw_get(struct raw *r, MDB_val key, uint8_t out[4096])
{
    MDB_val v;
    assert_int_equal(mdb_get(r->txn, r->table, &key, &v), 0);
    assert_true(v.mv_size <= 4096);
    memcpy(out, v.mv_data, v.mv_size);
    return v.mv_size;
}

static void raw_put(struct raw *r, MDB_val key, uint8_t *bytes, size_t len)
{
    MDB_val v = {.mv_size = len, .mv_data = bytes};
    assert_int_equal(mdb_put(r->txn, r->table, &key, &v, 0), 0);
}

/* Before a leaf or body stands its length: these have a row each, being of one commit each. */
static size_t framing(const struct raw *r)
{
    return r->part == &leaves ? 4 : 0;
}

/* A value, opened with the node's own key, and one that is sealed with it. */
static size_t raw_unseal(struct raw *r, MDB_val key, uint8_t out[4096])
{
    uint8_t sealed[4096];
    uint8_t row[4096];
    size_t len = 0;
    size_t sealed_len = raw_get(r, key, sealed);
    struct sym_place place = {.table = r->part->table, .key = sym_span(key.mv_data, key.mv_size)};
    assert_int_equal(
        sym_sealed_read_into(row, 4096, &len, &r->key, &place, sym_span(sealed, sealed_len)),
        SYM_OK);
    memcpy(out, row + framing(r), len - framing(r));
    return len - framing(r);
}

static void raw_seal(struct raw *r, MDB_val key, const uint8_t *bytes, size_t len)
{
    uint8_t sealed[4096 + SYM_SEAL_OVERHEAD_BYTES];
    uint8_t row[4096] = {0, 0, (uint8_t)(len >> 8), (uint8_t)len};
    struct sym_place place = {.table = r->part->table, .key = sym_span(key.mv_data, key.mv_size)};
    uint8_t nonce[SYM_SEAL_NONCE_BYTES];
    struct sym_aead cipher = {0};
    sym_random(nonce, sizeof nonce);
    assert_true(len < sizeof row - framing(r));
    memcpy(row + framing(r), bytes, len);
    len += framing(r);
    assert_int_equal(sym_sealed_write(sealed, &cipher, &r->key, nonce, &place, sym_span(row, len)),
                     SYM_OK);
    sym_aead_clear(&cipher);
    raw_put(r, key, sealed, len + SYM_SEAL_OVERHEAD_BYTES);
}

/* Reading all, as `log verify` does: the tree against the head, bodies against their leaves. */
struct verified {
    struct sym_merkle_edge edge;
    uint64_t bad; /* entry; UINT64_MAX: none */
    uint64_t at;
};

static enum sym_err verify_row(void *context, const struct sym_log_row *row)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_leaf leaf;
    uint8_t hash[SYM_HASH_BYTES];
    uint8_t commitment[SYM_HASH_BYTES];
    struct verified *v = context;
    bool good = row->index == v->at++ && row->leaf.len > 0 && row->body.len > 0 &&
                sym_decode(&arena, &leaf, &sym_msg_leaf, row->leaf) == SYM_OK &&
                sym_body_commit(commitment, row->salt.data, row->body) == SYM_OK &&
                sym_span_equal(leaf.commitment, sym_span(commitment, sizeof commitment));
    if (!good) {
        v->bad = v->bad == UINT64_MAX ? row->index : v->bad;
        return SYM_OK;
    }
    assert_int_equal(sym_merkle_leaf(hash, row->leaf), SYM_OK);
    return sym_merkle_add(&v->edge, hash);
}

/* What notices: the start of the node, or reading all of the log. */
enum notice { AT_START, BY_ENTRY, BY_ROOT, NOT_AT_ALL };

static enum notice look(struct room *s, uint64_t *entry, const char *say)
{
    struct sym_fault fault = {.text = ""};
    if (room_try_log(s, &fault) != SYM_OK) {
        assert_non_null(strstr(fault.text, "evidence log: "));
        assert_non_null(strstr(fault.text, "restore"));
        if (say != NULL && strstr(fault.text, say) == NULL) {
            fail_msg("%s", fault.text);
        }
        return AT_START;
    }
    struct verified v = {.bad = UINT64_MAX};
    struct sym_log_query q = {.bodies = true};
    uint8_t root[SYM_HASH_BYTES];
    for (bool more = true; more;) {
        assert_int_equal(sym_log_rows(s->log, &q, &q.first, &more, verify_row, &v), SYM_OK);
    }
    assert_int_equal(sym_merkle_edge_root(root, &v.edge), SYM_OK);
    *entry = v.bad;
    if (v.bad != UINT64_MAX) {
        return BY_ENTRY;
    }
    bool same = v.edge.size == sym_log_head(s->log)->size &&
                memcmp(root, sym_log_head(s->log)->root, sizeof root) == 0;
    return same ? NOT_AT_ALL : BY_ROOT;
}

static void a_log_that_nobody_touched_is_fine(void **state)
{
    struct raw r;
    uint64_t entry = 0;
    raw_open(&r, *state, &leaves);
    raw_close(&r);
    assert_int_equal(look(*state, &entry, NULL), NOT_AT_ALL);
}

/* Any bit of a sealed leaf, body, tile or head. */
static void notices_any_bit_of_a_sealed_value(void **state)
{
    static const struct {
        const struct part *part;
        uint64_t number;
        enum notice notice;
    } flips[] = {
        {&leaves, 3, BY_ENTRY},   {&leaves, 255, BY_ENTRY}, {&leaves, 512, AT_START},
        {&leaves, 599, AT_START}, {&bodies, 3, BY_ENTRY},   {&bodies, 599, BY_ENTRY},
        {&bodies, 512, BY_ENTRY},
    };
    for (size_t i = 0; i < sizeof flips / sizeof *flips; i++) {
        for (size_t bit = 0; bit < 3; bit++) {
            struct raw r;
            uint8_t key[SYM_LOG_ROW_BYTES];
            uint8_t bytes[4096];
            uint64_t entry = 0;
            raw_open(&r, *state, flips[i].part);
            MDB_val k = key_of(&r, key, flips[i].number);
            size_t len = raw_get(&r, k, bytes);
            size_t at = bit * (len - 1) / 2;
            bytes[at] ^= (uint8_t)(1u << bit);
            raw_put(&r, k, bytes, len);
            raw_close(&r);
            assert_int_equal(look(*state, &entry, NULL), flips[i].notice);
            if (flips[i].notice == BY_ENTRY) {
                assert_int_equal(entry, flips[i].number);
            }
            raw_open(&r, *state, flips[i].part);
            bytes[at] ^= (uint8_t)(1u << bit);
            raw_put(&r, k, bytes, len);
            raw_close(&r);
            assert_int_equal(look(*state, &entry, NULL), NOT_AT_ALL);
        }
    }
}

static void notices_an_entry_that_was_deleted(void **state)
{
    static const struct {
        const struct part *part;
        uint64_t number;
        enum notice notice;
        const char *say;
    } gone[] = {
        {&leaves, 7, BY_ENTRY, NULL},     {&leaves, 300, BY_ENTRY, NULL},
        {&bodies, 8, BY_ENTRY, NULL},     {&leaves, 550, AT_START, "entry 550 is gone"},
        {&leaves, 599, AT_START, "gone"},
    };
    for (size_t i = 0; i < sizeof gone / sizeof *gone; i++) {
        struct raw r;
        uint8_t key[SYM_LOG_ROW_BYTES];
        uint8_t bytes[4096];
        uint64_t entry = 0;
        raw_open(&r, *state, gone[i].part);
        MDB_val k = key_of(&r, key, gone[i].number);
        size_t len = raw_get(&r, k, bytes);
        assert_int_equal(mdb_del(r.txn, r.table, &k, NULL), 0);
        raw_close(&r);
        assert_int_equal(look(*state, &entry, gone[i].say), gone[i].notice);
        if (gone[i].notice == BY_ENTRY) {
            assert_int_equal(entry, gone[i].number);
        }
        raw_open(&r, *state, gone[i].part);
        raw_put(&r, k, bytes, len);
        raw_close(&r);
    }
}

/* With the master key: leaves that are sealed as the node would. */
static void notices_leaves_that_changed_places_properly_sealed(void **state)
{
    static const struct {
        uint64_t a;
        uint64_t b;
        enum notice notice;
    } swaps[] = {{1, 2, BY_ENTRY}, {100, 400, BY_ENTRY}, {598, 599, AT_START}, {3, 599, AT_START}};
    for (size_t i = 0; i < sizeof swaps / sizeof *swaps; i++) {
        struct raw r;
        uint8_t key_a[SYM_LOG_ROW_BYTES];
        uint8_t key_b[SYM_LOG_ROW_BYTES];
        uint8_t a[4096];
        uint8_t b[4096];
        uint64_t entry = 0;
        raw_open(&r, *state, &leaves);
        MDB_val ka = key_of(&r, key_a, swaps[i].a);
        MDB_val kb = key_of(&r, key_b, swaps[i].b);
        size_t a_len = raw_unseal(&r, ka, a);
        size_t b_len = raw_unseal(&r, kb, b);
        raw_seal(&r, ka, b, b_len);
        raw_seal(&r, kb, a, a_len);
        raw_close(&r);
        assert_int_equal(look(*state, &entry, NULL), swaps[i].notice);
        raw_open(&r, *state, &leaves);
        raw_seal(&r, ka, a, a_len);
        raw_seal(&r, kb, b, b_len);
        raw_close(&r);
        assert_int_equal(look(*state, &entry, NULL), NOT_AT_ALL);
    }
}

/* The time of a leaf lies behind its version: a varint, whose lowest byte takes any bit. */
static void notices_a_leaf_that_was_rewritten_and_properly_sealed(void **state)
{
    static const uint64_t numbers[] = {0, 256, 511, 512, 599};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct raw r;
        uint8_t key[SYM_LOG_ROW_BYTES];
        uint8_t bytes[4096];
        uint64_t entry = 0;
        raw_open(&r, *state, &leaves);
        MDB_val k = key_of(&r, key, numbers[i]);
        size_t len = raw_unseal(&r, k, bytes);
        bytes[3] ^= 1;
        raw_seal(&r, k, bytes, len);
        raw_close(&r);
        assert_int_equal(look(*state, &entry, NULL), numbers[i] < 512 ? BY_ROOT : AT_START);
        raw_open(&r, *state, &leaves);
        bytes[3] ^= 1;
        raw_seal(&r, k, bytes, len);
        raw_close(&r);
    }
}

static void notices_an_entry_that_was_added_behind_the_head(void **state)
{
    struct raw r;
    uint8_t key[SYM_LOG_ROW_BYTES];
    uint8_t bytes[4096];
    uint64_t entry = 0;
    raw_open(&r, *state, &leaves);
    size_t len = raw_unseal(&r, key_of(&r, key, 599), bytes);
    raw_seal(&r, key_of(&r, key, 600), bytes, len);
    raw_close(&r);
    assert_int_equal(look(*state, &entry, "entries that its head does not know"), AT_START);
}

static MDB_val head_key(void)
{
    static char name[] = "head";
    return (MDB_val){.mv_size = sizeof name - 1, .mv_data = name};
}

static void notices_a_head_that_was_deleted(void **state)
{
    struct raw r;
    uint64_t entry = 0;
    MDB_val k = head_key();
    raw_open(&r, *state, &head);
    assert_int_equal(mdb_del(r.txn, r.table, &k, NULL), 0);
    raw_close(&r);
    assert_int_equal(look(*state, &entry, "entries that its head does not know"), AT_START);
}

/* An old head, with the leaves behind it cut off, is a log that was restored: only partners can
 * notice that. Any other old head is noticed here. */
static void notices_an_older_head(void **state)
{
    struct room *s = *state;
    struct raw r;
    uint8_t bytes[4096];
    uint64_t entry = 0;
    raw_open(&r, s, &head);
    size_t len = raw_get(&r, head_key(), bytes);
    raw_close(&r);
    const struct sym_entry_body body = {.event = sym_span_text("tested")};
    const struct sym_entry one = {.kind = SYM_ENTRY_SETTING, .body = &body};
    assert_int_equal(sym_log_add(room_log(s), &one), SYM_OK);
    raw_open(&r, s, &head);
    raw_put(&r, head_key(), bytes, len);
    raw_close(&r);
    assert_int_equal(look(s, &entry, "entries that its head does not know"), AT_START);
}

/* Somebody with the master key, who makes everything fit but what the log's own key makes: another
 * leaf, and the root that it leads to. */
static void notices_a_head_that_was_forged_without_the_log_key(void **state)
{
    struct room *s = *state;
    struct raw r;
    struct sym_merkle_edge edge = {.size = 0};
    uint8_t key[SYM_LOG_ROW_BYTES];
    uint8_t bytes[4096];
    uint8_t hash[SYM_HASH_BYTES];
    uint64_t entry = 0;
    raw_open(&r, s, &leaves);
    for (uint64_t i = 0; i < ENTRIES; i++) {
        size_t len = raw_unseal(&r, key_of(&r, key, i), bytes);
        if (i == ENTRIES - 1) {
            bytes[3] ^= 1;
            raw_seal(&r, key_of(&r, key, i), bytes, len);
        }
        assert_int_equal(sym_merkle_leaf(hash, sym_span(bytes, len)), SYM_OK);
        assert_int_equal(sym_merkle_add(&edge, hash), SYM_OK);
    }
    raw_close(&r);
    raw_open(&r, s, &head);
    size_t len = raw_unseal(&r, head_key(), bytes);
    /* version 1, generation 4, size 8, signed size 8, erased 8, flags 1; then the root. */
    assert_int_equal(sym_merkle_edge_root(bytes + 30, &edge), SYM_OK);
    raw_seal(&r, head_key(), bytes, len);
    raw_close(&r);
    assert_int_equal(look(s, &entry, "not those that this node has signed"), AT_START);
}

static void notices_a_tile_that_is_gone_or_was_replaced(void **state)
{
    static uint8_t tile[2][SYM_TILE_WIDTH * (SYM_HASH_BYTES + sizeof(struct sym_log_mark)) +
                           SYM_SEAL_OVERHEAD_BYTES];
    struct room *s = *state;
    struct raw r;
    uint8_t key[2][13] = {{0, 0, 0, 1}, {0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1}};
    MDB_val k[2] = {{.mv_size = 13, .mv_data = key[0]}, {.mv_size = 13, .mv_data = key[1]}};
    uint64_t entry = 0;
    raw_open(&r, s, &tiles);
    for (size_t i = 0; i < 2; i++) {
        MDB_val v;
        assert_int_equal(mdb_get(r.txn, r.table, &k[i], &v), 0);
        assert_int_equal(v.mv_size, sizeof tile[i]);
        memcpy(tile[i], v.mv_data, v.mv_size);
    }
    MDB_val other = {.mv_size = sizeof tile[1], .mv_data = tile[1]};
    assert_int_equal(mdb_put(r.txn, r.table, &k[0], &other, 0), 0);
    raw_close(&r);
    assert_int_equal(look(s, &entry, "tile 0 of level 0 was altered"), AT_START);
    raw_open(&r, s, &tiles);
    assert_int_equal(mdb_del(r.txn, r.table, &k[0], NULL), 0);
    raw_close(&r);
    assert_int_equal(look(s, &entry, "tile 0 of level 0 is gone"), AT_START);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_log_that_nobody_touched_is_fine),
        TEST(notices_any_bit_of_a_sealed_value),
        TEST(notices_an_entry_that_was_deleted),
        TEST(notices_leaves_that_changed_places_properly_sealed),
        TEST(notices_a_leaf_that_was_rewritten_and_properly_sealed),
        TEST(notices_an_entry_that_was_added_behind_the_head),
        TEST(notices_a_head_that_was_deleted),
        TEST(notices_an_older_head),
        TEST(notices_a_head_that_was_forged_without_the_log_key),
        TEST(notices_a_tile_that_is_gone_or_was_replaced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
