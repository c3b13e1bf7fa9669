#include "crypto/oprf.h"
#include "crypto/ristretto_backend.h"
#include "tests/support/vectors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define LARGEST 1000u
#define TAG     16u

static const struct sym_ristretto *with;
static const size_t sizes[] = {0, 1, 2, 7, 8, 9, LARGEST};
#define SIZE_COUNT (sizeof sizes / sizeof *sizes)

static uint8_t digests[LARGEST][32];
static struct sym_span inputs[LARGEST];
static uint8_t zeros[LARGEST * SYM_OPRF_TAG_MAX_BYTES];

/* What one vector of mode 0 holds. */
struct row {
    uint8_t input[64];
    size_t input_len;
    struct sym_scalar blind;
    struct sym_element blinded;
    struct sym_element evaluated;
    uint8_t output[SYM_OPRF_TAG_MAX_BYTES];
};

static struct sym_span input_of(const struct row *r)
{
    return sym_span(r->input, r->input_len);
}

static struct sym_scalar scalar_of(const cJSON *object, const char *name)
{
    uint8_t bytes[SYM_SCALAR_BYTES];
    struct sym_scalar k;
    vectors_bytes(bytes, sizeof bytes, object, name);
    assert_int_equal(sym_scalar_from_bytes(&k, bytes), SYM_OK);
    return k;
}

static void read_row(struct row *r, const cJSON *vector)
{
    assert_int_equal(vectors_int(vector, "Batch"), 1); /* as all of mode 0 */
    r->input_len = vectors_unhex(r->input, sizeof r->input, vectors_get(vector, "Input"));
    r->blind = scalar_of(vector, "Blind");
    vectors_bytes(r->blinded.bytes, sizeof r->blinded.bytes, vector, "BlindedElement");
    vectors_bytes(r->evaluated.bytes, sizeof r->evaluated.bytes, vector, "EvaluationElement");
    vectors_bytes(r->output, sizeof r->output, vector, "Output");
}

static struct sym_scalar derived_key(const cJSON *suite)
{
    uint8_t seed[SYM_OPRF_SEED_BYTES];
    uint8_t info[64];
    struct sym_scalar key;
    vectors_bytes(seed, sizeof seed, suite, "seed");
    size_t len = vectors_unhex(info, sizeof info, vectors_get(suite, "keyInfo"));
    assert_int_equal(sym_oprf_derive_key(&key, seed, sym_span(info, len)), SYM_OK);
    return key;
}

/* Calls check for each suite of the mode that is implemented; the others are verifiable modes. */
static void for_mode_0(void (*check)(const cJSON *suite))
{
    cJSON *file = vectors_load("rfc9497-oprf-ristretto255-sha512.json");
    int seen = 0;
    int skipped = 0;
    const cJSON *suite;
    cJSON_ArrayForEach(suite, file)
    {
        if (vectors_int(suite, "mode") == 0) {
            assert_string_equal(vectors_text(suite, "identifier"), "ristretto255-SHA512");
            check(suite);
            seen++;
        } else {
            skipped++;
        }
    }
    assert_int_equal(seen, 1);
    assert_int_equal(skipped, 2);
    cJSON_Delete(file);
}

static void check_key(const cJSON *suite)
{
    struct sym_scalar want = scalar_of(suite, "skSm");
    struct sym_scalar got = derived_key(suite);
    assert_memory_equal(got.bytes, want.bytes, sizeof want.bytes);
}

static void derives_the_key_of_rfc_9497(void **state)
{
    (void)state;
    for_mode_0(check_key);
}

