#include "crypto/dleq.h"
#include "crypto/expand.h"
#include "crypto/oprf.h"
#include "tests/support/vectors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>
#include <string.h>

#define N 1000u

static const struct sym_ristretto *with;

/* A batch of N, answered rightly. */
struct batch {
    struct sym_scalar k;
    struct sym_element key;
    struct sym_element asked[N];
    struct sym_element answers[N];
    struct sym_dleq st;
};

static struct batch b;
static uint8_t proof[SYM_DLEQ_PROOF_BYTES];

static void hash(void)
{
    assert_int_equal(sym_dleq_hash(b.st.asked_hash, b.asked, b.st.n), SYM_OK);
    assert_int_equal(sym_dleq_hash(b.st.answers_hash, b.answers, b.st.n), SYM_OK);
}

static void answer(size_t n)
{
    static struct sym_uniform uniform[N];
    sym_random_many(uniform[0].bytes, sizeof uniform);
    sym_scalar_random(&b.k);
    assert_int_equal(sym_ristretto_multiply(&b.key, NULL, with, &sym_ristretto_generator, 1, &b.k),
                     SYM_OK);
    assert_int_equal(sym_ristretto_derive(b.asked, NULL, with, uniform, N), SYM_OK);
    assert_int_equal(sym_ristretto_multiply(b.answers, NULL, with, b.asked, N, &b.k), SYM_OK);
    b.st = (struct sym_dleq){.key = &b.key,
                             .asked = b.asked,
                             .answers = b.answers,
                             .n = n,
                             .context = sym_span_text("here")};
    hash();
}

static enum sym_err prove(void)
{
    return sym_dleq_prove(proof, with, &b.st, &b.k);
}

static enum sym_err verify(void)
{
    return sym_dleq_verify(proof, with, &b.st);
}

static void proves_any_number_of_elements(void **state)
{
    static const size_t sizes[] = {1, 2, 7, 8, 9, 449, 450, N};
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        answer(sizes[i]);
        assert_int_equal(prove(), SYM_OK);
        assert_int_equal(verify(), SYM_OK);
    }
}

static void all_backends_agree(void **state)
{
    (void)state;
    answer(100);
    for (size_t i = 0; sym_ristretto_name_at(i) != NULL; i++) {
        const struct sym_ristretto *prover = NULL;
        if (sym_ristretto_choose(&prover, sym_ristretto_name_at(i)) != SYM_OK) {
            continue;
        }
        assert_int_equal(sym_dleq_prove(proof, prover, &b.st, &b.k), SYM_OK);
        for (size_t j = 0; sym_ristretto_name_at(j) != NULL; j++) {
            const struct sym_ristretto *verifier = NULL;
            if (sym_ristretto_choose(&verifier, sym_ristretto_name_at(j)) == SYM_OK) {
                assert_int_equal(sym_dleq_verify(proof, verifier, &b.st), SYM_OK);
            }
        }
    }
}

static void finds_one_answer_among_a_thousand_made_with_another_secret(void **state)
{
    (void)state;
    static const size_t places[] = {0, 500, N - 1};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        struct sym_scalar other;
        answer(N);
        sym_scalar_random(&other);
        size_t at = places[i];
        assert_int_equal(
            sym_ristretto_multiply(&b.answers[at], NULL, with, &b.asked[at], 1, &other), SYM_OK);
        hash();
        assert_int_equal(prove(), SYM_OK);
        assert_int_equal(verify(), SYM_BAD_TAG);
    }
}

/* What adds up without weights, or with weights known beforehand. */
static void finds_two_answers_that_make_up_for_each_other(void **state)
{
    (void)state;
    answer(N);
    struct sym_element more;
    struct sym_element less;
    const struct sym_element pair[2] = {b.answers[4], b.asked[3]};
    uint8_t weights[2 * SYM_SCALAR_BYTES] = {1};
    struct sym_scalar one = {{1}};
    struct sym_scalar minus;
    assert_int_equal(sym_scalar_negate(&minus, &one), SYM_OK);
    memcpy(weights + SYM_SCALAR_BYTES, minus.bytes, sizeof minus.bytes);
    assert_int_equal(sym_ristretto_add(&more, NULL, with, &b.answers[3], &b.asked[3], 1), SYM_OK);
    assert_int_equal(sym_ristretto_sum(&less, NULL, with, pair, 2, weights, SYM_SCALAR_BYTES),
                     SYM_OK);
    b.answers[3] = more;
    b.answers[4] = less;
    hash();
    assert_int_equal(prove(), SYM_OK);
    assert_int_equal(verify(), SYM_BAD_TAG);
}

