#include "node/evidence/log.h"

#include "crypto/secret.h"
#include "crypto/text.h"
#include "node/evidence/log_state.h"
#include "node/loop.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GENERATION_STEPS 1024u /* where the clock does not tell */

/* Opening -------------------------------------------------------------------------------------
 */

static enum sym_err seal(struct sym_transaction *t, void *owner);
static void done(void *owner, bool committed);

struct opening {
    struct sym_log *log;
    struct sym_fault *fault;
};

static void begin_empty(struct sym_log *l, struct sym_log_side *s, uint32_t generation)
{
    memset(s, 0, sizeof *s);
    s->head.generation = generation;
    sym_log_origin(s->head.origin, &l->self, generation);
}

static enum sym_err load(struct sym_transaction *t, void *context)
{
    const struct opening *o = context;
    struct sym_log *l = o->log;
    enum sym_err err = sym_log_load_newest(l, t, &l->durable, o->fault);
    if (err == SYM_NOT_FOUND) {
        begin_empty(l, &l->durable, 1);
        err = sym_merkle_edge_root(l->durable.head.root, &l->durable.edge.tree);
    }
    if (err == SYM_OK) {
        sym_log_copy_side(&l->pending, &l->durable);
    }
    return err;
}

static enum sym_err make_room(struct sym_log *l)
{
    struct sym_log_run *const leaves[] = {&l->leaves, &l->new_leaves};
    struct sym_log_run *const bodies[] = {&l->bodies, &l->new_bodies};
    enum sym_err err = sym_secret_new(&l->salts, (size_t)SYM_LOG_SALTS * SYM_HASH_BYTES);
    err = err == SYM_OK ? sym_secret_new(&l->write.secret, SYM_SEAL_KEY_BYTES) : err;
    err = err == SYM_OK ? sym_secret_new(&l->read.secret, SYM_SEAL_KEY_BYTES) : err;
    for (size_t i = 0; err == SYM_OK && i < 2; i++) {
        err = sym_log_rows_open(leaves[i], SYM_LOG_LEAVES, SYM_LEAF_BYTES_MAX);
        err = err == SYM_OK ? sym_log_rows_open(bodies[i], SYM_LOG_BODIES, SYM_LOG_BODY_ROOM) : err;
    }
    return err;
}

static void free_room(struct sym_log *l)
{
    sym_log_rows_close(&l->leaves);
    sym_log_rows_close(&l->new_leaves);
    sym_log_rows_close(&l->bodies);
    sym_log_rows_close(&l->new_bodies);
    sym_secret_clear(&l->salts);
    sym_secret_clear(&l->write.secret);
    sym_secret_clear(&l->read.secret);
}

static enum sym_err make(struct sym_log **out, const struct sym_log_config *c)
{
    struct sym_log *l = calloc(1, sizeof *l);
    if (l == NULL) {
        return SYM_NO_MEMORY;
    }
    enum sym_err err = make_room(l);
    if (err != SYM_OK) {
        free_room(l);
        free(l);
        return err;
    }
    l->store = c->store;
    l->self = c->self;
    l->key = c->key;
    sym_sha256_many_init(&l->many);
    memcpy(l->cosign, c->cosign_key->public_key, sizeof l->cosign);
    l->watch = (struct sym_store_watch){.seal = seal, .done = done, .owner = l};
    sym_store_watch(l->store, &l->watch);
    *out = l;
    return SYM_OK;
}

enum sym_err sym_log_open(struct sym_log **out, const struct sym_log_config *config,
                          struct sym_fault *fault)
{
    struct sym_log *l = NULL;
    enum sym_err err = make(&l, config);
    if (err != SYM_OK) {
        return sym_fail(fault, err, "evidence log: no memory");
    }
    err = sym_vault_open(&l->vault, SYM_VAULT_EVIDENCE, config->store, config->dir, config->master,
                         fault);
    if (err == SYM_OK) {
        struct opening o = {.log = l, .fault = fault};
        err = sym_log_look(l, load, &o);
    }
    if (err == SYM_OK && l->durable.erasing) {
        err = sym_log_finish_erasing(l, fault);
    }
    if (err != SYM_OK) {
        sym_log_close(l);
        return err;
    }
    *out = l;
    return SYM_OK;
}

