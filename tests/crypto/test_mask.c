#include "crypto/mask.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CELLS 20000u
#define BITS  256u

static struct sym_masker masker;
static const uint8_t qid[SYM_QID_BYTES] = {7};
static uint64_t cells[CELLS];
static uint64_t others[CELLS];

static struct sym_exchange_key key_pair(uint8_t seed)
{
    uint8_t private_key[SYM_X25519_BYTES];
    struct sym_exchange_key k = {0};
    memset(private_key, seed, sizeof private_key);
    assert_int_equal(sym_exchange_key_from(&k, sym_span(private_key, sizeof private_key)), SYM_OK);
    return k;
}

/* The first words of the stream of a key. */
static void stream_of(uint64_t *words, size_t n, uint64_t first, const uint8_t *key)
{
    enum sym_mask_sign sign = SYM_MASK_ADD;
    memset(words, 0, n * sizeof *words);
    assert_int_equal(
        sym_mask_cells(words, n, first, &masker, sym_span(key, SYM_MASK_KEY_BYTES), &sign), SYM_OK);
}

static void flip(uint8_t *bytes, unsigned bit)
{
    bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
}

/* Test cases 13 and 14 of the GCM specification show AES-256 of the blocks 0, 1 and 2 with key 0:
 * hash key, ciphered counter of the tag, and ciphertext of zeros. */
static void the_stream_is_aes_256_in_counter_mode(void **state)
{
    (void)state;
    static const char known[] = "dc95c078a2408989ad48a21492842087"
                                "530f8afbc74536b9a963b4f1c4cb738b"
                                "cea7403d4d606b6e074ec5d3baf39d18";
    static const uint8_t key[SYM_MASK_KEY_BYTES];
    uint8_t want[48];
    assert_int_equal(sym_unhex(want, sizeof want, sym_span_text(known)), SYM_OK);
    stream_of(cells, 6, 0, key);
    for (size_t i = 0; i < 6; i++) {
        uint64_t word = 0;
        for (size_t b = 8; b-- > 0;) {
            word = word << 8 | want[8 * i + b];
        }
        assert_true(cells[i] == word);
    }
}

static void tiles_are_pieces_of_one_stream(void **state)
{
    (void)state;
    static const uint8_t key[SYM_MASK_KEY_BYTES] = {1};
    stream_of(cells, CELLS, 0, key);
    for (size_t at = 0, step = 2; at < CELLS; at += step, step = step * 3 + 2) {
        size_t n = CELLS - at < step ? CELLS - at : step;
        stream_of(others + at, n - n / 7, at, key);
        assert_memory_equal(others + at, cells + at, (n - n / 7) * sizeof *cells);
    }
}

static void the_counter_goes_on_beyond_32_bits(void **state)
{
    (void)state;
    static const uint8_t key[SYM_MASK_KEY_BYTES] = {2};
    uint64_t border = (uint64_t)1 << 33; /* words: block 2^32 */
    stream_of(cells, 8, border - 4, key);
    stream_of(others, 4, border, key);
    assert_memory_equal(cells + 4, others, 4 * sizeof *cells);
    stream_of(others, 4, 0, key);
    assert_memory_not_equal(cells + 4, others, 4 * sizeof *cells);
}

