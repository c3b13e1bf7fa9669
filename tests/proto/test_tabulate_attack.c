/* What a lying initiator gets with colluders: it tells some that the victim survived, others that
 * it did not, to have shares of both of the victim's secrets. With m = 2t - n colluders that sign
 * and give away anything it succeeds; with one less it fails (design 3). And what it holds before a
 * release says nothing about counts. */
#include "tests/support/tab_rig.h"

#include "proto/codec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static struct tab_rig rig;

/* What the initiator keeps of what passes: the victim's masked vector. It says nothing about
 * survivors by itself. */
static uint32_t victim;
static uint64_t vector[1 << 17];
static size_t vector_cells;
static size_t lengths[64]; /* of what the victim sends */
static size_t n_lengths;

static bool listen(struct tab_rig *r, uint32_t place, bool to_lead, uint8_t **bytes, size_t *len)
{
    (void)r;
    if (to_lead && place == victim) {
        assert_true(n_lengths < 64);
        lengths[n_lengths++] = *len;
        if ((*bytes)[0] == TAB_TILE) {
            size_t n = (*len - 1) / 8;
            assert_true(n <= sizeof vector / 8 - vector_cells);
            memset(vector + vector_cells, 0, n * 8);
            sym_tab_cells_add(vector + vector_cells, *bytes + 1, n);
            vector_cells += n;
        }
    }
    return to_lead || (*bytes)[0] != TAB_SURVIVORS;
}

static void open_rig(uint32_t n, uint32_t countries, uint32_t months)
{
    tab_rig_open(&rig, n, countries, months);
    rig.tap = listen;
    vector_cells = n_lengths = 0;
}

/* The attack -----------------------------------------------------------------------------------
 */

/* The story that a group hears: everybody survived, or all but the victim. */
struct story {
    struct tab_bytes said;
    uint8_t members[SYM_TAB_MEMBERS_MAX];
    uint32_t n;
    struct tab_bytes signatures;
};

static void invent(struct story *s, bool with_victim)
{
    uint8_t hashes[SYM_TAB_MEMBERS_MAX * SYM_HASH_BYTES];
    *s = (struct story){0};
    for (uint32_t i = 0; i < rig.n; i++) {
        if (i != victim || with_victim) {
            memcpy(hashes + s->n * SYM_HASH_BYTES, rig.members[i]->vector_hash, SYM_HASH_BYTES);
            s->members[s->n++] = (uint8_t)i;
        }
    }
    const struct sym_tab_survivors t = {
        .qid = sym_span(rig.lead->qid, SYM_HASH_BYTES),
        .consents_hash = sym_span(rig.lead->consents_hash, SYM_HASH_BYTES),
        .members = sym_span(s->members, s->n),
        .vector_hashes = sym_span(hashes, s->n * (size_t)SYM_HASH_BYTES),
    };
    assert_int_equal(sym_tab_encode(&s->said, &sym_msg_tab_survivors, &t, sizeof hashes), SYM_OK);
}

static void forget(struct story *s)
{
    sym_tab_bytes_clear(&s->said);
    sym_tab_bytes_clear(&s->signatures);
}

static bool in_group(uint32_t place, uint32_t from, uint32_t to)
{
    return place >= from && place < to;
}

/* Honest ones in [from, to) sign what they are told, if they accept it; colluders sign anything. */
static uint32_t sign_story(struct story *s, uint32_t from, uint32_t to, uint32_t honest)
{
    struct tab_bytes told = {0};
    uint8_t list[1 + SYM_TAB_MEMBERS_MAX * 65u];
    struct sym_writer w = sym_writer(list, sizeof list);
    uint32_t n = 0;
    sym_write_u8(&w, 0);
    assert_int_equal(sym_tab_payload_new(&told, TAB_SURVIVORS, sym_tab_bytes_span(&s->said)),
                     SYM_OK);
    for (uint32_t i = 0; i < rig.n; i++) {
        uint8_t signature[1 + SYM_SIGNATURE_BYTES];
        if (in_group(i, from, to)) {
            struct sym_tab_member *m = rig.members[i];
            assert_int_equal(sym_tab_member_take(m, sym_tab_bytes_span(&told), 0), SYM_OK);
            assert_int_equal(sym_tab_member_write(m, signature, sizeof signature), SYM_OK);
        } else if (i >= honest) {
            assert_int_equal(sym_sign(signature + 1, &rig.keys[i], SYM_DOMAIN_TABULATE,
                                      sym_tab_bytes_span(&s->said)),
                             SYM_OK);
        } else {
            continue;
        }
        sym_write_u8(&w, (uint8_t)i);
        sym_write_bytes(&w, signature + 1, SYM_SIGNATURE_BYTES);
        n++;
    }
    list[0] = (uint8_t)n;
    assert_int_equal(sym_tab_payload_new(&s->signatures, TAB_SIGNATURES, sym_span(list, w.len)),
                     SYM_OK);
    sym_tab_bytes_clear(&told);
    return n;
}