void sym_log_close(struct sym_log *l)
{
    if (l != NULL) {
        sym_store_unwatch(l->store, &l->watch);
        sym_vault_close(l->vault);
        free_room(l);
        free(l->past);
        free(l);
    }
}

/* With each transaction -----------------------------------------------------------------------
 */

static enum sym_err sign_head(const struct sym_log *l, struct sym_log_side *s)
{
    struct sym_head *h = &s->head;
    struct sym_checkpoint c = {.origin = sym_span_text(h->origin), .size = h->size};
    memcpy(c.root, h->root, sizeof c.root);
    enum sym_err err =
        sym_checkpoint_sign(h->checkpoint, sizeof h->checkpoint, &h->checkpoint_len, &c, l->key);
    if (err == SYM_OK) {
        h->signed_size = h->size;
        memcpy(s->signer, l->key->public_key, sizeof s->signer);
        memcpy(s->signed_origin, h->origin, sizeof h->origin);
    }
    return err;
}

bool sym_log_is_signer(const struct sym_log *l, const struct sym_log_side *s)
{
    return memcmp(s->signer, l->key->public_key, sizeof s->signer) == 0 &&
           strcmp(s->signed_origin, s->head.origin) == 0;
}

enum sym_err sym_log_begin(struct sym_log *l, struct sym_transaction *t)
{
    if (l->changed || !l->in_doubt) {
        l->changed = true;
        return SYM_OK;
    }
    bool frozen = l->frozen;
    struct opening o = {.log = l};
    char why[sizeof l->why];
    memcpy(why, l->why, sizeof why);
    enum sym_err err = load(t, &o);
    if (frozen) {
        l->frozen = true;
        memcpy(l->why, why, sizeof why);
    }
    l->in_doubt = err != SYM_OK;
    l->changed = err == SYM_OK;
    return err;
}

/* The last word of every write transaction: one head for all that was appended in it, which is
 * signed when somebody asks for it. */
static enum sym_err seal(struct sym_transaction *t, void *owner)
{
    struct sym_log *l = owner;
    if (!l->changed && !l->freeze_due) {
        return SYM_OK;
    }
    enum sym_err err = sym_log_begin(l, t);
    if (err == SYM_OK) {
        err = sym_log_put_rest(l, t);
    }
    if (err == SYM_OK) {
        err = sym_merkle_edge_root(l->pending.head.root, &l->pending.edge.tree);
    }
    /* The first head under another key, so that there is one that others can check. */
    if (err == SYM_OK && !l->frozen && l->pending.head.size > 0 &&
        !sym_log_is_signer(l, &l->pending)) {
        err = sign_head(l, &l->pending);
    }
    l->in_doubt = true; /* until it is known what became of the commit */
    return err == SYM_OK ? sym_log_keep_state(l, t) : err;
}

static void done(void *owner, bool committed)
{
    struct sym_log *l = owner;
    sym_log_forget_rows(l);
    sym_log_rows_forget(&l->new_leaves);
    sym_log_rows_forget(&l->new_bodies);
    l->unhashed = 0;
    if (!committed) {
        sym_log_forget_secrets(l);
    }
    if (!l->changed) {
        return;
    }
    l->changed = false;
    if (committed) {
        l->in_doubt = false;
        l->freeze_due = false;
        sym_log_copy_side(&l->durable, &l->pending);
    } else {
        sym_log_copy_side(&l->pending, &l->durable);
    }
}

/* Changing ------------------------------------------------------------------------------------
 */

enum sym_err sym_log_end_erasing(struct sym_log *l, struct sym_transaction *t)
{
    enum sym_err err = sym_log_begin(l, t);
    l->pending.erasing = false;
    return err;
}

struct addition {
    struct sym_log *log;
    const struct sym_entry *entry;
};

static enum sym_err add(struct sym_transaction *t, void *context)
{
    const struct addition *a = context;
    return sym_log_append(a->log, t, a->entry, NULL);
}