static void check_one_by_one(const cJSON *suite)
{
    struct sym_scalar key = derived_key(suite);
    const cJSON *vector;
    cJSON_ArrayForEach(vector, vectors_get(suite, "vectors"))
    {
        struct row r;
        struct sym_element e;
        uint8_t out[SYM_OPRF_TAG_MAX_BYTES];
        struct sym_oprf_tags tags = {out, sizeof out};
        read_row(&r, vector);
        struct sym_span input = input_of(&r);
        assert_int_equal(sym_oprf_blind(&e, NULL, with, &input, 1, &r.blind), SYM_OK);
        assert_memory_equal(e.bytes, r.blinded.bytes, sizeof e.bytes);
        assert_int_equal(sym_oprf_evaluate(&e, NULL, with, &e, 1, &key), SYM_OK);
        assert_memory_equal(e.bytes, r.evaluated.bytes, sizeof e.bytes);
        assert_int_equal(sym_oprf_finalize(tags, NULL, with, &input, &e, 1, &r.blind), SYM_OK);
        assert_memory_equal(out, r.output, sizeof out);
        memset(out, 0, sizeof out);
        assert_int_equal(sym_oprf_evaluate_own(tags, NULL, with, &input, 1, &key, SYM_OPRF_INPUT),
                         SYM_OK);
        assert_memory_equal(out, r.output, sizeof out);
    }
}

static void passes_the_vectors_of_rfc_9497(void **state)
{
    (void)state;
    for_mode_0(check_one_by_one);
}

static void check_as_one_batch(const cJSON *suite)
{
    const cJSON *vectors = vectors_get(suite, "vectors");
    struct sym_scalar key = derived_key(suite);
    struct row rows[2];
    struct sym_span in[2];
    struct sym_element e[2];
    uint8_t out[2][SYM_OPRF_TAG_MAX_BYTES];
    struct sym_oprf_tags tags = {out[0], sizeof out[0]};
    assert_int_equal(cJSON_GetArraySize(vectors), 2);
    for (int i = 0; i < 2; i++) {
        read_row(&rows[i], cJSON_GetArrayItem(vectors, i));
        in[i] = input_of(&rows[i]);
    }
    assert_memory_equal(rows[0].blind.bytes, rows[1].blind.bytes, SYM_SCALAR_BYTES);
    assert_int_equal(sym_oprf_blind(e, NULL, with, in, 2, &rows[0].blind), SYM_OK);
    assert_int_equal(sym_oprf_evaluate(e, NULL, with, e, 2, &key), SYM_OK);
    assert_int_equal(sym_oprf_finalize(tags, NULL, with, in, e, 2, &rows[0].blind), SYM_OK);
    for (int i = 0; i < 2; i++) {
        assert_memory_equal(e[i].bytes, rows[i].evaluated.bytes, sizeof e[i].bytes);
        assert_memory_equal(out[i], rows[i].output, sizeof out[i]);
    }
}

static void passes_the_vectors_of_rfc_9497_as_one_batch(void **state)
{
    (void)state;
    for_mode_0(check_as_one_batch);
}

/* Blinding, evaluating and finalizing by two parties gives what the holder of the key computes. */
static void check_round_trip(size_t n, enum sym_oprf_binding binding)
{
    static struct sym_element e[LARGEST];
    static uint8_t theirs[LARGEST][TAG];
    static uint8_t own[LARGEST][TAG];
    struct sym_scalar blind;
    struct sym_scalar key;
    sym_scalar_random(&blind);
    sym_scalar_random(&key);
    memset(theirs, 0, sizeof theirs);
    memset(own, 1, sizeof own);
    assert_int_equal(sym_oprf_blind(e, NULL, with, inputs, n, &blind), SYM_OK);
    assert_int_equal(sym_oprf_evaluate(e, NULL, with, e, n, &key), SYM_OK);
    assert_int_equal(sym_oprf_finalize((struct sym_oprf_tags){theirs[0], TAG}, NULL, with,
                                       binding == SYM_OPRF_INPUT ? inputs : NULL, e, n, &blind),
                     SYM_OK);
    assert_int_equal(sym_oprf_evaluate_own((struct sym_oprf_tags){own[0], TAG}, NULL, with, inputs,
                                           n, &key, binding),
                     SYM_OK);
    assert_memory_equal(theirs, own, n * TAG);
    assert_true(n == LARGEST || own[n][0] == 1); /* nothing behind the batch was written */
}

static void both_ways_to_a_tag_agree_in_batches_of_every_size(void **state)
{
    (void)state;
    for (size_t i = 0; i < SIZE_COUNT; i++) {
        check_round_trip(sizes[i], SYM_OPRF_INPUT);
    }
}

