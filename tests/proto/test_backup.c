/* The content of a backup: members in their order, whatever the pieces, and nothing else. */
#include "proto/backup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define MEMBERS_MAX 12u

struct content {
    uint8_t bytes[4096];
    size_t len;
    uint32_t members;
};

static const char *const usual[] = {"format",       "node.card",     "node.keys",     "master.key",
                                    "erasure.keys", "evidence.keys", "store/data.mdb"};
#define USUAL (sizeof usual / sizeof *usual)

static void put(struct content *c, const void *data, size_t len)
{
    assert_true(len <= sizeof c->bytes - c->len);
    memcpy(c->bytes + c->len, data, len);
    c->len += len;
}

/* A member whose bytes are its name, whatever that is. */
static void put_member(struct content *c, const char *name)
{
    size_t len = strlen(name);
    uint8_t length[8];
    uint8_t name_len = (uint8_t)len;
    sym_put_u64(length, len);
    put(c, &name_len, 1);
    put(c, name, len);
    put(c, length, sizeof length);
    put(c, name, len);
    c->members++;
}

static void put_end(struct content *c, uint32_t members)
{
    uint8_t tail[SYM_BACKUP_TAIL_BYTES];
    sym_backup_put_tail(tail, members);
    put(c, tail, sizeof tail);
}

static void put_usual(struct content *c)
{
    *c = (struct content){.len = 0};
    for (size_t i = 0; i < USUAL; i++) {
        put_member(c, usual[i]);
    }
}

/* Parses in pieces; checks that each member's bytes are its name. */
static enum sym_err parse(const struct content *c, size_t piece, uint32_t *members)
{
    struct sym_backup_parser p = {.open = false};
    char seen[SYM_BACKUP_NAME_BYTES] = "";
    size_t got = 0;
    *members = 0;
    for (size_t at = 0; at < c->len; at += piece) {
        struct sym_span in = sym_span(c->bytes + at, c->len - at < piece ? c->len - at : piece);
        enum sym_backup_part part = SYM_BACKUP_BYTES;
        while (part != SYM_BACKUP_MORE) {
            enum sym_err err = sym_backup_next(&p, &part, &in);
            if (err != SYM_OK) {
                assert_int_equal(sym_backup_end(&p), err);
                return err;
            }
            if (part == SYM_BACKUP_MEMBER) {
                got = 0;
            } else if (part == SYM_BACKUP_BYTES) {
                assert_true(p.span.len < sizeof seen - got);
                memcpy(seen + got, p.span.data, p.span.len);
                got += p.span.len;
                seen[got] = '\0';
            } else if (part == SYM_BACKUP_DONE) {
                assert_string_equal(seen, p.name);
                assert_int_equal(p.bytes, got);
                (*members)++;
            }
        }
        assert_int_equal(in.len, 0);
    }
    return sym_backup_end(&p);
}

static enum sym_err parse_whole(const struct content *c)
{
    uint32_t members;
    return parse(c, sizeof c->bytes, &members);
}

static void takes_members_in_pieces_of_any_size(void **state)
{
    (void)state;
    struct content c;
    put_usual(&c);
    put_member(&c, "users/a.b.key");
    put_member(&c, "users/a.key");
    put_member(&c, "users/operator.key");
    put_end(&c, c.members);
    for (size_t piece = 1; piece <= c.len; piece++) {
        uint32_t members = 0;
        assert_int_equal(parse(&c, piece, &members), SYM_OK);
        assert_int_equal(members, USUAL + 3);
    }
}

static void a_member_that_is_not_always_there_may_be_missing(void **state)
{
    (void)state;
    struct content c = {.len = 0};
    for (size_t i = 0; i < USUAL; i++) {
        if (strcmp(usual[i], "evidence.keys") != 0) {
            put_member(&c, usual[i]);
        }
    }
    put_end(&c, c.members);
    assert_int_equal(parse_whole(&c), SYM_OK);
}

static void refuses_content_without_what_each_node_has(void **state)
{
    (void)state;
    for (size_t left_out = 0; left_out < USUAL; left_out++) {
        struct content c = {.len = 0};
        for (size_t i = 0; i < USUAL; i++) {
            if (i != left_out) {
                put_member(&c, usual[i]);
            }
        }
        put_end(&c, c.members);
        bool needed = strcmp(usual[left_out], "evidence.keys") != 0;
        assert_int_equal(parse_whole(&c), needed ? SYM_BAD_FORMAT : SYM_OK);
    }
}

