#include "crypto/merkle.h"
#include "tests/support/vectors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define LEAVES    300u
#define PROOF_MAX 70

/* A tree of LEAVES leaves, read by recursion straight from the definition of RFC 6962. */
static uint8_t leaf_hash[LEAVES][SYM_HASH_BYTES];

static void leaf_of(size_t i)
{
    uint8_t data[2] = {(uint8_t)(i >> 8), (uint8_t)i};
    assert_int_equal(sym_merkle_leaf(leaf_hash[i], sym_span(data, sizeof data)), SYM_OK);
}

static int make_leaves(void **state)
{
    (void)state;
    for (size_t i = 0; i < LEAVES; i++) {
        leaf_of(i);
    }
    return 0;
}

static void defined_root(uint8_t out[SYM_HASH_BYTES], size_t start, size_t end)
{
    uint8_t left[SYM_HASH_BYTES];
    uint8_t right[SYM_HASH_BYTES];
    if (end - start == 1) {
        memcpy(out, leaf_hash[start], SYM_HASH_BYTES);
        return;
    }
    size_t k = 1;
    while (2 * k < end - start) {
        k *= 2;
    }
    defined_root(left, start, start + k);
    defined_root(right, start + k, end);
    assert_int_equal(sym_merkle_node(out, left, right), SYM_OK);
}

static enum sym_err read_subtree(void *context, uint8_t out[SYM_HASH_BYTES], unsigned level,
                                 uint64_t index)
{
    const size_t *size = context;
    assert_true(((index + 1) << level) <= *size);
    defined_root(out, (size_t)(index << level), (size_t)((index + 1) << level));
    return SYM_OK;
}

static enum sym_err read_nothing(void *context, uint8_t out[SYM_HASH_BYTES], unsigned level,
                                 uint64_t index)
{
    (void)context;
    (void)out;
    (void)level;
    (void)index;
    return SYM_IO;
}

static size_t spans_of(struct sym_span *out, const struct sym_merkle_proof *proof)
{
    for (size_t i = 0; i < proof->n; i++) {
        out[i] = sym_span(proof->hash[i], SYM_HASH_BYTES);
    }
    return proof->n;
}

/* The vectors ---------------------------------------------------------------------------------- */

static uint64_t number(const cJSON *test, const char *name)
{
    const cJSON *item = vectors_get(test, name);
    assert_true(cJSON_IsNumber(item));
    return item->valuedouble >= 18446744073709551615.0 ? UINT64_MAX : (uint64_t)item->valuedouble;
}

/* A hash of a vector, which may be of any length: *len; zeros behind it. */
static void unbase64(uint8_t out[64], size_t *len, const cJSON *item)
{
    const char *text = item == NULL ? NULL : cJSON_GetStringValue(item);
    *len = 64;
    memset(out, 0, 64);
    assert_int_equal(sym_unbase64(out, len, sym_span_text(text != NULL ? text : "")), SYM_OK);
}

struct hash_case {
    uint8_t bytes[64];
    size_t len;
};

struct proof_case {
    uint8_t bytes[PROOF_MAX][64];
    struct sym_span proof[PROOF_MAX];
    size_t n;
};

static void read_proof(struct proof_case *out, const cJSON *test)
{
    const cJSON *item;
    out->n = 0;
    cJSON_ArrayForEach(item, vectors_get(test, "proof"))
    {
        size_t len = 0;
        assert_true(out->n < PROOF_MAX);
        unbase64(out->bytes[out->n], &len, item);
        out->proof[out->n] = sym_span(out->bytes[out->n], len);
        out->n++;
    }
}

static void check_verdict(const cJSON *test, bool good)
{
    bool want = !cJSON_IsTrue(vectors_get(test, "wantErr"));
    if (good != want) {
        fail_msg("%s is %s", vectors_text(test, "name"), good ? "accepted" : "refused");
    }
}

static void makes_all_roots_of_the_vectors(void **state)
{
    (void)state;
    cJSON *file = vectors_load("rfc6962-merkle.json");
    struct sym_merkle_edge edge = {.size = 0};
    uint8_t data[64];
    uint8_t want[SYM_HASH_BYTES];
    uint8_t got[SYM_HASH_BYTES];
    const cJSON *roots = vectors_get(file, "root_of_first_n_leaves");
    const cJSON *leaves = vectors_get(file, "leaves_hex");
    assert_int_equal(cJSON_GetArraySize(roots), 9);
    for (int i = 0; i < 9; i++) {
        assert_int_equal(vectors_unhex(want, sizeof want, cJSON_GetArrayItem(roots, i)),
                         SYM_HASH_BYTES);
        assert_int_equal(sym_merkle_edge_root(got, &edge), SYM_OK);
        assert_memory_equal(got, want, sizeof want);
        if (i < 8) {
            size_t len = vectors_unhex(data, sizeof data, cJSON_GetArrayItem(leaves, i));
            assert_int_equal(sym_merkle_leaf(got, sym_span(data, len)), SYM_OK);
            assert_int_equal(sym_merkle_add(&edge, got), SYM_OK);
        }
    }
    cJSON_Delete(file);
}