static void many_keys_add_up(void **state)
{
    (void)state;
    enum { KEYS = 5 };
    uint8_t keys[KEYS][SYM_MASK_KEY_BYTES];
    enum sym_mask_sign signs[KEYS] = {SYM_MASK_ADD, SYM_MASK_SUBTRACT, SYM_MASK_SUBTRACT,
                                      SYM_MASK_ADD, SYM_MASK_SUBTRACT};
    static uint64_t want[CELLS];
    memset(want, 0, sizeof want);
    memset(cells, 0, sizeof cells);
    for (size_t k = 0; k < KEYS; k++) {
        memset(keys[k], (int)k + 1, sizeof keys[k]);
        stream_of(others, CELLS, 6, keys[k]);
        for (size_t i = 0; i < CELLS; i++) {
            want[i] += signs[k] == SYM_MASK_ADD ? others[i] : 0 - others[i];
        }
    }
    struct sym_span all = sym_span(keys, sizeof keys);
    assert_int_equal(sym_mask_cells(cells, CELLS, 6, &masker, all, signs), SYM_OK);
    assert_memory_equal(cells, want, sizeof want);
    for (size_t k = 0; k < KEYS; k++) {
        signs[k] = sym_mask_sign_inverse(signs[k]);
    }
    assert_int_equal(sym_mask_cells(cells, CELLS, 6, &masker, all, signs), SYM_OK);
    memset(want, 0, sizeof want);
    assert_memory_equal(cells, want, sizeof want);
}

/* Of all lengths, also of such as end within a block or within what a kernel makes at once, and
 * across a border of the counter. */
static void all_ways_to_make_masks_agree(void **state)
{
    (void)state;
    static const uint64_t firsts[] = {0, 2, 510, ((uint64_t)1 << 33) - 40,
                                      SYM_MASK_CELLS_MAX - 300};
    static const enum sym_mask_sign signs[] = {SYM_MASK_ADD, SYM_MASK_SUBTRACT};
    enum { MOST = 300 };
    uint8_t key[SYM_MASK_KEY_BYTES];
    struct sym_masker reference = {0};
    assert_int_equal(sym_masker_new_with(&reference, "portable"), SYM_OK);
    for (size_t i = 0; i < sizeof key; i++) {
        key[i] = (uint8_t)(37 * i + 11);
    }
    for (size_t n = 0; n <= MOST; n++) {
        uint64_t first = firsts[n % (sizeof firsts / sizeof *firsts)];
        for (size_t s = 0; s < 2; s++) {
            for (size_t i = 0; i <= MOST; i++) {
                cells[i] = others[i] = i * 0x9e3779b97f4a7c15u;
            }
            struct sym_span span = sym_span(key, sizeof key);
            assert_int_equal(sym_mask_cells(cells, n, first, &masker, span, signs + s), SYM_OK);
            assert_int_equal(sym_mask_cells(others, n, first, &reference, span, signs + s), SYM_OK);
            assert_memory_equal(cells, others, (MOST + 1) * sizeof *cells);
        }
    }
    sym_masker_clear(&reference);
}

static void bare_words_are_the_mask_of_empty_cells(void **state)
{
    (void)state;
    static const uint8_t key[SYM_MASK_KEY_BYTES] = {4};
    for (size_t n = 1; n < 5000; n = 3 * n + 1) {
        stream_of(others, n, 8, key);
        memset(cells, 0xff, (n + 1) * sizeof *cells);
        assert_int_equal(sym_mask_words(cells, n, 8, &masker, key), SYM_OK);
        for (size_t i = 0; i < n; i++) {
            assert_true(sym_mask_word(cells[i]) == others[i]);
        }
        assert_true(cells[n] == UINT64_MAX);
    }
}

static void no_keys_leave_the_cells_alone(void **state)
{
    (void)state;
    cells[0] = 5;
    assert_int_equal(sym_mask_cells(cells, 1, 0, &masker, sym_span(NULL, 0), NULL), SYM_OK);
    assert_true(cells[0] == 5);
}

static void flipping_any_bit_of_a_key_changes_the_stream(void **state)
{
    (void)state;
    uint8_t key[SYM_MASK_KEY_BYTES] = {3};
    stream_of(cells, 2, 0, key);
    for (unsigned bit = 0; bit < BITS; bit++) {
        flip(key, bit);
        stream_of(others, 2, 0, key);
        assert_true(cells[0] != others[0] && cells[1] != others[1]);
        flip(key, bit);
    }
}

