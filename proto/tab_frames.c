#include "proto/tab_frames.h"

#include "crypto/sharebox.h"
#include "proto/codec.h"

#include <stdlib.h>
#include <string.h>

_Static_assert(TAB_PAIR_BYTES + SYM_SHAREBOX_OVERHEAD_BYTES == SYM_TAB_BOX_BYTES,
               "a box holds one pair of shares");
_Static_assert(1 + 8 * SYM_TAB_TILE_CELLS <= SYM_DATA_BYTES_MAX, "a tile fits into a frame");
_Static_assert(1 + SYM_TAB_QUERY_BYTES_MAX <= SYM_DATA_BYTES_MAX, "a query fits into a frame");
_Static_assert(1 + SYM_CELLS_PAGE_BYTES <= SYM_DATA_BYTES_MAX, "a page fits into a frame");

/* Bytes ----------------------------------------------------------------------------------------
 */

enum sym_err sym_tab_bytes_new(struct tab_bytes *b, size_t len)
{
    b->data = calloc(len > 0 ? len : 1, 1);
    b->len = b->data == NULL ? 0 : len;
    return b->data == NULL ? SYM_NO_MEMORY : SYM_OK;
}

enum sym_err sym_tab_bytes_copy(struct tab_bytes *b, struct sym_span from)
{
    enum sym_err err = sym_tab_bytes_new(b, from.len);
    if (err == SYM_OK && from.len > 0) {
        memcpy(b->data, from.data, from.len);
    }
    return err;
}

void sym_tab_bytes_clear(struct tab_bytes *b)
{
    sym_wipe_free(b->data, b->len);
    *b = (struct tab_bytes){0};
}

struct sym_span sym_tab_bytes_span(const struct tab_bytes *b)
{
    return sym_span(b->data, b->len);
}

/* Payloads -------------------------------------------------------------------------------------
 */

enum sym_err sym_tab_payload_read(enum tab_type *type, struct sym_span *content,
                                  struct sym_span payload)
{
    struct sym_reader r = sym_reader(payload);
    uint8_t byte = sym_read_u8(&r);
    if (byte == TAB_NO_TYPE || byte >= TAB_TYPE_COUNT) {
        return SYM_BAD_FORMAT;
    }
    *type = (enum tab_type)byte;
    *content = sym_read_span(&r, r.left);
    return SYM_OK;
}

enum sym_err sym_tab_payload_new(struct tab_bytes *out, enum tab_type type, struct sym_span content)
{
    enum sym_err err = sym_tab_bytes_new(out, 1 + content.len);
    if (err == SYM_OK) {
        out->data[0] = (uint8_t)type;
        if (content.len > 0) {
            memcpy(out->data + 1, content.data, content.len);
        }
    }
    return err;
}

enum sym_err sym_tab_signed_read(struct tab_signed *out, struct sym_span content)
{
    struct sym_reader r = sym_reader(content);
    out->signature = sym_read_span(&r, SYM_SIGNATURE_BYTES).data;
    out->message = sym_read_span(&r, r.left);
    return r.err == SYM_OK ? SYM_OK : SYM_BAD_FORMAT;
}

enum sym_err sym_tab_encode(struct tab_bytes *out, const struct sym_message *kind,
                            const void *value, size_t variable)
{
    enum sym_err err = sym_tab_bytes_new(out, TAB_MESSAGE_BYTES + variable);
    if (err == SYM_OK) {
        err = sym_encode(out->data, out->len, &out->len, kind, value);
    }
    if (err != SYM_OK) {
        sym_tab_bytes_clear(out);
    }
    return err;
}

