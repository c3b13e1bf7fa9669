/* Runs under valgrind with every secret marked undefined: a branch or an address that depends on
 * one is an error. Compiled with -DSYM_CTCHECK, as the product files it is linked with; with
 * -DPLANT_BRANCH it branches on a secret itself, and has to be caught. See README.md here. */
#include "crypto/dleq.h"
#include "crypto/expand.h"
#include "crypto/oprf.h"

#include <stdio.h>
#include <string.h>
#include <valgrind/memcheck.h>

#define N   9u
#define TAG 16u

#define SECRET(object) ((void)VALGRIND_MAKE_MEM_UNDEFINED(&(object), sizeof(object)))
#define PUBLIC(object) ((void)VALGRIND_MAKE_MEM_DEFINED(&(object), sizeof(object)))

static int failures;

static void expect(enum sym_err got, const char *step)
{
    if (got != SYM_OK) {
        (void)fprintf(stderr, "%s %s\n", step, sym_err_text(got));
        failures++;
    }
}

/* A secret that is the same in every run, so that what is found can be found again. */
static struct sym_scalar secret_scalar(uint8_t seed)
{
    struct sym_scalar k;
    uint8_t wide[SYM_UNIFORM_BYTES];
    for (size_t i = 0; i < sizeof wide; i++) {
        wide[i] = (uint8_t)(i * 37 + seed);
    }
    SECRET(wide);
    expect(sym_scalar_from_wide(&k, wide), "a wide scalar");
    return k;
}

static void scalars(void)
{
    struct sym_scalar a = secret_scalar(1);
    struct sym_scalar b = secret_scalar(2);
    struct sym_scalar out;
    expect(sym_scalar_from_bytes(&out, a.bytes), "a scalar from bytes");
    expect(sym_scalar_invert(&out, &a), "an inverse");
    expect(sym_scalar_negate(&out, &a), "a negative");
    expect(sym_scalar_add(&out, &a, &b), "a sum of scalars");
    expect(sym_scalar_multiply(&out, &a, &b), "a product of scalars");
    uint8_t seed[SYM_OPRF_SEED_BYTES] = {3};
    SECRET(seed);
    expect(sym_oprf_derive_key(&out, seed, sym_span_text("ct")), "a derived key");
}

/* libsodium's decoder branches on whether an element is valid, which is the case for every element
 * that is decoded here, but depends on its bytes. Elements that come from a peer are public; a sum
 * of secret elements can be checked only with the backends that decode without a branch. */
static void add(const struct sym_ristretto *with, struct sym_element *a, struct sym_element *b)
{
    struct sym_element out[N];
    if (strcmp(sym_ristretto_name(with), "sodium") == 0) {
        (void)VALGRIND_MAKE_MEM_DEFINED(a, N * sizeof *a);
        (void)VALGRIND_MAKE_MEM_DEFINED(b, N * sizeof *b);
    }
    expect(sym_ristretto_add(out, NULL, with, a, b, N), "a sum of elements");
    const struct sym_element *const sets[] = {a, b};
    struct sym_scalar k = secret_scalar(6);
    expect(sym_ristretto_add_multiply(out, NULL, with, sets, 2, N, &k), "a multiple of a sum");
}