/* Reads two hashes of each test, and decides it. Hashes of other lengths cannot be given to the
 * functions: their types refuse them. */
static void decide_all(const char *kind, int n, const char *first, const char *second,
                       bool (*decide)(const cJSON *test, const struct proof_case *c,
                                      const struct hash_case hashes[2]))
{
    cJSON *file = vectors_load("rfc6962-merkle.json");
    const cJSON *tests = vectors_get(file, kind);
    const cJSON *test;
    struct proof_case c;
    assert_int_equal(cJSON_GetArraySize(tests), n);
    cJSON_ArrayForEach(test, tests)
    {
        struct hash_case hashes[2];
        unbase64(hashes[0].bytes, &hashes[0].len, vectors_get(test, first));
        unbase64(hashes[1].bytes, &hashes[1].len, vectors_get(test, second));
        read_proof(&c, test);
        check_verdict(test, decide(test, &c, hashes));
    }
    cJSON_Delete(file);
}

static bool is_included(const cJSON *test, const struct proof_case *c,
                        const struct hash_case hashes[2])
{
    return hashes[0].len == SYM_HASH_BYTES && hashes[1].len == SYM_HASH_BYTES &&
           sym_merkle_check_inclusion(hashes[0].bytes, hashes[1].bytes, number(test, "leafIdx"),
                                      number(test, "treeSize"), c->proof, c->n) == SYM_OK;
}

static void decides_all_86_inclusion_vectors(void **state)
{
    (void)state;
    decide_all("inclusion", 86, "root", "leafHash", is_included);
}

/* One good case has equal "roots" of 12 bytes, which zeros make a hash of. */
static bool is_consistent(const cJSON *test, const struct proof_case *c,
                          const struct hash_case hashes[2])
{
    return hashes[0].len <= SYM_HASH_BYTES && hashes[1].len <= SYM_HASH_BYTES &&
           sym_merkle_check_consistency(hashes[0].bytes, number(test, "size1"), hashes[1].bytes,
                                        number(test, "size2"), c->proof, c->n) == SYM_OK;
}

static void decides_all_98_consistency_vectors(void **state)
{
    (void)state;
    decide_all("consistency", 98, "root1", "root2", is_consistent);
}

/* Own trees ------------------------------------------------------------------------------------ */

static void edge_and_reader_lead_to_the_root_of_the_definition(void **state)
{
    (void)state;
    struct sym_merkle_edge edge = {.size = 0};
    for (size_t size = 1; size <= LEAVES; size++) {
        uint8_t want[SYM_HASH_BYTES];
        uint8_t got[SYM_HASH_BYTES];
        defined_root(want, 0, size);
        assert_int_equal(sym_merkle_add(&edge, leaf_hash[size - 1]), SYM_OK);
        assert_int_equal(sym_merkle_edge_root(got, &edge), SYM_OK);
        assert_memory_equal(got, want, sizeof want);
        assert_int_equal(sym_merkle_root(got, size, read_subtree, &size), SYM_OK);
        assert_memory_equal(got, want, sizeof want);
    }
    assert_int_equal(edge.n, 4); /* 300 = 256 + 32 + 8 + 4 */
}

static void many_leaves_lead_to_the_same_edge_as_one_by_one(void **state)
{
    (void)state;
    static const unsigned widths[] = {1, 2, 16};
    struct sym_sha256_many best;
    struct sym_merkle_edge begin = {.size = 0};
    sym_sha256_many_init(&best);
    for (size_t before = 0; before <= 40; before++) {
        struct sym_merkle_edge one = begin;
        for (size_t n = 0; before + n <= LEAVES; n++) {
            for (size_t w = 0; w < sizeof widths / sizeof *widths; w++) {
                const struct sym_sha256_many m = {.width = widths[w]};
                struct sym_merkle_edge many = begin;
                if (m.width > best.width) {
                    continue;
                }
                assert_int_equal(sym_merkle_add_many(&many, &m, &leaf_hash[before], n), SYM_OK);
                assert_int_equal(many.size, one.size);
                assert_int_equal(many.n, one.n);
                assert_memory_equal(many.hash, one.hash, one.n * SYM_HASH_BYTES);
            }
            if (before + n < LEAVES) {
                assert_int_equal(sym_merkle_add(&one, leaf_hash[before + n]), SYM_OK);
            }
        }
        assert_int_equal(sym_merkle_add(&begin, leaf_hash[before]), SYM_OK);
    }
}