static void both_ways_agree_without_the_input_too(void **state)
{
    (void)state;
    for (size_t i = 0; i < SIZE_COUNT; i++) {
        check_round_trip(sizes[i], SYM_OPRF_NO_INPUT);
    }
}

static void a_tag_in_a_large_batch_is_the_tag_of_its_input_alone(void **state)
{
    (void)state;
    static const size_t places[] = {0, 1, 511, 512, 998, 999};
    static uint8_t tags[LARGEST][TAG];
    struct sym_scalar key;
    sym_scalar_random(&key);
    assert_int_equal(sym_oprf_evaluate_own((struct sym_oprf_tags){tags[0], TAG}, NULL, with, inputs,
                                           LARGEST, &key, SYM_OPRF_INPUT),
                     SYM_OK);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        uint8_t alone[TAG];
        assert_int_equal(sym_oprf_evaluate_own((struct sym_oprf_tags){alone, TAG}, NULL, with,
                                               &inputs[places[i]], 1, &key, SYM_OPRF_INPUT),
                         SYM_OK);
        assert_memory_equal(tags[places[i]], alone, TAG);
    }
}

static void a_tag_without_the_input_hashes_an_empty_one(void **state)
{
    (void)state;
    uint8_t hashed[2 + 2 + 32 + 8] = {0, 0, 0, 32};
    uint8_t want[SYM_OPRF_TAG_MAX_BYTES];
    uint8_t got[SYM_OPRF_TAG_MAX_BYTES];
    struct sym_oprf_tags tags = {got, sizeof got};
    struct sym_element e;
    struct sym_scalar key;
    sym_scalar_random(&key);
    assert_int_equal(sym_oprf_blind(&e, NULL, with, inputs, 1, &key), SYM_OK);
    memcpy(hashed + 4, e.bytes, 32);
    memcpy(hashed + 36, "Finalize", 8);
    assert_int_equal(crypto_hash_sha512(want, hashed, sizeof hashed), 0);
    assert_int_equal(sym_oprf_evaluate_own(tags, NULL, with, inputs, 1, &key, SYM_OPRF_NO_INPUT),
                     SYM_OK);
    assert_memory_equal(got, want, sizeof want);
}

static void a_tag_changes_with_the_input_the_key_and_the_binding(void **state)
{
    (void)state;
    uint8_t a[2][TAG];
    uint8_t b[2][TAG];
    struct sym_scalar key;
    struct sym_scalar another;
    struct sym_oprf_tags to_a = {a[0], TAG};
    struct sym_oprf_tags to_b = {b[0], TAG};
    sym_scalar_random(&key);
    sym_scalar_random(&another);
    assert_int_equal(sym_oprf_evaluate_own(to_a, NULL, with, inputs, 2, &key, SYM_OPRF_INPUT),
                     SYM_OK);
    assert_memory_not_equal(a[0], a[1], TAG);
    assert_int_equal(sym_oprf_evaluate_own(to_b, NULL, with, inputs, 2, &another, SYM_OPRF_INPUT),
                     SYM_OK);
    assert_memory_not_equal(a[0], b[0], TAG);
    assert_int_equal(sym_oprf_evaluate_own(to_b, NULL, with, inputs, 2, &key, SYM_OPRF_NO_INPUT),
                     SYM_OK);
    assert_memory_not_equal(a[0], b[0], TAG);
}

static void a_short_tag_is_the_beginning_of_the_long_one(void **state)
{
    (void)state;
    static const size_t lens[] = {8, 9, 16, 63, 64};
    uint8_t whole[2][64];
    uint8_t cut[2 * 64 + 1];
    struct sym_scalar key;
    sym_scalar_random(&key);
    assert_int_equal(sym_oprf_evaluate_own((struct sym_oprf_tags){whole[0], 64}, NULL, with, inputs,
                                           2, &key, SYM_OPRF_INPUT),
                     SYM_OK);
    for (size_t i = 0; i < sizeof lens / sizeof *lens; i++) {
        memset(cut, 0x5a, sizeof cut);
        assert_int_equal(sym_oprf_evaluate_own((struct sym_oprf_tags){cut, lens[i]}, NULL, with,
                                               inputs, 2, &key, SYM_OPRF_INPUT),
                         SYM_OK);
        assert_memory_equal(cut, whole[0], lens[i]);
        assert_memory_equal(cut + lens[i], whole[1], lens[i]);
        assert_int_equal(cut[2 * lens[i]], 0x5a);
    }
}

