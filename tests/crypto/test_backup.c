/* The file of a backup: it opens as it was written, and not otherwise. */
#include "crypto/backup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define PASSPHRASE "correct horse battery"
#define CHUNK      ((size_t)SYM_BACKUP_CHUNK_BYTES)
#define SEALED     (CHUNK + SYM_BACKUP_OVERHEAD_BYTES)
#define CHUNKS_MAX 4u
/* Of the last chunk. */
#define SHORT 100u

/* A backup in memory: n chunks, of which the last has `last` bytes. */
struct stage {
    struct sym_secret key;
    uint8_t header[SYM_BACKUP_HEADER_BYTES];
    uint8_t *content;
    uint8_t *sealed;
    size_t n;
    size_t last;
};

static const struct sym_backup_about about = {.node = {{1, 2, 3}}, .time_ms = 1790000000123u};

static size_t content_len(const struct stage *s, size_t i)
{
    return i + 1 < s->n ? CHUNK : s->last;
}

static struct sym_span sealed_at(const struct stage *s, size_t i)
{
    return sym_span(s->sealed + i * SEALED, content_len(s, i) + SYM_BACKUP_OVERHEAD_BYTES);
}

static void write_stage(struct stage *s, size_t n, size_t last)
{
    struct sym_backup *b = NULL;
    s->n = n;
    s->last = last;
    sym_backup_header(s->header, &about);
    assert_int_equal(sym_backup_write(&b, s->header, &s->key), SYM_OK);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(sym_backup_seal(b, s->sealed + i * SEALED,
                                         sym_span(s->content + i * CHUNK, content_len(s, i)),
                                         i + 1 == n),
                         SYM_OK);
    }
    assert_int_equal(sym_backup_chunks(b), n);
    sym_backup_free(b);
}

/* Opens chunks in this order until one is refused; which, and why. */
static enum sym_err open_chunks(const struct stage *s, const size_t *order, size_t n,
                                uint64_t *opened, bool *last)
{
    struct sym_backup *b = NULL;
    uint8_t *out = malloc(CHUNK);
    assert_non_null(out);
    *last = false;
    enum sym_err err = sym_backup_read(&b, s->header, &s->key);
    for (size_t i = 0; i < n && err == SYM_OK; i++) {
        err = sym_backup_unseal(b, out, last, sealed_at(s, order[i]));
        if (err == SYM_OK) {
            assert_memory_equal(out, s->content + order[i] * CHUNK, content_len(s, order[i]));
        }
    }
    *opened = b == NULL ? 0 : sym_backup_chunks(b);
    sym_backup_free(b);
    free(out);
    return err;
}

static enum sym_err open_all(const struct stage *s, uint64_t *opened, bool *last)
{
    static const size_t order[CHUNKS_MAX] = {0, 1, 2, 3};
    return open_chunks(s, order, s->n, opened, last);
}

static int set_up(void **state)
{
    struct stage *s = calloc(1, sizeof *s);
    assert_non_null(s);
    assert_int_equal(sym_crypto_init(), SYM_OK);
    s->content = malloc(CHUNKS_MAX * CHUNK);
    s->sealed = malloc(CHUNKS_MAX * SEALED);
    assert_true(s->content != NULL && s->sealed != NULL);
    sym_random(s->content, CHUNKS_MAX * CHUNK);
    assert_int_equal(sym_secret_random(&s->key, SYM_BACKUP_KEY_BYTES), SYM_OK);
    write_stage(s, 3, SHORT);
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    struct stage *s = *state;
    sym_secret_clear(&s->key);
    free(s->content);
    free(s->sealed);
    free(s);
    return 0;
}

static void opens_what_was_written(void **state)
{
    struct stage *s = *state;
    static const size_t lasts[] = {1, SHORT, CHUNK - 1, CHUNK};
    for (size_t n = 1; n <= CHUNKS_MAX; n++) {
        for (size_t i = 0; i < sizeof lasts / sizeof *lasts; i++) {
            uint64_t opened = 0;
            bool last = false;
            write_stage(s, n, lasts[i]);
            assert_int_equal(open_all(s, &opened, &last), SYM_OK);
            assert_true(last);
            assert_int_equal(opened, n);
        }
    }
}