static void oprf(const struct sym_ristretto *with)
{
    struct sym_scalar blind = secret_scalar(4);
    struct sym_scalar key = secret_scalar(5);
    uint8_t digests[N][32];
    struct sym_span inputs[N];
    struct sym_element e[N];
    struct sym_element hashed[N];
    struct sym_element again[N];
    uint8_t theirs[N][TAG];
    uint8_t own[N][TAG];
    struct sym_oprf_tags to_theirs = {theirs[0], TAG};
    struct sym_oprf_tags to_own = {own[0], TAG};
    for (size_t i = 0; i < N; i++) {
        memset(digests[i], (int)i + 1, sizeof digests[i]);
    }
    SECRET(digests);
    sym_oprf_spans(inputs, N, digests, sizeof digests[0]);

    expect(sym_oprf_blind(e, NULL, with, inputs, N, &blind), "blind");
    PUBLIC(e); /* goes to the peer */
    expect(sym_oprf_evaluate(e, NULL, with, e, N, &key), "evaluate");
    PUBLIC(e); /* comes back */
    expect(sym_oprf_finalize(to_theirs, NULL, with, inputs, e, N, &blind), "finalize");
    expect(sym_oprf_finalize(to_theirs, NULL, with, NULL, e, N, &blind), "finalize without input");
    expect(sym_oprf_evaluate_own(to_own, NULL, with, inputs, N, &key, SYM_OPRF_INPUT), "own");
    expect(sym_oprf_evaluate_own(to_own, NULL, with, inputs, N, &key, SYM_OPRF_NO_INPUT),
           "own without input");
    PUBLIC(theirs); /* compared with the other side's */
    PUBLIC(own);
    if (memcmp(theirs, own, sizeof own) != 0) {
        (void)fprintf(stderr, "%s: the tags differ\n", sym_ristretto_name(with));
        failures++;
    }

    expect(sym_oprf_hash_to_group(hashed, NULL, with, inputs, N), "hash to group");
    expect(sym_oprf_hash_to_group(again, NULL, with, inputs, N), "hash to group");
    add(with, hashed, again);
}

static void proof(const struct sym_ristretto *with)
{
    struct sym_scalar k = secret_scalar(7);
    struct sym_element key;
    struct sym_element asked[N];
    struct sym_element answers[N];
    struct sym_uniform uniform[N];
    uint8_t bytes[SYM_DLEQ_PROOF_BYTES];
    struct sym_dleq st = {.key = &key, .asked = asked, .answers = answers, .n = N};
    for (size_t i = 0; i < N; i++) {
        memset(uniform[i].bytes, (int)i + 1, sizeof uniform[i].bytes);
    }
    expect(sym_ristretto_derive(asked, NULL, with, uniform, N), "elements");
    expect(sym_ristretto_multiply(&key, NULL, with, &sym_ristretto_generator, 1, &k), "a key");
    expect(sym_ristretto_multiply(answers, NULL, with, asked, N, &k), "answers");
    PUBLIC(key); /* what is proven is said to the peer */
    PUBLIC(answers);
    expect(sym_dleq_hash(st.asked_hash, asked, N), "a hash");
    expect(sym_dleq_hash(st.answers_hash, answers, N), "a hash");
    expect(sym_dleq_prove(bytes, with, &st, &k), "a proof");
    PUBLIC(bytes);
    expect(sym_dleq_verify(bytes, with, &st), "that it holds");
}

static void own_scalars(const struct sym_ristretto *with)
{
    struct sym_scalar k[N];
    struct sym_element e[N];
    for (size_t i = 0; i < N; i++) {
        k[i] = secret_scalar((uint8_t)(8 + i));
        e[i] = sym_ristretto_generator;
    }
    expect(sym_ristretto_multiply_each(e, NULL, with, e, N, k), "a scalar for each");
#ifdef PLANT_BRANCH
    if ((e[0].bytes[0] & 1) != 0) {
        (void)puts("planted");
    }
#endif
}

int main(void)
{
    if (sym_crypto_init() != SYM_OK) {
        return 1;
    }
    scalars();
    for (size_t i = 0; sym_ristretto_name_at(i) != NULL; i++) {
        const struct sym_ristretto *with;
        if (sym_ristretto_choose(&with, sym_ristretto_name_at(i)) == SYM_OK) {
            oprf(with);
            proof(with);
            own_scalars(with);
            (void)printf("%s: done\n", sym_ristretto_name(with));
        } else {
            (void)printf("%s: cannot run here\n", sym_ristretto_name_at(i));
        }
    }
    return failures == 0 ? 0 : 1;
}