static void hashing_to_the_group_and_multiplying_equals_blinding(void **state)
{
    (void)state;
    static struct sym_element hashed[LARGEST];
    static struct sym_element blinded[LARGEST];
    struct sym_scalar k;
    sym_scalar_random(&k);
    for (size_t i = 0; i < SIZE_COUNT; i++) {
        size_t n = sizes[i];
        assert_int_equal(sym_oprf_hash_to_group(hashed, NULL, with, inputs, n), SYM_OK);
        assert_int_equal(sym_ristretto_multiply(hashed, NULL, with, hashed, n, &k), SYM_OK);
        assert_int_equal(sym_oprf_blind(blinded, NULL, with, inputs, n, &k), SYM_OK);
        assert_memory_equal(hashed, blinded, n * sizeof *hashed);
    }
}

static void takes_inputs_in_any_order_and_of_any_length(void **state)
{
    (void)state;
    static const uint8_t longest[SYM_OPRF_INPUT_MAX_BYTES] = {1};
    struct sym_span some[] = {sym_span(longest, sizeof longest), sym_span(NULL, 0), inputs[0]};
    struct sym_span turned[] = {some[2], some[0], some[1]};
    struct sym_element a[3];
    struct sym_element b[3];
    struct sym_scalar k;
    sym_scalar_random(&k);
    assert_int_equal(sym_oprf_blind(a, NULL, with, some, 3, &k), SYM_OK);
    assert_int_equal(sym_oprf_blind(b, NULL, with, turned, 3, &k), SYM_OK);
    assert_memory_equal(a[0].bytes, b[1].bytes, 32);
    assert_memory_equal(a[1].bytes, b[2].bytes, 32);
    assert_memory_equal(a[2].bytes, b[0].bytes, 32);
    assert_memory_not_equal(a[0].bytes, a[1].bytes, 32);
}

static void refuses_an_input_longer_than_its_length_field(void **state)
{
    (void)state;
    static const uint8_t longer[SYM_OPRF_INPUT_MAX_BYTES + 1];
    struct sym_span some[] = {inputs[0], sym_span(longer, sizeof longer), inputs[1]};
    struct sym_element e[3] = {{{0}}};
    uint8_t tag[3][TAG] = {{0}};
    struct sym_oprf_tags tags = {tag[0], TAG};
    struct sym_scalar k;
    size_t bad[4] = {9, 9, 9, 9};
    sym_scalar_random(&k);
    assert_int_equal(sym_oprf_hash_to_group(e, &bad[0], with, some, 3), SYM_TOO_LONG);
    assert_int_equal(sym_oprf_blind(e, &bad[1], with, some, 3, &k), SYM_TOO_LONG);
    assert_int_equal(sym_oprf_evaluate_own(tags, &bad[2], with, some, 3, &k, SYM_OPRF_INPUT),
                     SYM_TOO_LONG);
    assert_int_equal(sym_oprf_finalize(tags, &bad[3], with, some, e, 3, &k), SYM_TOO_LONG);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(bad[i], 1);
    }
    assert_memory_equal(e, zeros, sizeof e);
    assert_memory_equal(tag, zeros, sizeof tag);
    assert_int_equal(sym_oprf_derive_key(&k, digests[0], some[1]), SYM_TOO_LONG);
}