static void tells_node_and_time_without_the_passphrase(void **state)
{
    struct stage *s = *state;
    struct sym_backup_about read = {.time_ms = 0};
    assert_int_equal(sym_backup_about(&read, s->header), SYM_OK);
    assert_true(sym_node_id_equal(&read.node, &about.node));
    assert_int_equal(read.time_ms, about.time_ms);
}

static void derives_the_same_key_from_the_same_passphrase_only(void **state)
{
    struct stage *s = *state;
    SYM_SECRET_AUTO a = {0};
    SYM_SECRET_AUTO b = {0};
    SYM_SECRET_AUTO c = {0};
    assert_int_equal(sym_backup_key(&a, s->header, sym_span_text(PASSPHRASE)), SYM_OK);
    assert_int_equal(sym_backup_key(&b, s->header, sym_span_text(PASSPHRASE)), SYM_OK);
    assert_memory_equal(a.data, b.data, SYM_BACKUP_KEY_BYTES);
    assert_int_equal(sym_backup_key(&c, s->header, sym_span_text("correct horse batterz")), SYM_OK);
    assert_memory_not_equal(a.data, c.data, SYM_BACKUP_KEY_BYTES);
    uint8_t expected[SYM_BACKUP_KEY_BYTES];
    assert_int_equal(crypto_pwhash(expected, sizeof expected, PASSPHRASE, strlen(PASSPHRASE),
                                   s->header + 26, 3, 268435456, crypto_pwhash_ALG_ARGON2ID13),
                     0);
    assert_memory_equal(a.data, expected, sizeof expected);
}

static void each_file_has_a_salt_and_a_start_of_its_own(void **state)
{
    struct stage *s = *state;
    uint8_t before[SYM_BACKUP_HEADER_BYTES];
    memcpy(before, s->header, sizeof before);
    write_stage(s, 1, SHORT);
    assert_memory_not_equal(before + 26, s->header + 26, 16);
    assert_memory_not_equal(before + 82, s->header + 82, 24);
}

static void refuses_the_wrong_key(void **state)
{
    struct stage *s = *state;
    uint64_t opened = 9;
    bool last = false;
    s->key.data[5] ^= 1;
    assert_int_equal(open_all(s, &opened, &last), SYM_BAD_TAG);
    assert_int_equal(opened, 0);
}

/* Within the magic it is no backup; parameters may run out of bounds; the rest is bound to the
 * first chunk. Key derivation sees memory, passes and salt only. */