static void every_leaf_of_small_trees_is_proven_in_its_place_only(void **state)
{
    (void)state;
    for (size_t size = 1; size <= 40; size++) {
        uint8_t root[SYM_HASH_BYTES];
        defined_root(root, 0, size);
        for (size_t index = 0; index < size; index++) {
            struct sym_merkle_proof proof;
            struct sym_span p[SYM_MERKLE_PROOF_MAX];
            assert_int_equal(sym_merkle_prove_inclusion(&proof, index, size, read_subtree, &size),
                             SYM_OK);
            size_t n = spans_of(p, &proof);
            for (size_t other = 0; other < size; other++) {
                enum sym_err err =
                    sym_merkle_check_inclusion(root, leaf_hash[index], other, size, p, n);
                assert_int_equal(err == SYM_OK, other == index);
            }
            assert_int_not_equal(
                sym_merkle_check_inclusion(root, leaf_hash[LEAVES - 1], index, size, p, n), SYM_OK);
        }
    }
}

static void every_pair_of_small_trees_is_consistent(void **state)
{
    (void)state;
    for (size_t size = 1; size <= 40; size++) {
        uint8_t root[SYM_HASH_BYTES];
        defined_root(root, 0, size);
        for (size_t from = 1; from <= size; from++) {
            uint8_t from_root[SYM_HASH_BYTES];
            struct sym_merkle_proof proof;
            struct sym_span p[SYM_MERKLE_PROOF_MAX];
            defined_root(from_root, 0, from);
            assert_int_equal(sym_merkle_prove_consistency(&proof, from, size, read_subtree, &size),
                             SYM_OK);
            size_t n = spans_of(p, &proof);
            assert_int_equal(sym_merkle_check_consistency(from_root, from, root, size, p, n),
                             SYM_OK);
            from_root[0] ^= 1;
            assert_int_equal(sym_merkle_check_consistency(from_root, from, root, size, p, n),
                             SYM_BAD_TAG);
        }
    }
}

static void refuses_a_proof_with_any_bit_flipped(void **state)
{
    (void)state;
    size_t size = LEAVES;
    struct sym_merkle_proof in;
    struct sym_merkle_proof con;
    struct sym_span p[SYM_MERKLE_PROOF_MAX];
    uint8_t root[SYM_HASH_BYTES];
    uint8_t from_root[SYM_HASH_BYTES];
    defined_root(root, 0, size);
    defined_root(from_root, 0, 77);
    assert_int_equal(sym_merkle_prove_inclusion(&in, 123, size, read_subtree, &size), SYM_OK);
    assert_int_equal(sym_merkle_prove_consistency(&con, 77, size, read_subtree, &size), SYM_OK);
    for (size_t bit = 0; bit < in.n * SYM_HASH_BYTES * 8; bit++) {
        uint8_t *at = &in.hash[bit / 256][bit / 8 % 32];
        *at ^= (uint8_t)(1u << (bit % 8));
        size_t n = spans_of(p, &in);
        assert_int_equal(sym_merkle_check_inclusion(root, leaf_hash[123], 123, size, p, n),
                         SYM_BAD_TAG);
        *at ^= (uint8_t)(1u << (bit % 8));
    }
    for (size_t bit = 0; bit < con.n * SYM_HASH_BYTES * 8; bit++) {
        uint8_t *at = &con.hash[bit / 256][bit / 8 % 32];
        *at ^= (uint8_t)(1u << (bit % 8));
        size_t n = spans_of(p, &con);
        assert_int_equal(sym_merkle_check_consistency(from_root, 77, root, size, p, n),
                         SYM_BAD_TAG);
        *at ^= (uint8_t)(1u << (bit % 8));
    }
}

static void proofs_from_nothing_and_from_everything_are_empty(void **state)
{
    (void)state;
    size_t size = 7;
    struct sym_merkle_proof proof = {.n = 5};
    assert_int_equal(sym_merkle_prove_consistency(&proof, 0, 7, read_subtree, &size), SYM_OK);
    assert_int_equal(proof.n, 0);
    proof.n = 5;
    assert_int_equal(sym_merkle_prove_consistency(&proof, 7, 7, read_subtree, &size), SYM_OK);
    assert_int_equal(proof.n, 0);
    uint8_t root[SYM_HASH_BYTES];
    uint8_t empty[SYM_HASH_BYTES];
    assert_int_equal(sym_merkle_root(root, 0, read_nothing, NULL), SYM_OK);
    assert_int_equal(sym_sha256(empty, sym_span(NULL, 0)), SYM_OK);
    assert_memory_equal(root, empty, sizeof root);
}