static void flipping_any_bit_of_a_seed_changes_key_stream_and_commitment(void **state)
{
    (void)state;
    uint8_t seed[SYM_MASK_SEED_BYTES] = {4};
    uint8_t key[SYM_MASK_KEY_BYTES];
    uint8_t commitment[SYM_HASH_BYTES];
    uint8_t other[SYM_HASH_BYTES];
    assert_int_equal(sym_mask_self_key(key, seed, qid), SYM_OK);
    assert_int_equal(sym_mask_commit(commitment, seed, qid), SYM_OK);
    assert_memory_not_equal(key, commitment, sizeof key);
    stream_of(cells, 2, 0, key);
    for (unsigned bit = 0; bit < BITS; bit++) {
        flip(seed, bit);
        assert_int_equal(sym_mask_self_key(key, seed, qid), SYM_OK);
        assert_int_equal(sym_mask_commit(other, seed, qid), SYM_OK);
        stream_of(others, 2, 0, key);
        assert_true(cells[0] != others[0] && cells[1] != others[1]);
        assert_memory_not_equal(commitment, other, sizeof other);
        flip(seed, bit);
    }
}

/* X25519 fixes five bits of a private key (RFC 7748, section 5). */
static bool is_clamped(unsigned bit)
{
    return bit < 3 || bit >= BITS - 2;
}

static void flipping_any_bit_of_a_mask_key_pair_changes_the_stream(void **state)
{
    (void)state;
    struct sym_exchange_key a = key_pair(5);
    struct sym_exchange_key b = key_pair(6);
    uint8_t bytes[SYM_X25519_BYTES];
    uint8_t key[SYM_MASK_KEY_BYTES];
    assert_int_equal(sym_mask_pair_key(key, &a, b.public_key, qid), SYM_OK);
    stream_of(cells, 2, 0, key);
    memset(bytes, 5, sizeof bytes);
    for (unsigned bit = 0; bit < BITS; bit++) {
        struct sym_exchange_key c = {0};
        flip(bytes, bit);
        assert_int_equal(sym_exchange_key_from(&c, sym_span(bytes, sizeof bytes)), SYM_OK);
        assert_int_equal(sym_mask_pair_key(key, &c, b.public_key, qid), SYM_OK);
        stream_of(others, 2, 0, key);
        assert_int_equal(cells[0] == others[0] && cells[1] == others[1], is_clamped(bit));
        sym_exchange_key_clear(&c);
        flip(bytes, bit);
    }
    sym_exchange_key_clear(&a);
    sym_exchange_key_clear(&b);
}

static void both_sides_of_a_pair_have_the_same_key(void **state)
{
    (void)state;
    struct sym_exchange_key a = key_pair(7);
    struct sym_exchange_key b = key_pair(8);
    struct sym_exchange_key c = key_pair(9);
    uint8_t other_qid[SYM_QID_BYTES] = {8};
    uint8_t ab[SYM_MASK_KEY_BYTES];
    uint8_t ba[SYM_MASK_KEY_BYTES];
    assert_int_equal(sym_mask_pair_key(ab, &a, b.public_key, qid), SYM_OK);
    assert_int_equal(sym_mask_pair_key(ba, &b, a.public_key, qid), SYM_OK);
    assert_memory_equal(ab, ba, sizeof ab);
    assert_int_equal(sym_mask_pair_key(ba, &b, a.public_key, other_qid), SYM_OK);
    assert_memory_not_equal(ab, ba, sizeof ab);
    assert_int_equal(sym_mask_pair_key(ba, &a, c.public_key, qid), SYM_OK);
    assert_memory_not_equal(ab, ba, sizeof ab);
    sym_exchange_key_clear(&a);
    sym_exchange_key_clear(&b);
    sym_exchange_key_clear(&c);
}

static void assert_hex(const uint8_t *got, size_t len, const char *text)
{
    uint8_t want[32];
    assert_true(len == sizeof want);
    assert_int_equal(sym_unhex(want, len, sym_span_text(text)), SYM_OK);
    assert_memory_equal(got, want, len);
}