static void refuses_each_flipped_bit_of_the_header(void **state)
{
    struct stage *s = *state;
    for (size_t bit = 0; bit < SYM_BACKUP_HEADER_BYTES * (size_t)8; bit++) {
        uint64_t opened = 9;
        bool last = false;
        s->header[bit / 8] ^= (uint8_t)(1u << bit % 8);
        enum sym_err err = open_all(s, &opened, &last);
        assert_int_not_equal(err, SYM_OK);
        assert_int_equal(opened, 0);
        if (bit < 16 * (size_t)8) {
            assert_int_equal(err, SYM_BAD_FORMAT);
        }
        s->header[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    uint64_t opened = 0;
    bool last = false;
    assert_int_equal(open_all(s, &opened, &last), SYM_OK);
}

static void put_u32(uint8_t *out, uint32_t v)
{
    struct sym_writer w = sym_writer(out, 4);
    sym_write_u32(&w, v);
}

static void refuses_parameters_that_exhaust_memory_or_patience(void **state)
{
    struct stage *s = *state;
    static const struct {
        uint32_t memory;
        uint32_t passes;
    } bad[] = {{0, 3},          {63u << 20, 3},   {1025u << 20, 3},         {UINT32_MAX, 3},
               {256u << 20, 0}, {256u << 20, 11}, {256u << 20, UINT32_MAX}, {(256u << 20) + 1, 3}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        SYM_SECRET_AUTO key = {0};
        struct sym_backup_about read;
        put_u32(s->header + 18, bad[i].memory);
        put_u32(s->header + 22, bad[i].passes);
        assert_int_equal(sym_backup_about(&read, s->header), SYM_BAD_VALUE);
        assert_int_equal(sym_backup_key(&key, s->header, sym_span_text(PASSPHRASE)), SYM_BAD_VALUE);
        assert_int_equal(key.len, 0);
    }
}

static void refuses_a_version_it_does_not_know(void **state)
{
    struct stage *s = *state;
    struct sym_backup_about read;
    s->header[16] = '2';
    assert_int_equal(sym_backup_about(&read, s->header), SYM_BAD_VERSION);
}

/* Every byte of the short last chunk, and a sample of the long ones. */
static void refuses_each_flipped_bit_of_a_chunk(void **state)
{
    struct stage *s = *state;
    for (size_t chunk = 0; chunk < s->n; chunk++) {
        size_t len = sealed_at(s, chunk).len;
        size_t step = chunk + 1 == s->n ? 1 : 65521;
        for (size_t at = 0; at < len; at += step) {
            uint64_t opened = 9;
            bool last = false;
            s->sealed[chunk * SEALED + at] ^= (uint8_t)(1u << at % 8);
            assert_int_equal(open_all(s, &opened, &last), SYM_BAD_TAG);
            assert_int_equal(opened, chunk);
            s->sealed[chunk * SEALED + at] ^= (uint8_t)(1u << at % 8);
        }
    }
}

static void refuses_each_truncated_chunk(void **state)
{
    struct stage *s = *state;
    uint8_t out[SHORT];
    write_stage(s, 1, SHORT);
    for (size_t len = 0; len < SHORT + SYM_BACKUP_OVERHEAD_BYTES; len++) {
        struct sym_backup *b = NULL;
        bool last = false;
        assert_int_equal(sym_backup_read(&b, s->header, &s->key), SYM_OK);
        assert_int_equal(sym_backup_unseal(b, out, &last, sym_span(s->sealed, len)),
                         len <= SYM_BACKUP_OVERHEAD_BYTES ? SYM_SHORT : SYM_BAD_TAG);
        assert_false(last);
        sym_backup_free(b);
    }
}

static void a_file_cut_between_chunks_never_shows_its_last(void **state)
{
    struct stage *s = *state;
    static const size_t order[] = {0, 1, 2};
    for (size_t n = 0; n < 3; n++) {
        uint64_t opened = 9;
        bool last = true;
        assert_int_equal(open_chunks(s, order, n, &opened, &last), SYM_OK);
        assert_false(last);
        assert_int_equal(opened, n);
    }
}

static void refuses_chunks_that_are_swapped_left_out_or_repeated(void **state)
{
    struct stage *s = *state;
    static const struct {
        size_t order[3];
        uint64_t good;
    } cases[] = {{{1, 0, 2}, 0}, {{0, 2, 1}, 1}, {{2, 0, 1}, 0},
                 {{0, 0, 1}, 1}, {{1, 1, 2}, 0}, {{0, 2, 2}, 1}};
    write_stage(s, 3, CHUNK);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t opened = 9;
        bool last = false;
        assert_int_equal(open_chunks(s, cases[i].order, 3, &opened, &last), SYM_BAD_TAG);
        assert_int_equal(opened, cases[i].good);
    }
}

static void refuses_a_chunk_of_another_backup_under_the_same_key(void **state)
{
    struct stage *s = *state;
    uint8_t *first = malloc(SEALED);
    uint64_t opened = 9;
    bool last = false;
    assert_non_null(first);
    memcpy(first, s->sealed, SEALED);
    write_stage(s, 3, SHORT);
    memcpy(s->sealed, first, SEALED);
    assert_int_equal(open_all(s, &opened, &last), SYM_BAD_TAG);
    free(first);
}

static void refuses_what_follows_the_last_chunk(void **state)
{
    struct stage *s = *state;
    static const size_t order[] = {0, 1, 2, 2};
    uint64_t opened = 9;
    bool last = false;
    assert_int_equal(open_chunks(s, order, 4, &opened, &last), SYM_TRAILING);
    assert_int_equal(opened, 3);
}

static void opens_nothing_more_after_a_refusal(void **state)
{
    struct stage *s = *state;
    struct sym_backup *b = NULL;
    uint8_t *out = malloc(CHUNK);
    bool last = false;
    assert_non_null(out);
    assert_int_equal(sym_backup_read(&b, s->header, &s->key), SYM_OK);
    assert_int_equal(sym_backup_unseal(b, out, &last, sealed_at(s, 1)), SYM_BAD_TAG);
    assert_int_equal(sym_backup_unseal(b, out, &last, sealed_at(s, 0)), SYM_WRONG_STATE);
    sym_backup_free(b);
    free(out);
}

static void seals_no_chunk_of_a_wrong_length_and_none_behind_the_last(void **state)
{
    struct stage *s = *state;
    struct sym_backup *b = NULL;
    assert_int_equal(sym_backup_write(&b, s->header, &s->key), SYM_OK);
    assert_int_equal(sym_backup_seal(b, s->sealed, sym_span(s->content, CHUNK - 1), false),
                     SYM_BAD_VALUE);
    assert_int_equal(sym_backup_seal(b, s->sealed, sym_span(s->content, 0), true), SYM_BAD_VALUE);
    assert_int_equal(sym_backup_seal(b, s->sealed, sym_span(s->content, CHUNK + 1), true),
                     SYM_BAD_VALUE);
    assert_int_equal(sym_backup_seal(b, s->sealed, sym_span(s->content, 5), true), SYM_OK);
    assert_int_equal(sym_backup_seal(b, s->sealed, sym_span(s->content, 5), true), SYM_WRONG_STATE);
    sym_backup_free(b);
}

/* Somebody with the passphrase wrote it, but not this program. */
static void refuses_chunks_of_a_length_or_kind_that_is_never_written(void **state)
{
    struct stage *s = *state;
    static const struct {
        size_t len;
        uint8_t tag;
    } odd[] = {{10, 0}, {CHUNK, 1}, {CHUNK, 2}, {CHUNK - 1, 0}, {0, 3}};
    uint8_t *out = malloc(CHUNK);
    assert_non_null(out);
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        crypto_secretstream_xchacha20poly1305_state state_of_it;
        struct sym_backup *b = NULL;
        bool last = false;
        assert_int_equal(crypto_secretstream_xchacha20poly1305_init_push(
                             &state_of_it, s->header + 82, s->key.data),
                         0);
        assert_int_equal(crypto_secretstream_xchacha20poly1305_push(
                             &state_of_it, s->sealed, NULL, s->content, odd[i].len, s->header,
                             sizeof s->header, odd[i].tag),
                         0);
        assert_int_equal(sym_backup_read(&b, s->header, &s->key), SYM_OK);
        enum sym_err err = sym_backup_unseal(
            b, out, &last, sym_span(s->sealed, odd[i].len + SYM_BACKUP_OVERHEAD_BYTES));
        assert_int_equal(err, odd[i].len == 0 ? SYM_SHORT : SYM_BAD_FORMAT);
        sym_backup_free(b);
    }
    free(out);
}