static void refuses_answers_in_another_order(void **state)
{
    (void)state;
    answer(8);
    struct sym_element first = b.answers[0];
    b.answers[0] = b.answers[1];
    b.answers[1] = first;
    hash();
    assert_int_equal(prove(), SYM_OK);
    assert_int_equal(verify(), SYM_BAD_TAG);
}

static void refuses_another_key_context_or_number(void **state)
{
    (void)state;
    answer(8);
    assert_int_equal(prove(), SYM_OK);
    b.st.context = sym_span_text("there");
    assert_int_equal(verify(), SYM_BAD_TAG);
    b.st.context = sym_span_text("here");
    b.st.n = 7;
    hash();
    assert_int_equal(verify(), SYM_BAD_TAG);
    b.st.n = 8;
    hash();
    b.st.key = &sym_ristretto_generator;
    assert_int_equal(verify(), SYM_BAD_TAG);
    b.st.key = &b.key;
    assert_int_equal(verify(), SYM_OK);
}

static void refuses_a_proof_with_any_bit_changed(void **state)
{
    (void)state;
    answer(2);
    assert_int_equal(prove(), SYM_OK);
    for (size_t i = 0; i < SYM_DLEQ_PROOF_BYTES; i++) {
        proof[i] ^= 1;
        assert_int_equal(verify(), SYM_BAD_TAG);
        proof[i] ^= 1;
    }
    memset(proof, 0xff, sizeof proof);
    assert_int_equal(verify(), SYM_BAD_TAG);
    memset(proof, 0, sizeof proof);
    assert_int_equal(verify(), SYM_BAD_TAG);
}

static void refuses_what_is_no_element(void **state)
{
    (void)state;
    answer(4);
    assert_int_equal(prove(), SYM_OK);
    memset(b.answers[2].bytes, 0, sizeof b.answers[2].bytes);
    hash();
    assert_int_equal(verify(), SYM_BAD_ELEMENT);
    answer(4);
    memset(b.asked[2].bytes, 0xff, sizeof b.asked[2].bytes);
    hash();
    assert_int_equal(prove(), SYM_BAD_ELEMENT);
    assert_int_equal(verify(), SYM_BAD_ELEMENT);
    answer(4);
    assert_int_equal(prove(), SYM_OK);
    memset(b.key.bytes, 0, sizeof b.key.bytes);
    assert_int_equal(verify(), SYM_BAD_ELEMENT);
}

static void refuses_none_and_too_many(void **state)
{
    (void)state;
    answer(1);
    b.st.n = 0;
    assert_int_equal(prove(), SYM_BAD_VALUE);
    assert_int_equal(verify(), SYM_BAD_VALUE);
    b.st.n = SYM_DLEQ_MAX + 1;
    assert_int_equal(prove(), SYM_LIMIT);
    assert_int_equal(verify(), SYM_LIMIT);
}

static void two_proofs_of_the_same_differ(void **state)
{
    (void)state;
    uint8_t first[SYM_DLEQ_PROOF_BYTES];
    answer(3);
    assert_int_equal(prove(), SYM_OK);
    memcpy(first, proof, sizeof first);
    assert_int_equal(prove(), SYM_OK);
    assert_memory_not_equal(first, proof, sizeof first);
}

/* RFC 9497 ---------------------------------------------------------------------------------------
 */

#define BATCH_MAX 2u
#define RFC       "OPRFV1-\x01-ristretto255-SHA512"

struct row {
    size_t n;
    struct sym_element c[BATCH_MAX];
    struct sym_element d[BATCH_MAX];
};

/* A list of hex strings, separated by commas. */
static size_t unhex_list(struct sym_element *out, const char *text)
{
    size_t n = 0;
    for (; n < BATCH_MAX; n++) {
        assert_int_equal(sym_unhex(out[n].bytes, SYM_ELEMENT_BYTES, sym_span(text, 64)), SYM_OK);
        text += 64;
        if (*text == '\0') {
            return n + 1;
        }
        assert_int_equal(*text++, ',');
    }
    fail_msg("more than there is room for");
    return 0;
}