/* Values computed by hashlib and hmac of Python from the description in mask.h, and from the keys
 * and the shared secret of RFC 7748, section 6.1. */
static void keys_are_what_the_header_says(void **state)
{
    (void)state;
    uint8_t counted[SYM_QID_BYTES];
    uint8_t seed[SYM_MASK_SEED_BYTES];
    uint8_t alice_private[SYM_X25519_BYTES];
    uint8_t bob[SYM_X25519_BYTES];
    uint8_t got[SYM_MASK_KEY_BYTES];
    struct sym_exchange_key alice = {0};
    for (uint8_t i = 0; i < 32; i++) {
        counted[i] = i;
        seed[i] = (uint8_t)(100 + i);
    }
    const char *private_hex = "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a";
    const char *bob_hex = "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f";
    assert_int_equal(sym_unhex(alice_private, 32, sym_span_text(private_hex)), SYM_OK);
    assert_int_equal(sym_unhex(bob, 32, sym_span_text(bob_hex)), SYM_OK);
    assert_int_equal(sym_exchange_key_from(&alice, sym_span(alice_private, 32)), SYM_OK);
    assert_int_equal(sym_mask_commit(got, seed, counted), SYM_OK);
    assert_hex(got, 32, "486eadf8ff916695f6c06fd473216c5eae867ee19e111deb3b9950a2bcff3813");
    assert_int_equal(sym_mask_self_key(got, seed, counted), SYM_OK);
    assert_hex(got, 32, "360ae1aafd6d8bf5beca076744e51bb09230f6d7b956802fe8a4686925dec8c3");
    assert_int_equal(sym_mask_pair_key(got, &alice, bob, counted), SYM_OK);
    assert_hex(got, 32, "5944fb0977a7d874b1b119714b6389bc444c4e2efd7eacce371ad5fd2d91a9ee");
    sym_exchange_key_clear(&alice);
}

static void keys_of_one_secret_differ_by_purpose_and_query(void **state)
{
    (void)state;
    uint8_t seed[SYM_MASK_SEED_BYTES] = {10};
    uint8_t other_qid[SYM_QID_BYTES] = {8};
    uint8_t a[SYM_MASK_KEY_BYTES];
    uint8_t b[SYM_MASK_KEY_BYTES];
    assert_int_equal(sym_mask_self_key(a, seed, qid), SYM_OK);
    assert_int_equal(sym_mask_self_key(b, seed, other_qid), SYM_OK);
    assert_memory_not_equal(a, b, sizeof a);
    assert_int_equal(sym_mask_commit(a, seed, qid), SYM_OK);
    assert_int_equal(sym_mask_commit(b, seed, other_qid), SYM_OK);
    assert_memory_not_equal(a, b, sizeof a);
}

static void of_a_pair_one_adds_what_the_other_subtracts(void **state)
{
    (void)state;
    for (size_t i = 0; i < 10; i++) {
        for (size_t j = 0; j < 10; j++) {
            if (i != j) {
                assert_int_equal(sym_mask_sign_of(i, j),
                                 sym_mask_sign_inverse(sym_mask_sign_of(j, i)));
            }
        }
    }
    assert_int_equal(sym_mask_sign_of(0, 1), SYM_MASK_ADD);
}

/* Pearson's statistic of each of the eight bytes of all cells; 255 + 7 standard deviations, where
 * masks are fixed: it passes always or never. */
static bool looks_uniform(void)
{
    for (unsigned byte = 0; byte < 8; byte++) {
        unsigned counts[256] = {0};
        double statistic = 0;
        for (size_t i = 0; i < CELLS; i++) {
            counts[cells[i] >> 8 * byte & 0xff]++;
        }
        for (size_t v = 0; v < 256; v++) {
            double off = counts[v] - CELLS / 256.0;
            statistic += off * off / (CELLS / 256.0);
        }
        if (statistic > 255 + 7 * 22.6) {
            return false;
        }
    }
    return true;
}