static void refuses_tags_shorter_than_8_or_longer_than_64_bytes(void **state)
{
    (void)state;
    static const size_t lens[] = {0, 1, 7, 65, SIZE_MAX};
    uint8_t out[128] = {0};
    struct sym_element e;
    struct sym_scalar k;
    sym_scalar_random(&k);
    assert_int_equal(sym_oprf_blind(&e, NULL, with, inputs, 1, &k), SYM_OK);
    for (size_t i = 0; i < sizeof lens / sizeof *lens; i++) {
        struct sym_oprf_tags tags = {out, lens[i]};
        assert_int_equal(sym_oprf_finalize(tags, NULL, with, inputs, &e, 1, &k), SYM_BAD_VALUE);
        assert_int_equal(sym_oprf_evaluate_own(tags, NULL, with, inputs, 1, &k, SYM_OPRF_INPUT),
                         SYM_BAD_VALUE);
    }
    assert_memory_equal(out, zeros, sizeof out);
}

static void refuses_scalars_that_cannot_be_used(void **state)
{
    (void)state;
    const struct sym_scalar zero = {{0}};
    struct sym_scalar large;
    struct sym_element e = sym_ristretto_generator;
    uint8_t out[TAG] = {0};
    struct sym_oprf_tags tags = {out, TAG};
    memset(large.bytes, 0xff, sizeof large.bytes);
    const struct sym_scalar *const bad[] = {&zero, &large};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(sym_oprf_blind(&e, NULL, with, inputs, 1, bad[i]), SYM_BAD_SCALAR);
        assert_int_equal(sym_oprf_evaluate(&e, NULL, with, &e, 1, bad[i]), SYM_BAD_SCALAR);
        assert_int_equal(sym_oprf_finalize(tags, NULL, with, inputs, &e, 1, bad[i]),
                         SYM_BAD_SCALAR);
        assert_int_equal(sym_oprf_evaluate_own(tags, NULL, with, inputs, 1, bad[i], SYM_OPRF_INPUT),
                         SYM_BAD_SCALAR);
    }
    assert_memory_equal(e.bytes, sym_ristretto_generator.bytes, sizeof e.bytes);
    assert_memory_equal(out, zeros, sizeof out);
}

/* The inverse of the blind is a multiplier too: the blind -1/2 is the one that leads to l-2. */
static void refuses_the_blind_whose_inverse_no_backend_takes(void **state)
{
    (void)state;
    const struct sym_scalar two = {{2}};
    struct sym_scalar blind;
    struct sym_element e;
    uint8_t out[TAG] = {0};
    assert_int_equal(sym_scalar_invert(&blind, &two), SYM_OK);
    assert_int_equal(sym_scalar_negate(&blind, &blind), SYM_OK);
    assert_int_equal(sym_oprf_blind(&e, NULL, with, inputs, 1, &blind), SYM_OK);
    assert_int_equal(
        sym_oprf_finalize((struct sym_oprf_tags){out, TAG}, NULL, with, inputs, &e, 1, &blind),
        SYM_BAD_SCALAR);
    assert_memory_equal(out, zeros, sizeof out);
}

static void refuses_a_bad_element_anywhere_and_keeps_no_tag(void **state)
{
    (void)state;
    static const size_t places[] = {0, 7, 511, 512, 999};
    static struct sym_element good[LARGEST];
    static struct sym_element e[LARGEST];
    static uint8_t out[LARGEST][TAG];
    struct sym_scalar k;
    sym_scalar_random(&k);
    assert_int_equal(sym_oprf_blind(good, NULL, with, inputs, LARGEST, &k), SYM_OK);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        size_t bad[2] = {LARGEST, LARGEST};
        memcpy(e, good, sizeof e);
        memset(out, 0, sizeof out);
        memset(e[places[i]].bytes, i & 1 ? 0xff : 0, 32);
        assert_int_equal(sym_oprf_finalize((struct sym_oprf_tags){out[0], TAG}, &bad[0], with,
                                           inputs, e, LARGEST, &k),
                         SYM_BAD_ELEMENT);
        assert_int_equal(sym_oprf_evaluate(e, &bad[1], with, e, LARGEST, &k), SYM_BAD_ELEMENT);
        assert_int_equal(bad[0], places[i]);
        assert_int_equal(bad[1], places[i]);
        assert_memory_equal(out, zeros, sizeof out);
        assert_memory_equal(e, zeros, sizeof e);
    }
}

/* No input is known that hashes to the identity: a backend that claims so once, in the last batch.
 */
