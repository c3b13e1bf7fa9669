#include "tests/support/tab_rig.h"

#include "crypto/agree.h"
#include "proto/codec.h"
#include "proto/outline.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Without memory -------------------------------------------------------------------------------
 */

static size_t starved;

void *__wrap_malloc(size_t size);
void *__real_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__real_calloc(size_t n, size_t size);

void *__wrap_malloc(size_t size)
{
    return size == starved && starved > 0 ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
    bool fails = size == starved || (size == 1 && n == starved);
    return fails && starved > 0 ? NULL : __real_calloc(n, size);
}

void tab_rig_starve(size_t bytes)
{
    starved = bytes;
}

/* Without noise --------------------------------------------------------------------------------
 */

static bool with_noise;
static bool trusts;
static bool verifies_all;

enum sym_err __wrap_sym_laplace_add(uint64_t *cells, size_t n, uint64_t first,
                                    const struct sym_laplace *t, struct sym_masker *m,
                                    const uint8_t key[SYM_MASK_KEY_BYTES]);
enum sym_err __real_sym_laplace_add(uint64_t *cells, size_t n, uint64_t first,
                                    const struct sym_laplace *t, struct sym_masker *m,
                                    const uint8_t key[SYM_MASK_KEY_BYTES]);

enum sym_err __wrap_sym_laplace_add(uint64_t *cells, size_t n, uint64_t first,
                                    const struct sym_laplace *t, struct sym_masker *m,
                                    const uint8_t key[SYM_MASK_KEY_BYTES])
{
    return with_noise ? __real_sym_laplace_add(cells, n, first, t, m, key) : SYM_OK;
}

static void insist(bool holds)
{
    if (!holds) {
        abort();
    }
}

/* Signatures: all members look at the same ones. What was valid once is not computed again -------
 */

#define KNOWN_MAX 65536u

static uint8_t known[KNOWN_MAX][SYM_HASH_BYTES];
static pthread_mutex_t known_lock = PTHREAD_MUTEX_INITIALIZER;

enum sym_err __wrap_sym_verify(const uint8_t signature[SYM_SIGNATURE_BYTES],
                               const uint8_t public_key[SYM_ED25519_BYTES], const char *domain,
                               struct sym_span message);
enum sym_err __real_sym_verify(const uint8_t signature[SYM_SIGNATURE_BYTES],
                               const uint8_t public_key[SYM_ED25519_BYTES], const char *domain,
                               struct sym_span message);

enum sym_err __wrap_sym_verify(const uint8_t signature[SYM_SIGNATURE_BYTES],
                               const uint8_t public_key[SYM_ED25519_BYTES], const char *domain,
                               struct sym_span message)
{
    const struct sym_span parts[] = {
        sym_span(signature, SYM_SIGNATURE_BYTES),
        sym_span(public_key, SYM_ED25519_BYTES),
        sym_span_text(domain),
        message,
    };
    uint8_t hash[SYM_HASH_BYTES];
    if (trusts) {
        return SYM_OK;
    }
    insist(sym_sha256_parts(hash, parts, 4) == SYM_OK);
    uint8_t *at = known[((size_t)hash[0] << 8 | hash[1]) % KNOWN_MAX];
    (void)pthread_mutex_lock(&known_lock);
    bool is_known = sym_equal(at, hash, sizeof hash);
    (void)pthread_mutex_unlock(&known_lock);
    if (is_known && !verifies_all) {
        return SYM_OK;
    }
    enum sym_err err = __real_sym_verify(signature, public_key, domain, message);
    if (err == SYM_OK) {
        (void)pthread_mutex_lock(&known_lock);
        memcpy(at, hash, sizeof hash);
        (void)pthread_mutex_unlock(&known_lock);
    }
    return err;
}

/* Keys that two agree on: each of them, and who recovers its key, computes the same. With a quick
 * rig it is a hash of both public keys instead; everything that hangs on it stays as it is. */

static bool agrees_quickly;

enum sym_err __wrap_sym_exchange_key_agree(uint8_t shared[SYM_X25519_BYTES],
                                           const struct sym_exchange_key *own,
                                           const uint8_t remote[SYM_X25519_BYTES]);
enum sym_err __real_sym_exchange_key_agree(uint8_t shared[SYM_X25519_BYTES],
                                           const struct sym_exchange_key *own,
                                           const uint8_t remote[SYM_X25519_BYTES]);