enum sym_err sym_log_add(struct sym_log *l, const struct sym_entry *entry)
{
    struct addition a = {.log = l, .entry = entry};
    return sym_store_write(l->store, add, &a);
}

struct sym_span sym_log_words(char *out, size_t size, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(out, size, format, args);
    va_end(args);
    size_t len = n < 0 ? 0 : (size_t)n < size ? (size_t)n : size - 1;
    struct sym_span rest = sym_span(out, len);
    while (rest.len > 0) {
        size_t at = len - rest.len;
        uint32_t c = 0;
        bool ok = sym_text_next(&c, &rest);
        if (!ok) {
            rest = sym_span(out + at + 1, len - at - 1);
        }
        if (!ok || c < 0x20 || (c >= 0x7f && c < 0xa0)) {
            memset(out + at, '?', len - at - rest.len);
        }
    }
    return sym_span(out, len);
}

struct change {
    const struct sym_author *author;
    const struct sym_entry *entry;
    sym_store_fn *fn;
    void *context;
};

static enum sym_err put_change(struct sym_transaction *t, void *context)
{
    const struct change *c = context;
    enum sym_err err = c->fn(t, c->context);
    return err == SYM_OK ? sym_log_append(c->author->log, t, c->entry, NULL) : err;
}

enum sym_err sym_log_change(const struct sym_author *author, struct sym_store *store,
                            enum sym_entry_kind kind, const char *event, struct sym_span subject,
                            sym_store_fn *fn, void *context)
{
    if (author == NULL) {
        return sym_store_write(store, fn, context);
    }
    char words[SYM_SETTING_BYTES_MAX + 1];
    const struct sym_entry_body body = {
        .event = sym_span_text(event),
        .subject = sym_log_words(words, sizeof words, "%.*s", (int)subject.len,
                                 subject.len > 0 ? (const char *)subject.data : "")};
    const struct sym_entry entry = {.kind = kind, .author = author, .body = &body};
    struct change c = {.author = author, .entry = &entry, .fn = fn, .context = context};
    return sym_store_write(store, put_change, &c);
}

/* Heads ---------------------------------------------------------------------------------------
 */

/* Where signing fails the head stays signed for fewer entries, as that of a frozen log. */
const struct sym_head *sym_log_head(struct sym_log *l)
{
    struct sym_log_side *s = &l->durable;
    bool due = !l->frozen && s->head.size > s->head.signed_size;
    if (due && sign_head(l, s) == SYM_OK && l->pending.head.generation == s->head.generation) {
        sym_log_copy_signature(&l->pending, s);
    }
    return &s->head;
}

uint64_t sym_log_time_ms(const struct sym_log *l)
{
    return l->durable.time_ms;
}

void sym_log_keys(const struct sym_log *l, uint8_t log[SYM_ED25519_BYTES],
                  uint8_t cosign[SYM_ED25519_BYTES])
{
    memcpy(log, l->key->public_key, SYM_ED25519_BYTES);
    memcpy(cosign, l->cosign, SYM_ED25519_BYTES);
}

struct head_job {
    struct sym_log *log;
    struct sym_head *out;
    uint32_t generation;
};

static enum sym_err copy_head(struct sym_transaction *t, void *context)
{
    const struct head_job *job = context;
    struct sym_log_side *side = NULL;
    enum sym_err err = sym_log_side_of(job->log, t, &side, job->generation);
    if (err == SYM_OK) {
        *job->out = side->head;
    }
    return err;
}

enum sym_err sym_log_head_of(struct sym_log *l, struct sym_head *out, uint32_t generation)
{
    struct head_job job = {.log = l, .out = out, .generation = generation};
    (void)sym_log_head(l);
    return sym_log_look(l, copy_head, &job);
}

static enum sym_err next_past(struct sym_transaction *t, void *context)
{
    struct head_job *job = context;
    return sym_log_next_past(t, &job->generation, job->generation);
}