static void refuses_names_that_lead_elsewhere(void **state)
{
    (void)state;
    static const char *const bad[] = {"lock",           "run",
                                      "../node.keys",   "/etc/passwd",
                                      "store/lock.mdb", "users/../format",
                                      "users/.key",     "users/a/b.key",
                                      "users/-x.key",   "users/a.txt",
                                      "users/",         "restored",
                                      "users/ä.key",    "users/a b.key",
                                      "format ",        "store/data.mdbx"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct content c;
        uint8_t head[SYM_BACKUP_HEAD_BYTES];
        size_t len = 0;
        put_usual(&c);
        put_member(&c, bad[i]);
        put_end(&c, c.members);
        assert_int_equal(parse_whole(&c), SYM_BAD_FORMAT);
        assert_int_equal(sym_backup_put_head(head, &len, sym_span_text(bad[i]), 1), SYM_BAD_FORMAT);
    }
}

static void refuses_members_twice_or_in_another_order(void **state)
{
    (void)state;
    struct content c = {.len = 0};
    put_member(&c, "format");
    put_member(&c, "format");
    assert_int_equal(parse_whole(&c), SYM_BAD_FORMAT);
    c = (struct content){.len = 0};
    put_member(&c, "node.card");
    put_member(&c, "format");
    assert_int_equal(parse_whole(&c), SYM_BAD_FORMAT);
    static const char *const pairs[][2] = {{"users/b.key", "users/a.key"},
                                           {"users/a.key", "users/a.key"},
                                           {"users/a.key", "users/a.b.key"},
                                           {"users/a.key", "store/data.mdb"}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        put_usual(&c);
        put_member(&c, pairs[i][0]);
        put_member(&c, pairs[i][1]);
        assert_int_equal(parse_whole(&c), SYM_BAD_FORMAT);
    }
}

static void refuses_each_truncation(void **state)
{
    (void)state;
    struct content c;
    put_usual(&c);
    put_end(&c, c.members);
    for (size_t len = 0; len < c.len; len++) {
        struct content cut = c;
        cut.len = len;
        assert_int_equal(parse_whole(&cut), SYM_SHORT);
    }
}

static void refuses_bytes_behind_the_end_and_a_wrong_count(void **state)
{
    (void)state;
    struct content c;
    uint32_t members;
    for (size_t piece = 1; piece < 600; piece += 7) {
        put_usual(&c);
        put_end(&c, c.members);
        put(&c, "x", 1);
        assert_int_equal(parse(&c, piece, &members), SYM_TRAILING);
    }
    put_usual(&c);
    put_end(&c, c.members + 1);
    assert_int_equal(parse_whole(&c), SYM_BAD_FORMAT);
}

static void refuses_lengths_that_no_member_has(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint64_t bytes;
    } bad[] = {{"format", 0},
               {"node.keys", SYM_BACKUP_SMALL_BYTES_MAX + 1},
               {"users/a.key", SYM_BACKUP_SMALL_BYTES_MAX + 1},
               {"store/data.mdb", SYM_BACKUP_STORE_BYTES_MAX + 1},
               {"store/data.mdb", UINT64_MAX}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct content c = {.len = 0};
        uint8_t length[8];
        uint8_t head[SYM_BACKUP_HEAD_BYTES];
        size_t len = 0;
        uint8_t name_len = (uint8_t)strlen(bad[i].name);
        sym_put_u64(length, bad[i].bytes);
        put(&c, &name_len, 1);
        put(&c, bad[i].name, name_len);
        put(&c, length, sizeof length);
        assert_int_equal(parse_whole(&c), SYM_TOO_LONG);
        assert_int_equal(sym_backup_put_head(head, &len, sym_span_text(bad[i].name), bad[i].bytes),
                         SYM_TOO_LONG);
    }
}

static void writes_what_it_reads(void **state)
{
    (void)state;
    struct content c;
    struct content again = {.len = 0};
    put_usual(&c);
    for (size_t i = 0; i < USUAL; i++) {
        uint8_t head[SYM_BACKUP_HEAD_BYTES];
        size_t len = 0;
        struct sym_span name = sym_span_text(usual[i]);
        assert_int_equal(sym_backup_put_head(head, &len, name, name.len), SYM_OK);
        put(&again, head, len);
        put(&again, name.data, name.len);
        assert_string_equal(sym_backup_name((enum sym_backup_kind)i), usual[i]);
    }
    assert_int_equal(again.len, c.len);
    assert_memory_equal(again.bytes, c.bytes, c.len);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_members_in_pieces_of_any_size),
        cmocka_unit_test(a_member_that_is_not_always_there_may_be_missing),
        cmocka_unit_test(refuses_content_without_what_each_node_has),
        cmocka_unit_test(refuses_names_that_lead_elsewhere),
        cmocka_unit_test(refuses_members_twice_or_in_another_order),
        cmocka_unit_test(refuses_each_truncation),
        cmocka_unit_test(refuses_bytes_behind_the_end_and_a_wrong_count),
        cmocka_unit_test(refuses_lengths_that_no_member_has),
        cmocka_unit_test(writes_what_it_reads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