enum sym_err __wrap_sym_exchange_key_agree(uint8_t shared[SYM_X25519_BYTES],
                                           const struct sym_exchange_key *own,
                                           const uint8_t remote[SYM_X25519_BYTES])
{
    if (!agrees_quickly) {
        return __real_sym_exchange_key_agree(shared, own, remote);
    }
    bool first = memcmp(own->public_key, remote, SYM_X25519_BYTES) < 0;
    const struct sym_span keys[] = {
        sym_span(first ? own->public_key : remote, SYM_X25519_BYTES),
        sym_span(first ? remote : own->public_key, SYM_X25519_BYTES),
    };
    return sym_sha256_parts(shared, keys, 2);
}

enum sym_err __wrap_sym_agree_many(uint8_t (*shared)[SYM_X25519_BYTES], enum sym_err *verdicts,
                                   const struct sym_exchange_key *own,
                                   const uint8_t *const *remotes, size_t n);
enum sym_err __real_sym_agree_many(uint8_t (*shared)[SYM_X25519_BYTES], enum sym_err *verdicts,
                                   const struct sym_exchange_key *own,
                                   const uint8_t *const *remotes, size_t n);

enum sym_err __wrap_sym_agree_many(uint8_t (*shared)[SYM_X25519_BYTES], enum sym_err *verdicts,
                                   const struct sym_exchange_key *own,
                                   const uint8_t *const *remotes, size_t n)
{
    if (!agrees_quickly) {
        return __real_sym_agree_many(shared, verdicts, own, remotes, n);
    }
    for (size_t i = 0; i < n; i++) {
        verdicts[i] = sym_exchange_key_agree(shared[i], own, remotes[i]);
    }
    return SYM_OK;
}

/* The question ---------------------------------------------------------------------------------
 */

static int by_id(const void *a, const void *b)
{
    const struct sym_sign_key *const *x = a;
    const struct sym_sign_key *const *y = b;
    struct sym_node_id p;
    struct sym_node_id q;
    sym_node_id_of(&p, (*x)->public_key);
    sym_node_id_of(&q, (*y)->public_key);
    return memcmp(p.bytes, q.bytes, sizeof p.bytes);
}

static void make_parties(struct tab_rig *r)
{
    struct sym_sign_key made[SYM_TAB_MEMBERS_MAX] = {0};
    struct sym_sign_key *order[SYM_TAB_MEMBERS_MAX];
    for (uint32_t i = 0; i < r->n; i++) {
        uint8_t seed[SYM_SEED_BYTES] = {(uint8_t)i, (uint8_t)(r->seed >> 8), (uint8_t)r->seed};
        insist(sym_sign_key_from(&made[i], sym_span(seed, sizeof seed)) == SYM_OK);
        order[i] = &made[i];
    }
    qsort(order, r->n, sizeof *order, by_id);
    memset(r->psk, 0x5a, sizeof r->psk);
    for (uint32_t i = 0; i < r->n; i++) {
        struct sym_node_id id;
        r->keys[i] = *order[i];
        sym_node_id_of(&id, r->keys[i].public_key);
        memcpy(r->parties[i].id, id.bytes, sizeof id.bytes);
        memcpy(r->parties[i].identity, r->keys[i].public_key, SYM_ED25519_BYTES);
    }
}

static struct sym_span *codes_of(char (*texts)[8], uint32_t n, bool months)
{
    struct sym_span *spans = calloc(n, sizeof *spans);
    insist(spans != NULL);
    for (uint32_t i = 0; i < n; i++) {
        if (months) {
            (void)snprintf(texts[i], 8, "%04u-%02u", (1900u + i / 12u) % 10000u,
                           (1u + i % 12u) % 13u);
        } else {
            texts[i][0] = (char)('A' + i / 26 % 26);
            texts[i][1] = (char)('A' + i % 26);
            texts[i][2] = '\0';
        }
        spans[i] = sym_span_text(texts[i]);
    }
    return spans;
}

static void make_outline(struct tab_rig *r)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_tab_query query;
    insist(sym_decode(&arena, &query, &sym_msg_tab_query, sym_tab_bytes_span(&r->query)) == SYM_OK);
    insist(sym_tab_outline_write(r->outline, &r->outline_len, &query) == SYM_OK);
}