static void one_masked_vector_is_uniform_whatever_it_hides(void **state)
{
    (void)state;
    static const uint64_t hidden[] = {0, 1, UINT32_MAX, UINT64_MAX};
    struct sym_exchange_key own = key_pair(11);
    uint8_t keys[3][SYM_MASK_KEY_BYTES];
    enum sym_mask_sign signs[3] = {SYM_MASK_ADD, SYM_MASK_ADD, SYM_MASK_SUBTRACT};
    uint8_t seed[SYM_MASK_SEED_BYTES] = {12};
    assert_int_equal(sym_mask_self_key(keys[0], seed, qid), SYM_OK);
    for (uint8_t j = 1; j < 3; j++) {
        struct sym_exchange_key other = key_pair((uint8_t)(20 + j));
        assert_int_equal(sym_mask_pair_key(keys[j], &own, other.public_key, qid), SYM_OK);
        sym_exchange_key_clear(&other);
    }
    /* With one mask left, as when the others are known, as with all. */
    for (size_t h = 0; h < sizeof hidden / sizeof *hidden; h++) {
        for (size_t known = 0; known < 3; known++) {
            for (size_t i = 0; i < CELLS; i++) {
                cells[i] = hidden[h];
            }
            assert_false(looks_uniform());
            assert_int_equal(sym_mask_cells(cells, CELLS, 0, &masker,
                                            sym_span(keys[known], (3 - known) * sizeof keys[0]),
                                            signs + known),
                             SYM_OK);
            assert_true(looks_uniform());
        }
    }
    sym_exchange_key_clear(&own);
}

static void refuses_a_point_that_makes_the_shared_secret_zero(void **state)
{
    (void)state;
    struct sym_exchange_key own = key_pair(13);
    static const uint8_t zero[SYM_X25519_BYTES];
    uint8_t one[SYM_X25519_BYTES] = {1};
    uint8_t key[SYM_MASK_KEY_BYTES];
    assert_int_equal(sym_mask_pair_key(key, &own, zero, qid), SYM_BAD_ELEMENT);
    assert_int_equal(sym_mask_pair_key(key, &own, one, qid), SYM_BAD_ELEMENT);
    sym_exchange_key_clear(&own);
}

static void refuses_a_key_that_is_absent(void **state)
{
    (void)state;
    struct sym_exchange_key absent = {0};
    struct sym_exchange_key other = key_pair(14);
    uint8_t key[SYM_MASK_KEY_BYTES];
    assert_int_equal(sym_mask_pair_key(key, &absent, other.public_key, qid), SYM_BAD_FORMAT);
    sym_exchange_key_clear(&other);
}

static void refuses_keys_that_are_cut_short(void **state)
{
    (void)state;
    uint8_t key[SYM_MASK_KEY_BYTES + 1] = {0};
    enum sym_mask_sign signs[2] = {SYM_MASK_ADD, SYM_MASK_ADD};
    cells[0] = 9;
    assert_int_equal(sym_mask_cells(cells, 1, 0, &masker, sym_span(key, sizeof key), signs),
                     SYM_BAD_FORMAT);
    assert_int_equal(sym_mask_cells(cells, 1, 0, &masker, sym_span(key, 31), signs),
                     SYM_BAD_FORMAT);
    assert_true(cells[0] == 9);
}