enum sym_err sym_tab_signed_new(struct tab_bytes *out, enum tab_type type,
                                const struct sym_sign_key *key, const struct sym_message *kind,
                                const void *value, size_t variable)
{
    struct tab_bytes message = {0};
    enum sym_err err = sym_tab_encode(&message, kind, value, variable);
    if (err == SYM_OK) {
        err = sym_tab_bytes_new(out, 1 + SYM_SIGNATURE_BYTES + message.len);
    }
    if (err == SYM_OK) {
        out->data[0] = (uint8_t)type;
        memcpy(out->data + 1 + SYM_SIGNATURE_BYTES, message.data, message.len);
        err = sym_sign(out->data + 1, key, SYM_DOMAIN_TABULATE, sym_tab_bytes_span(&message));
    }
    if (err != SYM_OK) {
        sym_tab_bytes_clear(out);
    }
    sym_tab_bytes_clear(&message);
    return err;
}

enum sym_err sym_tab_signed_open(struct sym_arena *arena, void *value,
                                 const struct sym_message *kind, struct sym_span content,
                                 const uint8_t identity[SYM_ED25519_BYTES])
{
    struct tab_signed s;
    enum sym_err err = sym_tab_signed_read(&s, content);
    if (err == SYM_OK) {
        err = sym_verify(s.signature, identity, SYM_DOMAIN_TABULATE, s.message);
    }
    return err == SYM_OK ? sym_decode(arena, value, kind, s.message) : err;
}

/* Consents -------------------------------------------------------------------------------------
 */

struct sym_span sym_tab_consents_next(struct sym_reader *r)
{
    size_t len = sym_read_u16(r);
    return sym_read_span(r, len);
}

static enum sym_err consent_of(struct tab_consent *out, const struct sym_tab_consent *c,
                               const uint8_t qid[SYM_HASH_BYTES], uint32_t place)
{
    if (c->member != place || !sym_span_equal(c->qid, sym_span(qid, SYM_HASH_BYTES))) {
        return SYM_BAD_VALUE;
    }
    *out = (struct tab_consent){.place = place, .epoch = c->epoch, .expires_ms = c->expires_ms};
    memcpy(out->channel_key, c->channel_key.data, SYM_X25519_BYTES);
    memcpy(out->mask_key, c->mask_key.data, SYM_X25519_BYTES);
    memcpy(out->seed_hash, c->seed_hash.data, SYM_HASH_BYTES);
    return SYM_OK;
}

enum sym_err sym_tab_consent_open(struct tab_consent *out, struct sym_span content,
                                  const uint8_t identity[SYM_ED25519_BYTES],
                                  const uint8_t qid[SYM_HASH_BYTES], uint32_t place)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_tab_consent c;
    enum sym_err err = sym_tab_signed_open(&arena, &c, &sym_msg_tab_consent, content, identity);
    return err == SYM_OK ? consent_of(out, &c, qid, place) : err;
}

static bool same(const uint8_t *a, const uint8_t *b)
{
    return sym_span_equal(sym_span(a, SYM_HASH_BYTES), sym_span(b, SYM_HASH_BYTES));
}

bool sym_tab_consents_clash(const struct tab_consent *a, const struct tab_consent *b)
{
    if (a == b) {
        return same(a->channel_key, a->mask_key);
    }
    return same(a->channel_key, b->channel_key) || same(a->mask_key, b->mask_key) ||
           same(a->channel_key, b->mask_key) || same(a->mask_key, b->channel_key) ||
           same(a->seed_hash, b->seed_hash);
}

/* Cells ----------------------------------------------------------------------------------------
 */

static uint64_t little_endian(uint64_t v)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    return __builtin_bswap64(v);
#else
    return v;
#endif
}

void sym_tab_cells_pack(uint8_t *out, const uint64_t *cells, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t v = little_endian(cells[i]);
        memcpy(out + 8 * i, &v, sizeof v);
    }
}

void sym_tab_cells_add(uint64_t *sum, const uint8_t *packed, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t v;
        memcpy(&v, packed + 8 * i, sizeof v);
        sum[i] += little_endian(v);
    }
}

enum sym_err sym_tab_noise_of(struct tab_noise *out, const struct sym_laplace_params *p,
                              uint32_t present, uint32_t cells)
{
    enum sym_err err = sym_laplace_release(&out->release, p, present, cells);
    if (err == SYM_OK) {
        out->params = *p;
        out->ghosts_per_million = sym_laplace_ghosts_per_million(&out->release);
    }
    return err;
}