static void make_query(struct tab_rig *r, uint32_t countries, uint32_t months,
                       uint64_t epsilon_nano)
{
    char(*texts)[8] = calloc(countries + months, sizeof *texts);
    insist(texts != NULL && countries <= 676 && months <= 1500);
    struct sym_span *places = codes_of(texts, countries, false);
    struct sym_span *times = codes_of(texts + countries, months, true);
    const struct sym_tab_dimension dimensions[] = {
        {.dimension = SYM_DIMENSION_COUNTRY, .codes = places, .n_codes = countries},
        {.dimension = SYM_DIMENSION_MONTH, .codes = times, .n_codes = months},
    };
    const struct sym_tab_level level = {.dimensions = sym_span("\x00\x01", 2)};
    const struct sym_tab_query query = {.version = 1,
                                        .shape = SYM_TAB_HOTSPOTS,
                                        .dimensions = dimensions,
                                        .n_dimensions = 2,
                                        .levels = &level,
                                        .n_levels = 1,
                                        .persons_max = 1,
                                        .cells_per_incident = 1,
                                        .epsilon_nano = epsilon_nano};
    insist(sym_tab_encode(&r->query, &sym_msg_tab_query, &query, 12 * (countries + months)) ==
           SYM_OK);
    insist(sym_sha256(r->query_hash, sym_tab_bytes_span(&r->query)) == SYM_OK);
    make_outline(r);
    free(places);
    free(times);
    free(texts);
    r->cells = countries * months;
    r->epsilon_nano = epsilon_nano;
}

void tab_rig_open(struct tab_rig *r, uint32_t n, uint32_t countries, uint32_t months)
{
    tab_rig_open_at(r, n, countries, months, 1000000000u);
}

void tab_rig_open_at(struct tab_rig *r, uint32_t n, uint32_t countries, uint32_t months,
                     uint64_t epsilon_nano)
{
    *r = (struct tab_rig){.n = n, .minimum = n < 5 ? 3 : 5, .now_ms = 1000, .seed = n};
    make_parties(r);
    make_query(r, countries, months, epsilon_nano);
    r->question = (struct sym_tab_question){
        .cohort = r->parties, .n = n, .dataset = sym_span_text("incidents"), .purpose = 3};
    memset(r->question.tabulation, 0x11, sizeof r->question.tabulation);
    memcpy(r->question.initiator, r->parties[0].id, sizeof r->question.initiator);
}

void tab_rig_bound(struct tab_rig *r, uint32_t cells_per_incident)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_tab_query query;
    struct tab_bytes bounded = {0};
    insist(sym_decode(&arena, &query, &sym_msg_tab_query, sym_tab_bytes_span(&r->query)) == SYM_OK);
    query.cells_per_incident = cells_per_incident;
    insist(sym_tab_encode(&bounded, &sym_msg_tab_query, &query, r->query.len) == SYM_OK);
    insist(sym_sha256(r->query_hash, sym_tab_bytes_span(&bounded)) == SYM_OK);
    sym_tab_bytes_clear(&r->query);
    r->query = bounded;
    make_outline(r);
}

void tab_rig_begin(struct tab_rig *r)
{
    struct sym_fault fault = {0};
    struct sym_tab_lead_config lead = {
        .question = r->question, .minimum = r->minimum, .phase_ms = RIG_PHASE_MS};
    lead.question.query = sym_tab_bytes_span(&r->query);
    with_noise = r->noise;
    trusts = r->trusting;
    verifies_all = r->thorough;
    agrees_quickly = r->quick;
    insist(sym_tab_lead_new(&r->lead, &lead, &fault) == SYM_OK);
    for (uint32_t i = 0; i < r->n; i++) {
        struct sym_tab_party parties[SYM_TAB_MEMBERS_MAX];
        memcpy(parties, r->parties, sizeof parties);
        if (i < 2) {
            parties[1 - i].psk = r->psk;
        }
        struct sym_tab_member_config c = {.question = r->question,
                                          .place = i,
                                          .identity = &r->keys[i],
                                          .query_hash = sym_span(r->query_hash, SYM_HASH_BYTES),
                                          .outline = sym_span(r->outline, r->outline_len),
                                          .epsilon_nano = r->epsilon_nano,
                                          .cells = r->cells,
                                          .minimum = r->minimum};
        c.question.cohort = parties;
        insist(sym_tab_member_new(&r->members[i], &c) == SYM_OK);
    }
}

void tab_rig_close(struct tab_rig *r)
{
    if (r->crew != NULL) {
        crew_free(r->crew);
    }
    sym_tab_lead_free(r->lead);
    for (uint32_t i = 0; i < r->n; i++) {
        sym_tab_member_free(r->members[i]);
        sym_sign_key_clear(&r->keys[i]);
    }
    sym_tab_bytes_clear(&r->query);
}

/* Counts ---------------------------------------------------------------------------------------
 */