enum sym_err sym_log_generation_after(struct sym_log *l, uint32_t *out, uint32_t after)
{
    struct head_job job = {.log = l, .generation = after};
    uint32_t present = l->durable.head.generation;
    if (after >= present) {
        return SYM_NOT_FOUND;
    }
    enum sym_err err = sym_store_read(l->store, next_past, &job);
    if (err == SYM_OK || err == SYM_NOT_FOUND) {
        *out = err == SYM_OK ? job.generation : present;
        return SYM_OK;
    }
    return err;
}

static enum sym_err nothing(struct sym_transaction *t, void *context)
{
    (void)t;
    (void)context;
    return SYM_OK;
}

/* Within a transaction it becomes durable with that one. */
enum sym_err sym_log_freeze(struct sym_log *l, const char *why)
{
    if (!l->frozen) {
        l->frozen = true;
        l->freeze_due = true;
        (void)sym_log_words(l->why, sizeof l->why, "%s", why);
    }
    enum sym_err err = l->freeze_due ? sym_store_write(l->store, nothing, NULL) : SYM_OK;
    return err == SYM_WRONG_STATE ? SYM_OK : err;
}

bool sym_log_is_frozen(const struct sym_log *l, const char **why)
{
    if (why != NULL) {
        *why = l->why;
    }
    return l->frozen;
}

struct beginning {
    struct sym_log *log;
    const struct sym_entry *first;
    const struct sym_entry *asked; /* NULL: nobody has */
    uint32_t used;
};

/* The clock, as a store that is put back forgets the generations that were used since; where that
 * is behind, a random step, as the store may be put back again. */
static enum sym_err next_generation(uint32_t *out, const struct beginning *b)
{
    uint64_t now_s = sym_wall_ms() / 1000;
    uint32_t step = 0;
    uint32_t before = b->log->durable.head.generation;
    uint32_t most = before > b->used ? before : b->used;
    if (most == UINT32_MAX) {
        return SYM_LIMIT;
    }
    uint32_t room = UINT32_MAX - most;
    sym_random((uint8_t *)&step, sizeof step);
    step %= room < GENERATION_STEPS ? room : GENERATION_STEPS;
    *out = now_s > most && now_s <= UINT32_MAX ? (uint32_t)now_s : most + 1 + step;
    return SYM_OK;
}

static enum sym_err start_again(struct sym_transaction *t, void *context)
{
    const struct beginning *b = context;
    struct sym_log *l = b->log;
    uint32_t generation = 0;
    enum sym_err err = sym_log_begin(l, t); /* may find in the store that it is frozen */
    l->frozen = false;
    l->freeze_due = false;
    l->why[0] = '\0';
    if (err == SYM_OK) {
        err = next_generation(&generation, b);
    }
    if (err == SYM_OK) {
        uint64_t time_ms = l->durable.time_ms;
        uint64_t erased_ms = l->durable.erased_ms;
        bool erasing = l->durable.erasing;
        begin_empty(l, &l->pending, generation);
        l->pending.time_ms = time_ms;
        l->pending.erased_ms = erased_ms;
        l->pending.erasing = erasing;
        err = sym_log_keep_past(l, t);
    }
    if (err == SYM_OK) {
        err = sym_log_append(l, t, b->first, NULL);
    }
    return err == SYM_OK && b->asked != NULL ? sym_log_append(l, t, b->asked, NULL) : err;
}

enum sym_err sym_log_begin_again(struct sym_log *l, const struct sym_entry *first,
                                 const struct sym_entry *asked, uint32_t used,
                                 struct sym_fault *fault)
{
    bool frozen = l->frozen;
    bool due = l->freeze_due;
    struct beginning b = {.log = l, .first = first, .asked = asked, .used = used};
    char why[sizeof l->why];
    memcpy(why, l->why, sizeof why);
    (void)sym_log_head(l); /* the last one of its generation */
    enum sym_err err = sym_store_write(l->store, start_again, &b);
    if (err == SYM_OK) {
        return SYM_OK;
    }
    l->frozen = frozen;
    l->freeze_due = due;
    memcpy(l->why, why, sizeof why);
    return sym_fail(fault, err, "evidence log: a new one could not be begun: it %s",
                    sym_err_text(err));
}