static void refuses_places_that_cannot_be(void **state)
{
    (void)state;
    size_t size = 7;
    struct sym_merkle_proof proof = {.n = 5};
    uint8_t root[SYM_HASH_BYTES] = {0};
    const uint64_t too_large = (uint64_t)INT64_MAX + 1;
    assert_int_equal(sym_merkle_prove_inclusion(&proof, 7, 7, read_subtree, &size), SYM_BAD_VALUE);
    assert_int_equal(sym_merkle_prove_inclusion(&proof, 0, 0, read_subtree, &size), SYM_BAD_VALUE);
    assert_int_equal(sym_merkle_prove_inclusion(&proof, 0, too_large, read_nothing, NULL),
                     SYM_BAD_VALUE);
    assert_int_equal(sym_merkle_prove_consistency(&proof, 8, 7, read_subtree, &size),
                     SYM_BAD_VALUE);
    assert_int_equal(sym_merkle_prove_consistency(&proof, 1, too_large, read_nothing, NULL),
                     SYM_BAD_VALUE);
    assert_int_equal(sym_merkle_root(root, too_large, read_nothing, NULL), SYM_BAD_VALUE);
    assert_int_equal(sym_merkle_check_inclusion(root, root, 0, 0, NULL, 0), SYM_BAD_VALUE);
    assert_int_equal(proof.n, 5);
}

static void passes_on_what_the_reader_says(void **state)
{
    (void)state;
    struct sym_merkle_proof proof = {.n = 5};
    uint8_t root[SYM_HASH_BYTES];
    assert_int_equal(sym_merkle_root(root, 7, read_nothing, NULL), SYM_IO);
    assert_int_equal(sym_merkle_prove_inclusion(&proof, 3, 7, read_nothing, NULL), SYM_IO);
    assert_int_equal(sym_merkle_prove_consistency(&proof, 3, 7, read_nothing, NULL), SYM_IO);
    assert_int_equal(proof.n, 5);
}

static void refuses_more_leaves_than_a_signed_number_counts(void **state)
{
    (void)state;
    const struct sym_sha256_many m = {.width = 1};
    struct sym_merkle_edge edge = {.size = INT64_MAX, .n = 63};
    assert_int_equal(sym_merkle_add(&edge, leaf_hash[0]), SYM_LIMIT);
    assert_int_equal(sym_merkle_add_many(&edge, &m, leaf_hash, 1), SYM_LIMIT);
    assert_int_equal(edge.size, INT64_MAX);
    edge.size--; /* its lowest bit is not set: no hash is joined */
    edge.n = 62;
    assert_int_equal(sym_merkle_add_many(&edge, &m, leaf_hash, 2), SYM_LIMIT);
    assert_int_equal(edge.n, 62);
    assert_int_equal(sym_merkle_add(&edge, leaf_hash[0]), SYM_OK);
    assert_int_equal(edge.n, 63);
}

/* The largest proofs there can be: 63 hashes for an entry, 64 between two trees. */
static enum sym_err read_zeros(void *context, uint8_t out[SYM_HASH_BYTES], unsigned level,
                               uint64_t index)
{
    (void)context;
    (void)index;
    memset(out, (int)level, SYM_HASH_BYTES);
    return SYM_OK;
}

static void the_largest_tree_has_proofs_that_fit(void **state)
{
    (void)state;
    struct sym_merkle_proof proof;
    assert_int_equal(sym_merkle_prove_inclusion(&proof, 0, INT64_MAX, read_zeros, NULL), SYM_OK);
    assert_int_equal(proof.n, 63);
    assert_int_equal(sym_merkle_prove_consistency(&proof, 1, INT64_MAX, read_zeros, NULL), SYM_OK);
    assert_int_equal(proof.n, 63);
    assert_int_equal(sym_merkle_prove_consistency(&proof, 3, INT64_MAX, read_zeros, NULL), SYM_OK);
    assert_int_equal(proof.n, 64);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(makes_all_roots_of_the_vectors),
        cmocka_unit_test(decides_all_86_inclusion_vectors),
        cmocka_unit_test(decides_all_98_consistency_vectors),
        cmocka_unit_test(edge_and_reader_lead_to_the_root_of_the_definition),
        cmocka_unit_test(many_leaves_lead_to_the_same_edge_as_one_by_one),
        cmocka_unit_test(every_leaf_of_small_trees_is_proven_in_its_place_only),
        cmocka_unit_test(every_pair_of_small_trees_is_consistent),
        cmocka_unit_test(refuses_a_proof_with_any_bit_flipped),
        cmocka_unit_test(proofs_from_nothing_and_from_everything_are_empty),
        cmocka_unit_test(refuses_places_that_cannot_be),
        cmocka_unit_test(passes_on_what_the_reader_says),
        cmocka_unit_test(refuses_more_leaves_than_a_signed_number_counts),
        cmocka_unit_test(the_largest_tree_has_proofs_that_fit),
    };
    return cmocka_run_group_tests_name("merkle", tests, make_leaves, NULL);
}