uint64_t tab_rig_count(const struct tab_rig *r, uint32_t place, uint32_t cell)
{
    uint64_t v = (r->seed + place * 1000003u + cell) * 0x9e3779b97f4a7c15u;
    v ^= v >> 31;
    v *= 0xbf58476d1ce4e5b9u;
    return r->extreme != NULL ? *r->extreme : (v >> 40) % (cell % 3 == 0 ? 3 : 1000);
}

static uint64_t *counts_of(const struct tab_rig *r, uint32_t place)
{
    uint64_t *counts = calloc(r->cells, sizeof *counts);
    insist(counts != NULL);
    for (uint32_t i = 0; i < r->cells; i++) {
        counts[i] = tab_rig_count(r, place, i);
    }
    return counts;
}

bool tab_rig_exact(const struct tab_rig *r)
{
    struct sym_span head;
    struct sym_span packed;
    size_t n = 0;
    uint64_t *cells = calloc(r->cells, sizeof *cells);
    insist(cells != NULL);
    bool same = sym_tab_lead_release(r->lead, &head, &packed, 5) == SYM_OK &&
                sym_cells_read(cells, r->cells, &n, packed) == SYM_OK && n == r->cells;
    for (uint32_t i = 0; same && i < r->cells; i++) {
        uint64_t sum = 0;
        for (uint32_t j = 0; j < r->lead->n_survivors; j++) {
            sum += tab_rig_count(r, r->lead->survivors[j], i);
        }
        same = cells[i] == (sum < r->lead->noise.release.threshold ? 0 : sum);
    }
    free(cells);
    return same;
}

uint32_t tab_rig_keepers(const struct tab_rig *r)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < r->n; i++) {
        n += r->kept[i];
    }
    return n;
}

/* Rounds ---------------------------------------------------------------------------------------
 */

static void leave(struct tab_rig *r, uint32_t place)
{
    r->away[place] = true;
    if (!r->silent) {
        sym_tab_lead_lost(r->lead, place, r->now_ms);
    }
}

static void note(struct tab_rig *r, uint32_t place, enum sym_err err)
{
    if (err != SYM_OK && r->errs[place] == SYM_OK) {
        r->errs[place] = err;
        sym_tab_lead_lost(r->lead, place, r->now_ms);
    }
}

/* As in the daemon for tests whose noise is known. */
static void fix_noise(struct tab_rig *r, uint32_t place)
{
    uint8_t numbers[16];
    uint8_t key[SYM_HASH_BYTES];
    sym_put_u64(numbers, r->noise_seed);
    sym_put_u64(numbers + 8, place);
    insist(sym_sha256(key, sym_span(numbers, sizeof numbers)) == SYM_OK);
    insist(sym_secret_copy(&r->members[place]->noise_key, sym_span(key, sizeof key)) == SYM_OK);
}

static void satisfy(struct tab_rig *r, uint32_t place)
{
    struct sym_tab_member *m = r->members[place];
    switch (sym_tab_member_wants(m)) {
    case SYM_TAB_WANTS_NOTHING:
        break;
    case SYM_TAB_WANTS_CONSENT:
        note(r, place, sym_tab_member_consent(m, RIG_EPOCH + place, RIG_EXPIRES_MS));
        if (r->noise_seed != 0) {
            fix_noise(r, place);
        }
        break;
    case SYM_TAB_WANTS_DEBIT:
        r->debited[place]++;
        note(r, place, sym_tab_member_debited(m, counts_of(r, place), r->now_ms));
        break;
    case SYM_TAB_WANTS_UNMASK:
        r->unmasked[place]++;
        note(r, place, sym_tab_member_unmasked(m));
        break;
    case SYM_TAB_WANTS_KEEP:
        r->kept[place]++;
        note(r, place, sym_tab_member_kept(m));
        break;
    }
}

static bool deliver_up(struct tab_rig *r, uint32_t place)
{
    size_t len = 0;
    struct sym_tab_member *m = r->members[place];
    if (sym_tab_member_step(m, &len) != SYM_TAB_DATA) {
        return false;
    }
    uint8_t *bytes = malloc(len);
    insist(bytes != NULL && sym_tab_member_write(m, bytes, len) == SYM_OK);
    if (r->leaves[place] == (enum tab_type)bytes[0]) {
        leave(r, place);
    } else if (r->tap == NULL || r->tap(r, place, true, &bytes, &len)) {
        r->bytes_to_lead += len;
        enum sym_err err = sym_tab_lead_take(r->lead, place, sym_span(bytes, len), r->now_ms);
        if (err != SYM_OK && r->lead_errs[place] == SYM_OK) {
            r->lead_errs[place] = err;
            leave(r, place);
        }
    }
    free(bytes);
    return true;
}