#define WITH_STAGE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_STAGE(opens_what_was_written),
        WITH_STAGE(tells_node_and_time_without_the_passphrase),
        WITH_STAGE(derives_the_same_key_from_the_same_passphrase_only),
        WITH_STAGE(each_file_has_a_salt_and_a_start_of_its_own),
        WITH_STAGE(refuses_the_wrong_key),
        WITH_STAGE(refuses_each_flipped_bit_of_the_header),
        WITH_STAGE(refuses_parameters_that_exhaust_memory_or_patience),
        WITH_STAGE(refuses_a_version_it_does_not_know),
        WITH_STAGE(refuses_each_flipped_bit_of_a_chunk),
        WITH_STAGE(refuses_each_truncated_chunk),
        WITH_STAGE(a_file_cut_between_chunks_never_shows_its_last),
        WITH_STAGE(refuses_chunks_that_are_swapped_left_out_or_repeated),
        WITH_STAGE(refuses_a_chunk_of_another_backup_under_the_same_key),
        WITH_STAGE(refuses_what_follows_the_last_chunk),
        WITH_STAGE(opens_nothing_more_after_a_refusal),
        WITH_STAGE(seals_no_chunk_of_a_wrong_length_and_none_behind_the_last),
        WITH_STAGE(refuses_chunks_of_a_length_or_kind_that_is_never_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