static void refuses_cells_in_the_middle_of_a_block_or_beyond_the_end(void **state)
{
    (void)state;
    uint8_t key[SYM_MASK_KEY_BYTES] = {0};
    enum sym_mask_sign sign = SYM_MASK_ADD;
    struct sym_span span = sym_span(key, sizeof key);
    cells[0] = 9;
    assert_int_equal(sym_mask_cells(cells, 1, 1, &masker, span, &sign), SYM_BAD_VALUE);
    assert_int_equal(sym_mask_cells(cells, 1, SYM_MASK_CELLS_MAX, &masker, span, &sign),
                     SYM_BAD_VALUE);
    assert_int_equal(sym_mask_cells(cells, 1, UINT64_MAX - 1, &masker, span, &sign), SYM_BAD_VALUE);
    assert_int_equal(sym_mask_words(cells, 1, 1, &masker, key), SYM_BAD_VALUE);
    assert_int_equal(sym_mask_words(cells, 1, SYM_MASK_CELLS_MAX, &masker, key), SYM_BAD_VALUE);
    assert_true(cells[0] == 9);
}

static void refuses_a_way_that_is_not_known(void **state)
{
    (void)state;
    struct sym_masker m = {0};
    assert_int_equal(sym_masker_new_with(&m, "quantum"), SYM_NOT_FOUND);
    assert_null(m.kernel);
    assert_null(m.stream.context);
    assert_int_equal(sym_masker_new_with(&m, ""), SYM_NOT_FOUND);
}

static void clearing_wipes_the_key(void **state)
{
    (void)state;
    static const struct sym_masker empty;
    static const uint8_t key[SYM_MASK_KEY_BYTES] = {5};
    struct sym_masker m = {0};
    assert_int_equal(sym_masker_new(&m), SYM_OK);
    assert_int_equal(sym_mask_words(cells, 2, 0, &m, key), SYM_OK);
    assert_true(m.kernel == NULL || !sym_equal(m.schedule, empty.schedule, sizeof m.schedule));
    sym_masker_clear(&m);
    assert_memory_equal(&m, &empty, sizeof m);
}

/* Which one is used now. */
static const char *with;

static int start(void **state)
{
    (void)state;
    return sym_crypto_init() == SYM_OK && sym_masker_new_with(&masker, with) == SYM_OK ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    sym_masker_clear(&masker);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_stream_is_aes_256_in_counter_mode),
        cmocka_unit_test(tiles_are_pieces_of_one_stream),
        cmocka_unit_test(the_counter_goes_on_beyond_32_bits),
        cmocka_unit_test(many_keys_add_up),
        cmocka_unit_test(all_ways_to_make_masks_agree),
        cmocka_unit_test(bare_words_are_the_mask_of_empty_cells),
        cmocka_unit_test(no_keys_leave_the_cells_alone),
        cmocka_unit_test(flipping_any_bit_of_a_key_changes_the_stream),
        cmocka_unit_test(flipping_any_bit_of_a_seed_changes_key_stream_and_commitment),
        cmocka_unit_test(flipping_any_bit_of_a_mask_key_pair_changes_the_stream),
        cmocka_unit_test(both_sides_of_a_pair_have_the_same_key),
        cmocka_unit_test(keys_are_what_the_header_says),
        cmocka_unit_test(keys_of_one_secret_differ_by_purpose_and_query),
        cmocka_unit_test(of_a_pair_one_adds_what_the_other_subtracts),
        cmocka_unit_test(one_masked_vector_is_uniform_whatever_it_hides),
        cmocka_unit_test(refuses_a_point_that_makes_the_shared_secret_zero),
        cmocka_unit_test(refuses_a_key_that_is_absent),
        cmocka_unit_test(refuses_keys_that_are_cut_short),
        cmocka_unit_test(refuses_cells_in_the_middle_of_a_block_or_beyond_the_end),
        cmocka_unit_test(refuses_a_way_that_is_not_known),
        cmocka_unit_test(clearing_wipes_the_key),
    };
    int failed = 0;
    for (size_t at = 0; (with = sym_masker_name_at(at)) != NULL; at++) {
        struct sym_masker probe = {0};
        if (sym_masker_new_with(&probe, with) == SYM_UNSUPPORTED) {
            (void)printf("%s: not on this CPU\n", with);
            continue;
        }
        sym_masker_clear(&probe);
        failed += cmocka_run_group_tests_name(with, tests, start, stop);
    }
    return failed;
}