struct loot {
    struct sym_share shares[SYM_TAB_MEMBERS_MAX];
    uint8_t points[SYM_TAB_MEMBERS_MAX];
    uint32_t n;
};

static void loot_add(struct loot *l, uint32_t place, const uint8_t *share)
{
    memcpy(l->shares[l->n].bytes, share, SYM_SHAMIR_BYTES);
    l->points[l->n++] = (uint8_t)(place + 1);
}

/* What an honest one gives for these signatures, if anything. */
static void ask(struct loot *l, uint32_t place, const struct story *s)
{
    struct sym_tab_member *m = rig.members[place];
    struct sym_work work;
    uint8_t payload[1 + 64 + 512 + SYM_TAB_MEMBERS_MAX * 32u];
    size_t len = 0;
    if (sym_tab_member_take(m, sym_tab_bytes_span(&s->signatures), 0) != SYM_OK) {
        return;
    }
    assert_true(sym_tab_member_work(m, &work));
    assert_int_equal(work.run(work.context, 0, work.n), SYM_OK);
    assert_int_equal(sym_tab_member_worked(m, work.context, SYM_OK), SYM_OK);
    assert_int_equal(sym_tab_member_wants(m), SYM_TAB_WANTS_UNMASK);
    assert_int_equal(sym_tab_member_unmasked(m), SYM_OK);
    assert_int_equal(sym_tab_member_step(m, &len), SYM_TAB_DATA);
    assert_int_equal(sym_tab_member_write(m, payload, len), SYM_OK);
    SYM_ARENA_AUTO arena = {0};
    struct sym_tab_unmask u;
    assert_int_equal(sym_tab_signed_open(&arena, &u, &sym_msg_tab_unmask,
                                         sym_span(payload + 1, len - 1),
                                         rig.keys[place].public_key),
                     SYM_OK);
    loot_add(l, place, u.shares.data + victim * SYM_SHAMIR_BYTES);
}

/* Of all that there are: with t or more it is the secret. */
static bool combine(struct sym_share *out, const struct loot *l)
{
    uint8_t weights[SYM_TAB_MEMBERS_MAX];
    if (sym_shamir_weights(weights, l->points, l->n) != SYM_OK) {
        return false;
    }
    sym_shamir_combine(out, weights, l->shares, l->n);
    return true;
}

/* With both secrets all masks of the victim can be taken off. */
static bool reveal(const struct sym_share *seed, const struct sym_share *secret)
{
    uint8_t keys[SYM_TAB_MEMBERS_MAX][SYM_MASK_KEY_BYTES];
    enum sym_mask_sign signs[SYM_TAB_MEMBERS_MAX];
    struct sym_exchange_key own = {0};
    struct sym_masker masker = {0};
    bool right = true;
    assert_int_equal(sym_exchange_key_from(&own, sym_span(secret->bytes, 32)), SYM_OK);
    assert_int_equal(sym_masker_new(&masker), SYM_OK);
    for (uint32_t i = 0; i < rig.n; i++) {
        signs[i] = SYM_MASK_SUBTRACT;
        enum sym_err err = SYM_OK;
        if (i == victim) {
            err = sym_mask_self_key(keys[i], seed->bytes, rig.lead->qid);
        } else {
            signs[i] = sym_mask_sign_inverse(sym_mask_sign_of(victim, i));
            err = sym_mask_pair_key(keys[i], &own, rig.lead->consenting[i].mask_key, rig.lead->qid);
        }
        assert_int_equal(err, SYM_OK);
    }
    assert_int_equal(
        sym_mask_cells(vector, rig.cells, 0, &masker, sym_span(keys, rig.n * sizeof *keys), signs),
        SYM_OK);
    for (uint32_t i = 0; i < rig.cells; i++) {
        right = right && vector[i] == tab_rig_count(&rig, victim, i);
    }
    sym_masker_clear(&masker);
    sym_exchange_key_clear(&own);
    return right;
}