static size_t claim_identity_at_3(struct sym_element *out, const struct sym_uniform *in, size_t n)
{
    (void)in;
    memset(out, 0x5a, n * sizeof *out);
    return n == LARGEST % 512 ? 3 : n;
}

static size_t claim_identity_at_3_multiplied(struct sym_element *out, const struct sym_uniform *in,
                                             size_t n, const struct sym_scalar *k)
{
    (void)k;
    return claim_identity_at_3(out, in, n);
}

static void refuses_an_input_that_hashes_to_the_identity(void **state)
{
    (void)state;
    const struct sym_ristretto claims = {.name = "claims",
                                         .derive = claim_identity_at_3,
                                         .derive_multiply = claim_identity_at_3_multiplied};
    static struct sym_element e[LARGEST];
    static uint8_t tags[LARGEST][TAG];
    struct sym_scalar k;
    size_t bad[3] = {0};
    sym_scalar_random(&k);
    assert_int_equal(sym_oprf_hash_to_group(e, &bad[0], &claims, inputs, LARGEST), SYM_BAD_ELEMENT);
    assert_memory_equal(e, zeros, sizeof e);
    assert_int_equal(sym_oprf_blind(e, &bad[1], &claims, inputs, LARGEST, &k), SYM_BAD_ELEMENT);
    assert_memory_equal(e, zeros, sizeof e);
    assert_int_equal(sym_oprf_evaluate_own((struct sym_oprf_tags){tags[0], TAG}, &bad[2], &claims,
                                           inputs, LARGEST, &k, SYM_OPRF_INPUT),
                     SYM_BAD_ELEMENT);
    assert_memory_equal(tags, zeros, sizeof tags);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(bad[i], 512 + 3);
    }
}

static int fill_inputs(void **state)
{
    (void)state;
    sym_random(digests[0], sizeof digests);
    sym_oprf_spans(inputs, LARGEST, digests, sizeof digests[0]);
    return inputs[3].data == digests[3] && inputs[3].len == 32 ? 0 : -1;
}

static int run_for_backend(const char *name)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(passes_the_vectors_of_rfc_9497),
        cmocka_unit_test(passes_the_vectors_of_rfc_9497_as_one_batch),
        cmocka_unit_test(both_ways_to_a_tag_agree_in_batches_of_every_size),
        cmocka_unit_test(both_ways_agree_without_the_input_too),
        cmocka_unit_test(a_tag_in_a_large_batch_is_the_tag_of_its_input_alone),
        cmocka_unit_test(a_tag_without_the_input_hashes_an_empty_one),
        cmocka_unit_test(a_tag_changes_with_the_input_the_key_and_the_binding),
        cmocka_unit_test(a_short_tag_is_the_beginning_of_the_long_one),
        cmocka_unit_test(hashing_to_the_group_and_multiplying_equals_blinding),
        cmocka_unit_test(takes_inputs_in_any_order_and_of_any_length),
        cmocka_unit_test(refuses_an_input_longer_than_its_length_field),
        cmocka_unit_test(refuses_tags_shorter_than_8_or_longer_than_64_bytes),
        cmocka_unit_test(refuses_scalars_that_cannot_be_used),
        cmocka_unit_test(refuses_the_blind_whose_inverse_no_backend_takes),
        cmocka_unit_test(refuses_a_bad_element_anywhere_and_keeps_no_tag),
        cmocka_unit_test(refuses_an_input_that_hashes_to_the_identity),
    };
    /* One that this CPU lacks is reported as skipped by test_ristretto. */
    return sym_ristretto_choose(&with, name) != SYM_OK
               ? 0
               : cmocka_run_group_tests_name(name, tests, fill_inputs, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(derives_the_key_of_rfc_9497)};
    if (sym_crypto_init() != SYM_OK) {
        return 1;
    }
    int failed = cmocka_run_group_tests_name("keys", tests, NULL, NULL);
    for (size_t i = 0; sym_ristretto_name_at(i) != NULL; i++) {
        failed += run_for_backend(sym_ristretto_name_at(i));
    }
    return failed;
}