/* Questions ------------------------------------------------------------------------------------
 */

static enum sym_err copy_psks(struct sym_tab_party *parties, struct sym_secret *psks, uint32_t n)
{
    enum sym_err err = psks != NULL ? sym_secret_new(psks, (size_t)n * SYM_PSK_BYTES) : SYM_OK;
    for (uint32_t i = 0; err == SYM_OK && i < n; i++) {
        uint8_t *at = psks != NULL ? psks->data + (size_t)i * SYM_PSK_BYTES : NULL;
        if (parties[i].psk != NULL && at != NULL) {
            memcpy(at, parties[i].psk, SYM_PSK_BYTES);
            parties[i].psk = at;
        } else {
            parties[i].psk = NULL;
        }
    }
    return err;
}

enum sym_err sym_tab_question_copy(struct sym_tab_question *out, struct sym_secret *psks,
                                   const struct sym_tab_question *from)
{
    if (from->n < SYM_TAB_MEMBERS_MIN || from->n > SYM_TAB_MEMBERS_MAX || from->cohort == NULL ||
        from->dataset.len == 0 || from->dataset.len > SYM_DATASET_BYTES_MAX) {
        return SYM_BAD_VALUE;
    }
    struct sym_tab_party *parties = malloc(from->n * sizeof *parties);
    struct tab_bytes query = {0};
    struct tab_bytes dataset = {0};
    struct tab_bytes ids = {0};
    enum sym_err err = parties == NULL ? SYM_NO_MEMORY : sym_tab_cohort_new(&ids, from);
    if (err == SYM_OK) {
        err = sym_tab_cohort_check(sym_tab_bytes_span(&ids));
    }
    if (err == SYM_OK) {
        memcpy(parties, from->cohort, from->n * sizeof *parties);
        err = copy_psks(parties, psks, from->n);
    }
    if (err == SYM_OK && from->query.len > 0) {
        err = sym_tab_bytes_copy(&query, from->query);
    }
    if (err == SYM_OK) {
        err = sym_tab_bytes_copy(&dataset, from->dataset);
    }
    sym_tab_bytes_clear(&ids);
    if (err != SYM_OK) {
        sym_tab_bytes_clear(&query);
        free(parties);
        return err;
    }
    *out = *from;
    out->cohort = parties;
    out->query = sym_tab_bytes_span(&query);
    out->dataset = sym_tab_bytes_span(&dataset);
    return SYM_OK;
}

void sym_tab_question_clear(struct sym_tab_question *q)
{
    free((void *)(uintptr_t)q->cohort);
    free((void *)(uintptr_t)q->query.data);
    free((void *)(uintptr_t)q->dataset.data);
    *q = (struct sym_tab_question){0};
}

enum sym_err sym_tab_cohort_new(struct tab_bytes *out, const struct sym_tab_question *q)
{
    enum sym_err err = sym_tab_bytes_new(out, (size_t)q->n * SYM_HASH_BYTES);
    for (uint32_t i = 0; err == SYM_OK && i < q->n; i++) {
        memcpy(out->data + (size_t)i * SYM_HASH_BYTES, q->cohort[i].id, SYM_HASH_BYTES);
    }
    return err;
}

/* Works ----------------------------------------------------------------------------------------
 */

struct tab_job *sym_tab_job(struct tab_jobs *jobs)
{
    for (size_t i = 0; i < SYM_WORKS_OUT_MAX; i++) {
        if (!jobs->jobs[i].out) {
            return &jobs->jobs[i];
        }
    }
    return NULL;
}

static enum sym_err run_piece(void *context, size_t first, size_t n)
{
    const struct tab_job *job = context;
    return job->piece(job, first, n);
}

void sym_tab_job_give(struct tab_jobs *jobs, struct tab_job *job, struct sym_work *out)
{
    job->out = true;
    jobs->out++;
    *out = (struct sym_work){.run = run_piece, .context = job, .n = job->n, .grain = job->grain};
}