/* Places below `honest` are honest; of them [0, split) hear that the victim, who is 0, survived. */
static bool attack(uint32_t n, uint32_t colluders, uint32_t split)
{
    struct story stories[2];
    struct loot loot[2] = {0};
    struct sym_share secrets[2];
    uint8_t colluded[SYM_TAB_MEMBERS_MAX][TAB_PAIR_BYTES];
    uint32_t honest = n - colluders;
    victim = 0;
    open_rig(n, 4, 12);
    rig.minimum = 3;
    tab_rig_begin(&rig);
    tab_rig_settle(&rig);
    for (uint32_t i = 0; i < n; i++) {
        assert_int_equal(rig.members[i]->state, MEMBER_AWAITS_SURVIVORS);
        memcpy(colluded[i], rig.members[i]->pairs.data + victim * TAB_PAIR_BYTES, TAB_PAIR_BYTES);
    }
    for (uint32_t k = 0; k < 2; k++) {
        uint32_t from = k == 0 ? 0 : split;
        uint32_t to = k == 0 ? split : honest;
        invent(&stories[k], k == 0);
        (void)sign_story(&stories[k], from, to, honest);
        for (uint32_t i = from; i < to; i++) {
            ask(&loot[k], i, &stories[k]);
        }
        for (uint32_t i = honest; i < n; i++) {
            loot_add(&loot[k], i, colluded[i] + k * SYM_SHAMIR_BYTES);
        }
        forget(&stories[k]);
    }
    bool both = combine(&secrets[0], &loot[0]) && combine(&secrets[1], &loot[1]);
    bool revealed = both && reveal(&secrets[0], &secrets[1]);
    tab_rig_close(&rig);
    return revealed;
}

static const uint32_t sizes[] = {5, 7, 10, 20};

static void equivocation_succeeds_with_2t_minus_n_colluders(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        uint32_t n = sizes[i];
        uint32_t t = sym_tab_rules(n).quorum;
        assert_true(attack(n, 2 * t - n, n - t));
    }
}

/* However the honest ones are split. */
static void equivocation_fails_with_one_less(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        uint32_t n = sizes[i];
        uint32_t m = 2 * sym_tab_rules(n).quorum - n - 1;
        for (uint32_t split = 1; split < n - m; split++) {
            assert_false(attack(n, m, split));
        }
    }
}

/* The victim itself refuses to be left out, however many sign. */
static void a_victim_does_not_help_to_leave_itself_out(void **state)
{
    (void)state;
    struct story s;
    struct tab_bytes told = {0};
    victim = 0;
    open_rig(7, 4, 12); /* six are enough */
    tab_rig_begin(&rig);
    tab_rig_settle(&rig);
    invent(&s, false);
    assert_int_equal(sym_tab_payload_new(&told, TAB_SURVIVORS, sym_tab_bytes_span(&s.said)),
                     SYM_OK);
    assert_int_equal(sym_tab_member_take(rig.members[0], sym_tab_bytes_span(&told), 0),
                     SYM_BAD_VALUE);
    assert_non_null(strstr(sym_tab_member_fault(rig.members[0]), "leaves this node out"));
    sym_tab_bytes_clear(&told);
    forget(&s);
    tab_rig_close(&rig);
}

/* Of the shares that n participants hold of the victim's secrets, once all boxes are open. */
static bool holders_reveal(uint32_t n)
{
    struct loot loot[2] = {0};
    struct sym_share secrets[2];
    for (uint32_t i = 0; i < n; i++) {
        uint32_t place = rig.n - 1 - i;
        const uint8_t *pair = rig.members[place]->pairs.data + victim * TAB_PAIR_BYTES;
        loot_add(&loot[0], place, pair);
        loot_add(&loot[1], place, pair + SYM_SHAMIR_BYTES);
    }
    return combine(&secrets[0], &loot[0]) && combine(&secrets[1], &loot[1]) &&
           reveal(&secrets[0], &secrets[1]);
}