/* ComputeComposites, with the weights of the RFC. */
static void rfc_weights(uint8_t *weights, const struct row *r, const struct sym_element *key)
{
    static const uint8_t len[] = {0, 32};
    static const char seed_domain[] = "Seed-" RFC;
    static const char scalar_domain[] = "HashToScalar-" RFC;
    uint8_t seed_input[256];
    uint8_t seed[64];
    struct sym_writer w = sym_writer(seed_input, sizeof seed_input);
    sym_write_bytes(&w, len, 2);
    sym_write_bytes(&w, key->bytes, 32);
    sym_write_u16(&w, sizeof seed_domain - 1);
    sym_write_bytes(&w, seed_domain, sizeof seed_domain - 1);
    assert_int_equal(w.err, SYM_OK);
    (void)crypto_hash_sha512(seed, seed_input, w.len);
    for (size_t i = 0; i < r->n; i++) {
        uint8_t in[256];
        uint8_t wide[64];
        struct sym_scalar d;
        w = sym_writer(in, sizeof in);
        sym_write_u16(&w, 64);
        sym_write_bytes(&w, seed, 64);
        sym_write_u16(&w, (uint16_t)i);
        sym_write_bytes(&w, len, 2);
        sym_write_bytes(&w, r->c[i].bytes, 32);
        sym_write_bytes(&w, len, 2);
        sym_write_bytes(&w, r->d[i].bytes, 32);
        sym_write_bytes(&w, "Composite", 9);
        struct sym_span part = sym_span(in, w.len);
        assert_int_equal(
            sym_expand_xmd(wide, 64, &part, 1, sym_span(scalar_domain, sizeof scalar_domain - 1)),
            SYM_OK);
        assert_int_equal(sym_scalar_from_wide(&d, wide), SYM_OK);
        memcpy(weights + i * 32, d.bytes, 32);
    }
}

static void check_vector(const cJSON *vector, const struct sym_scalar *k,
                         const struct sym_element *key)
{
    struct row r;
    struct sym_element m;
    struct sym_element z;
    struct sym_scalar nonce;
    uint8_t bytes[32];
    uint8_t want[SYM_DLEQ_PROOF_BYTES];
    uint8_t weights[BATCH_MAX * 32];
    const cJSON *said = vectors_get(vector, "Proof");
    r.n = unhex_list(r.c, vectors_text(vector, "BlindedElement"));
    assert_int_equal(unhex_list(r.d, vectors_text(vector, "EvaluationElement")), r.n);
    assert_int_equal(vectors_int(vector, "Batch"), r.n);
    vectors_bytes(want, sizeof want, said, "proof");
    vectors_bytes(bytes, sizeof bytes, said, "r");
    assert_int_equal(sym_scalar_from_bytes(&nonce, bytes), SYM_OK);
    rfc_weights(weights, &r, key);
    assert_int_equal(sym_ristretto_sum(&m, NULL, with, r.c, r.n, weights, 32), SYM_OK);
    assert_int_equal(sym_ristretto_sum(&z, NULL, with, r.d, r.n, weights, 32), SYM_OK);
    assert_int_equal(sym_dleq_prove_one(proof, with, key, &m, k, &nonce), SYM_OK);
    assert_memory_equal(proof, want, sizeof want);
    assert_int_equal(sym_dleq_verify_one(want, with, key, &m, &z), SYM_OK);
    assert_int_equal(sym_dleq_verify_one(want, with, key, &z, &m), SYM_BAD_TAG);
}

static void proves_as_rfc_9497_does(void **state)
{
    (void)state;
    cJSON *file = vectors_load("rfc9497-oprf-ristretto255-sha512.json");
    int seen = 0;
    const cJSON *suite;
    cJSON_ArrayForEach(suite, file)
    {
        if (vectors_int(suite, "mode") == 1) {
            uint8_t bytes[32];
            struct sym_scalar k;
            struct sym_element key;
            const cJSON *vector;
            vectors_bytes(bytes, sizeof bytes, suite, "skSm");
            vectors_bytes(key.bytes, sizeof key.bytes, suite, "pkSm");
            assert_int_equal(sym_scalar_from_bytes(&k, bytes), SYM_OK);
            cJSON_ArrayForEach(vector, vectors_get(suite, "vectors"))
            {
                check_vector(vector, &k, &key);
                seen++;
            }
        }
    }
    assert_int_equal(seen, 3);
    cJSON_Delete(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(proves_any_number_of_elements),
        cmocka_unit_test(all_backends_agree),
        cmocka_unit_test(proves_as_rfc_9497_does),
        cmocka_unit_test(two_proofs_of_the_same_differ),
        cmocka_unit_test(finds_one_answer_among_a_thousand_made_with_another_secret),
        cmocka_unit_test(finds_two_answers_that_make_up_for_each_other),
        cmocka_unit_test(refuses_answers_in_another_order),
        cmocka_unit_test(refuses_another_key_context_or_number),
        cmocka_unit_test(refuses_a_proof_with_any_bit_changed),
        cmocka_unit_test(refuses_what_is_no_element),
        cmocka_unit_test(refuses_none_and_too_many),
    };
    if (sym_crypto_init() != SYM_OK || sym_ristretto_choose(&with, NULL) != SYM_OK) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