static bool deliver_down(struct tab_rig *r, uint32_t place)
{
    size_t len = 0;
    enum sym_tab_step step = sym_tab_lead_step(r->lead, place, &len);
    if (step == SYM_TAB_WAIT) {
        return false;
    }
    uint8_t *bytes = malloc(len + 1);
    insist(bytes != NULL && sym_tab_lead_write(r->lead, place, bytes, len) == SYM_OK);
    if (step == SYM_TAB_DATA && !r->away[place] &&
        (r->tap == NULL || r->tap(r, place, false, &bytes, &len))) {
        note(r, place, sym_tab_member_take(r->members[place], sym_span(bytes, len), r->now_ms));
    }
    free(bytes);
    return true;
}

static bool do_works(struct tab_rig *r, void *owner)
{
    bool lead = owner == (void *)r->lead;
    struct sym_work work;
    bool any = false;
    while (lead ? sym_tab_lead_work(r->lead, &work) : sym_tab_member_work(owner, &work)) {
        any = true;
        if (r->crew != NULL) {
            crew_give(r->crew, &work, owner);
            continue;
        }
        enum sym_err err = SYM_OK;
        for (size_t at = work.n; at > 0; at--) {
            enum sym_err piece = work.run(work.context, at - 1, 1);
            err = err == SYM_OK ? piece : err;
        }
        if (lead) {
            r->sum_err = sym_tab_lead_worked(r->lead, work.context, err, r->now_ms);
            continue;
        }
        err = sym_tab_member_worked(owner, work.context, err);
        for (uint32_t i = 0; i < r->n; i++) {
            if (r->members[i] == owner) {
                note(r, i, err);
            }
        }
    }
    return any;
}

static void collect(struct tab_rig *r)
{
    struct sym_work work;
    void *owner = NULL;
    enum sym_err err = SYM_OK;
    while (r->crew != NULL && crew_take(r->crew, true, &work, &owner, &err)) {
        if (owner == (void *)r->lead) {
            r->sum_err = sym_tab_lead_worked(r->lead, work.context, err, r->now_ms);
            continue;
        }
        err = sym_tab_member_worked(owner, work.context, err);
        for (uint32_t i = 0; i < r->n; i++) {
            if (r->members[i] == owner) {
                note(r, i, err);
            }
        }
    }
}

static bool satisfy_lead(struct tab_rig *r)
{
    struct sym_span head;
    struct sym_span cells;
    switch (sym_tab_lead_wants(r->lead)) {
    case SYM_TAB_LEAD_WANTS_NOTHING:
        return false;
    case SYM_TAB_LEAD_WANTS_LOOK:
        insist(sym_tab_lead_looked(r->lead, r->look, r->now_ms) == SYM_OK);
        break;
    case SYM_TAB_LEAD_WANTS_KEEP:
        insist(sym_tab_lead_release(r->lead, &head, &cells, 5) == SYM_OK);
        insist(sym_tab_lead_kept(r->lead) == SYM_OK);
        break;
    }
    return true;
}

bool tab_rig_round(struct tab_rig *r)
{
    bool any = satisfy_lead(r);
    for (uint32_t i = 0; i < r->n; i++) {
        while (deliver_down(r, i)) {
            any = true;
        }
    }
    for (uint32_t i = 0; i < r->n; i++) {
        if (!r->away[i] && r->errs[i] == SYM_OK) {
            satisfy(r, i);
            any = do_works(r, r->members[i]) || any;
        }
        if (r->crew != NULL && i % 8 == 7) {
            collect(r);
        }
    }
    any = do_works(r, r->lead) || any;
    collect(r);
    for (uint32_t i = 0; i < r->n; i++) {
        while (!r->away[i] && r->errs[i] == SYM_OK && deliver_up(r, i)) {
            any = true;
        }
    }
    return any;
}

void tab_rig_settle(struct tab_rig *r)
{
    while (tab_rig_round(r)) {
        continue;
    }
}

void tab_rig_run(struct tab_rig *r)
{
    for (unsigned waited = 0; waited < 12; waited++) {
        tab_rig_settle(r);
        enum sym_tab_phase phase = sym_tab_lead_phase(r->lead);
        if (phase == SYM_TAB_DONE || phase == SYM_TAB_FAILED) {
            return;
        }
        sym_tab_lead_tick(r->lead, r->now_ms);
        r->now_ms += RIG_PHASE_MS;
        sym_tab_lead_tick(r->lead, r->now_ms);
    }
}