static void one_share_less_than_t_reveals_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        uint32_t t = sym_tab_rules(sizes[i]).quorum;
        for (uint32_t few = 0; few <= 1; few++) {
            victim = 0;
            open_rig(sizes[i], 4, 12);
            rig.minimum = 3;
            tab_rig_begin(&rig);
            tab_rig_settle(&rig);
            assert_int_equal(holders_reveal(t - few), few == 0);
            tab_rig_close(&rig);
        }
    }
}

/* What is held before a release ----------------------------------------------------------------
 */

/* Over the bytes of the vector, with 255 degrees of freedom: mean 255, deviation 22.6. */
static double chi_square(void)
{
    double counts[256] = {0};
    double chi = 0;
    double expected = (double)vector_cells * 8 / 256;
    for (size_t i = 0; i < vector_cells; i++) {
        for (unsigned k = 0; k < 8; k++) {
            counts[(vector[i] >> (8 * k)) & 0xffu] += 1;
        }
    }
    for (size_t i = 0; i < 256; i++) {
        chi += (counts[i] - expected) * (counts[i] - expected) / expected;
    }
    return chi;
}

static void assert_uniform(void)
{
    double chi = chi_square();
    assert_true(chi > 255 - 6 * 22.6 && chi < 255 + 6 * 22.6);
}

/* Runs up to the vectors; a curious participant, the last, takes off what it shares with the
 * victim. */
static void hold(uint64_t each, bool curious)
{
    uint8_t key[SYM_MASK_KEY_BYTES] = {0};
    victim = 1;
    open_rig(3, 100, 300);
    rig.extreme = &each;
    tab_rig_begin(&rig);
    while (rig.members[2]->state < MEMBER_AWAITS_SEND) {
        assert_true(tab_rig_round(&rig));
    }
    memcpy(key, rig.members[2]->keys.data + victim * SYM_MASK_KEY_BYTES, sizeof key);
    assert_memory_equal(key, rig.members[victim]->keys.data + 2 * SYM_MASK_KEY_BYTES, sizeof key);
    tab_rig_settle(&rig);
    assert_int_equal(vector_cells, rig.cells);
    if (curious) {
        struct sym_masker masker = {0};
        enum sym_mask_sign sign = sym_mask_sign_inverse(sym_mask_sign_of(victim, 2));
        assert_int_equal(sym_masker_new(&masker), SYM_OK);
        assert_int_equal(
            sym_mask_cells(vector, vector_cells, 0, &masker, sym_span(key, sizeof key), &sign),
            SYM_OK);
        sym_masker_clear(&masker);
    }
    assert_uniform();
    tab_rig_close(&rig);
}

static void a_masked_vector_is_uniform_whatever_is_in_it(void **state)
{
    (void)state;
    size_t of_nothing[64];
    hold(0, false);
    memcpy(of_nothing, lengths, sizeof lengths);
    size_t n = n_lengths;
    hold((uint64_t)1 << 53, false);
    assert_int_equal(n, n_lengths);
    assert_memory_equal(of_nothing, lengths, n * sizeof *lengths);
    hold(0, true);
    hold((uint64_t)1 << 53, true);
}

/* The same test does see a vector that is not masked. */
static void a_bare_vector_is_not_uniform(void **state)
{
    (void)state;
    vector_cells = 30000;
    memset(vector, 0, vector_cells * 8);
    double chi = chi_square();
    assert_true(chi > 255 + 6 * 22.6);
}

int main(void)
{
    if (sym_crypto_init() != SYM_OK) {
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equivocation_succeeds_with_2t_minus_n_colluders),
        cmocka_unit_test(equivocation_fails_with_one_less),
        cmocka_unit_test(one_share_less_than_t_reveals_nothing),
        cmocka_unit_test(a_victim_does_not_help_to_leave_itself_out),
        cmocka_unit_test(a_masked_vector_is_uniform_whatever_is_in_it),
        cmocka_unit_test(a_bare_vector_is_not_uniform),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
