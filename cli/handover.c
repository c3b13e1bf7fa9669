#include "cli/handover.h"

#include "cli/pause.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LOOK_UP_EVERY_MS 50u  /* whether somebody pressed Ctrl-C */
#define BUSY_EVERY_MS    200u /* whether the dataset is free */
#define ALIVE_EVERY_MS   500u
_Static_assert(3 * ALIVE_EVERY_MS < SYM_IMPORT_TAKEOVER_MS, "one that lives is not taken over");

const struct sym_patience sym_handover_patience = {
    .tries = 5, .pause_ms = 500, .busy_ms = SYM_IMPORT_TAKEOVER_MS + 3000};

/* Columns of one chunk. */
struct chunk {
    size_t n_records, ids_len, n_tokens, rows_len;
    bool incidents; /* rows in place of tokens */
    uint8_t id_lengths[SYM_CHUNK_RECORDS_MAX];
    uint8_t token_counts[SYM_CHUNK_RECORDS_MAX];
    uint8_t types[SYM_CHUNK_TOKENS_MAX];
    uint8_t digests[SYM_CHUNK_TOKENS_MAX][SYM_DIGEST_BYTES];
    uint8_t ids[SYM_CHUNK_BYTES_MAX];
    uint8_t row_lengths[SYM_CHUNK_RECORDS_MAX][2];
    uint8_t rows[SYM_CHUNK_BYTES_MAX];
};

/* Two chunks: one is filled while the other is sent. */
struct sym_handover {
    struct sym_client *client;
    struct sym_handover_terms terms;
    uint8_t id[SYM_IMPORT_ID_BYTES];
    struct chunk chunks[2];
    struct chunk *filling; /* of the caller */
    struct chunk *sending; /* of the thread, while full */
    uint64_t n_sent;
    bool kept;
    pthread_t thread;
    bool threaded;
    pthread_mutex_t mutex; /* for what follows */
    pthread_cond_t changed;
    bool begun;             /* the node knows of it */
    bool full;              /* sending waits, or is on its way */
    bool closed;            /* no more comes */
    bool stop;              /* at once */
    struct sym_fault fault; /* of the thread */
};

static void deadline(struct timespec *out, unsigned milliseconds)
{
    (void)clock_gettime(CLOCK_MONOTONIC, out);
    out->tv_nsec += (long)(milliseconds % 1000u) * 1000000;
    out->tv_sec += (time_t)(milliseconds / 1000u) + out->tv_nsec / 1000000000;
    out->tv_nsec %= 1000000000;
}

/* False when nothing changed within the time; with the mutex. */
static bool wait_change(struct sym_handover *h, unsigned milliseconds)
{
    struct timespec until;
    deadline(&until, milliseconds);
    return pthread_cond_timedwait(&h->changed, &h->mutex, &until) != ETIMEDOUT;
}

/* Sleeps before another try; false when there is to be none. */
static bool may_try_again(struct sym_handover *h)
{
    struct timespec until;
    deadline(&until, h->terms.patience.pause_ms);
    (void)pthread_mutex_lock(&h->mutex);
    while (!h->stop && pthread_cond_timedwait(&h->changed, &h->mutex, &until) != ETIMEDOUT) {
    }
    bool again = !h->stop;
    (void)pthread_mutex_unlock(&h->mutex);
    return again;
}

/* Asks until there is an answer: a control connection that was lost is no reason to give up. */
static enum sym_err ask(struct sym_handover *h, enum sym_verb verb, const void *arguments,
                        struct sym_arena *arena, void *answer, struct sym_fault *fault)
{
    enum sym_err err = SYM_OK;
    for (unsigned i = 0; i < h->terms.patience.tries; i++) {
        err = i > 0 ? sym_client_connect(h->client, fault) : SYM_OK;
        if (err == SYM_OK) {
            err = sym_client_ask(h->client, verb, arguments, arena, answer, fault);
        }
        if (err != SYM_CLOSED || i + 1 == h->terms.patience.tries || !may_try_again(h)) {
            break;
        }
    }
    return err;
}

/* The node knows an import until it ends, or until the node itself does. What: whether it was kept.
 */
static enum sym_err explain_loss(const struct sym_handover *h, enum sym_err err, const char *what,
                                 struct sym_fault *fault)
{
    if (err != SYM_NOT_FOUND) {
        return err;
    }
    return sym_fail(fault, err,
                    "%s: the node no longer knows this import: it was started again meanwhile; %s",
                    h->terms.dataset, what);
}

/* An end that had no answer: it may have arrived. */
static enum sym_err explain_end(const struct sym_handover *h, enum sym_err err,
                                struct sym_fault *fault)
{
    struct sym_fault why = *fault;
    if (err != SYM_CLOSED && err != SYM_UNREACHABLE) {
        return explain_loss(h, err, "look with \"symbolon dataset show\" whether it was kept",
                            fault);
    }
    return sym_fail(fault, err,
                    "%.180s; before you import the file again, look with \"symbolon dataset show\" "
                    "whether it was kept",
                    why.text);
}

static enum sym_err send_chunk(struct sym_handover *h, const struct chunk *c,
                               struct sym_fault *fault)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_import_next next;
    const struct sym_import_chunk message = {
        .id = sym_span(h->id, sizeof h->id),
        .number = h->n_sent,
        .id_lengths = sym_span(c->id_lengths, c->n_records),
        .ids = sym_span(c->ids, c->ids_len),
        .token_counts = sym_span(c->token_counts, c->n_records),
        .types = sym_span(c->types, c->n_tokens),
        .digests = sym_span(c->digests, c->n_tokens * SYM_DIGEST_BYTES),
        .row_lengths = sym_span(c->row_lengths, c->incidents ? 2 * c->n_records : 0),
        .rows = sym_span(c->rows, c->rows_len)};
    enum sym_err err = ask(h, SYM_VERB_IMPORT_CHUNK, &message, &arena, &next, fault);
    if (err != SYM_OK) {
        return explain_loss(h, err, "nothing of it was kept: import the file again", fault);
    }
    if (next.chunk != h->n_sent + 1) {
        return sym_fail(fault, SYM_BAD_FORMAT,
                        "%s: the node lost count of this import; import the file again",
                        h->terms.dataset);
    }
    h->n_sent++;
    return SYM_OK;
}

static enum sym_err ask_for(struct sym_handover *h, struct sym_arena *arena,
                            struct sym_import_next *next, uint32_t prints_from, bool goes_on,
                            struct sym_fault *fault)
{
    const struct sym_import_begin begin = {.id = sym_span(h->id, sizeof h->id),
                                           .dataset = sym_span_text(h->terms.dataset),
                                           .profile = sym_span_text(h->terms.profile),
                                           .append = h->terms.append,
                                           .kind = h->terms.kind,
                                           .cells_per_incident = h->terms.cells_per_incident,
                                           .persons_max = h->terms.persons_max,
                                           .prints_from = prints_from,
                                           .goes_on = goes_on,
                                           .canon_version = SYM_CANON_VERSION};
    return ask(h, SYM_VERB_IMPORT_BEGIN, &begin, arena, next, fault);
}

static enum sym_err ask_to_begin(struct sym_handover *h, struct sym_import_next *next, bool goes_on,
                                 struct sym_fault *fault)
{
    SYM_ARENA_AUTO arena = {0};
    enum sym_err err = ask_for(h, &arena, next, 0, goes_on, fault);
    next->prints = sym_span(NULL, 0);
    return err;
}

/* A begin that is repeated is a sign of life. A node that was started again takes it for the
 * first, unless the file is compared with what the dataset held: that may hold more by now. */
static enum sym_err show_life(struct sym_handover *h, struct sym_fault *fault)
{
    struct sym_import_next next;
    enum sym_err err = ask_to_begin(h, &next, h->terms.held != NULL, fault);
    if (err == SYM_OK && next.chunk != h->n_sent) {
        err = SYM_NOT_FOUND;
    }
    return explain_loss(h, err, "nothing of it was kept: import the file again", fault);
}

static void *send_all(void *context)
{
    struct sym_handover *h = context;
    (void)pthread_mutex_lock(&h->mutex);
    for (;;) {
        bool changed = true;
        while (!h->full && !h->closed && !h->stop && (changed || !h->begun)) {
            changed = wait_change(h, ALIVE_EVERY_MS);
        }
        if (h->stop || (h->closed && !h->full)) {
            break;
        }
        struct sym_fault fault = {SYM_OK, ""};
        bool full = h->full;
        (void)pthread_mutex_unlock(&h->mutex);
        fault.err = full ? send_chunk(h, h->sending, &fault) : show_life(h, &fault);
        (void)pthread_mutex_lock(&h->mutex);
        h->full = h->full && !full;
        (void)pthread_cond_broadcast(&h->changed);
        if (fault.err != SYM_OK) {
            h->fault = fault;
            break;
        }
    }
    (void)pthread_mutex_unlock(&h->mutex);
    return NULL;
}

/* Waits until the thread has sent what it had; with the mutex. */
static enum sym_err await_sent(struct sym_handover *h, struct sym_fault *fault)
{
    while (h->full && h->fault.err == SYM_OK) {
        (void)wait_change(h, LOOK_UP_EVERY_MS);
        if (h->full && sym_pause(0)) {
            return sym_fail(fault, SYM_CANCELLED, "%s: the import was cancelled", h->terms.dataset);
        }
    }
    return h->fault.err == SYM_OK ? SYM_OK : sym_fail(fault, h->fault.err, "%s", h->fault.text);
}

/* Gives the filled chunk to the thread, as soon as that is done with the one before. */
static enum sym_err pass(struct sym_handover *h, struct sym_fault *fault)
{
    (void)pthread_mutex_lock(&h->mutex);
    enum sym_err err = await_sent(h, fault);
    if (err == SYM_OK) {
        struct chunk *empty = h->sending;
        h->sending = h->filling;
        h->filling = empty;
        h->filling->n_records = h->filling->ids_len = h->filling->n_tokens = 0;
        h->filling->rows_len = 0;
        h->full = true;
        (void)pthread_cond_broadcast(&h->changed);
    }
    (void)pthread_mutex_unlock(&h->mutex);
    return err;
}

static size_t chunk_bytes(const struct chunk *c)
{
    return 3 * c->n_records + c->ids_len + c->n_tokens * (1 + SYM_DIGEST_BYTES) + c->rows_len;
}

static bool has_room(const struct chunk *c, size_t id_len, size_t n_tokens, size_t row_len)
{
    return c->n_records < SYM_CHUNK_RECORDS_MAX && n_tokens <= SYM_CHUNK_TOKENS_MAX - c->n_tokens &&
           3 + id_len + n_tokens * (1 + SYM_DIGEST_BYTES) + row_len <=
               SYM_CHUNK_BYTES_MAX - chunk_bytes(c);
}

/* The tokens of a record start at number at. */
static void put_record(struct chunk *c, struct sym_span id, const struct sym_import_batch *batch,
                       size_t at, size_t n_tokens, struct sym_span row)
{
    if (row.len > 0) {
        c->row_lengths[c->n_records][0] = (uint8_t)(row.len >> 8);
        c->row_lengths[c->n_records][1] = (uint8_t)row.len;
        memcpy(c->rows + c->rows_len, row.data, row.len);
        c->rows_len += row.len;
    }
    c->incidents = row.len > 0;
    c->id_lengths[c->n_records] = (uint8_t)id.len;
    c->token_counts[c->n_records] = (uint8_t)n_tokens;
    c->n_records++;
    memcpy(c->ids + c->ids_len, id.data, id.len);
    c->ids_len += id.len;
    if (n_tokens > 0) {
        memcpy(c->types + c->n_tokens, batch->types + at, n_tokens);
        memcpy(c->digests[c->n_tokens], batch->digests[at], n_tokens * SYM_DIGEST_BYTES);
        c->n_tokens += n_tokens;
    }
}

/* Of incidents; empty of identifiers. */
static struct sym_span row_of(const struct sym_import_batch *batch, uint32_t record)
{
    if (batch->n_tokens > 0) {
        return sym_span(NULL, 0);
    }
    uint32_t start = record > 0 ? batch->row_ends[record - 1] : 0;
    return sym_span(batch->rows + start, batch->row_ends[record] - start);
}

enum sym_err sym_handover_add(void *context, const struct sym_import_batch *batch,
                              struct sym_fault *fault)
{
    struct sym_handover *h = context;
    size_t token = 0;
    uint32_t id_start = 0;
    for (uint32_t record = 0; record < batch->n_records; record++) {
        size_t end = token;
        while (end < batch->n_tokens && batch->records[end] == record) {
            end++;
        }
        struct sym_span id = sym_span(batch->ids + id_start, batch->id_ends[record] - id_start);
        struct sym_span row = row_of(batch, record);
        if (!has_room(h->filling, id.len, end - token, row.len)) {
            enum sym_err err = pass(h, fault);
            if (err != SYM_OK) {
                return err;
            }
        }
        put_record(h->filling, id, batch, token, end - token, row);
        id_start = batch->id_ends[record];
        token = end;
    }
    return SYM_OK;
}

static enum sym_err start_thread(struct sym_handover *h)
{
    pthread_condattr_t attributes;
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&h->changed, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    (void)pthread_mutex_init(&h->mutex, NULL);
    h->threaded = pthread_create(&h->thread, NULL, send_all, h) == 0;
    return h->threaded ? SYM_OK : SYM_NO_MEMORY;
}

/* Ends the thread; it finishes what it has, unless that is stopped. */
static void join_thread(struct sym_handover *h, bool stop)
{
    if (!h->threaded) {
        return;
    }
    (void)pthread_mutex_lock(&h->mutex);
    h->closed = true;
    h->stop = h->stop || stop;
    (void)pthread_cond_broadcast(&h->changed);
    (void)pthread_mutex_unlock(&h->mutex);
    (void)pthread_join(h->thread, NULL);
    h->threaded = false;
}

/* One of the same user may have been cut off a moment ago. */
static enum sym_err begin(struct sym_handover *h, struct sym_fault *fault)
{
    struct sym_import_next next;
    enum sym_err err = ask_to_begin(h, &next, false, fault);
    for (unsigned waited_ms = 0; err == SYM_EXISTS && waited_ms < h->terms.patience.busy_ms;
         waited_ms += BUSY_EVERY_MS) {
        if (waited_ms == 0 && isatty(STDERR_FILENO)) {
            (void)fprintf(stderr, "%s: waiting for an import that was begun before\n",
                          h->terms.dataset);
        }
        if (sym_pause(BUSY_EVERY_MS * 1000u)) {
            return sym_fail(fault, SYM_CANCELLED, "%s: the import was cancelled", h->terms.dataset);
        }
        err = ask_to_begin(h, &next, false, fault);
    }
    return err;
}

static enum sym_err add_prints(struct sym_handover *h, struct sym_span prints,
                               struct sym_fault *fault)
{
    enum sym_err err = SYM_OK;
    for (size_t at = 0; at + SYM_ID_PRINT_BYTES <= prints.len && err == SYM_OK;
         at += SYM_ID_PRINT_BYTES) {
        bool before = false;
        err = sym_repeats_add(&before, h->terms.held, prints.data + at);
    }
    if (err == SYM_LIMIT) {
        return sym_fail(
            fault, err,
            "%s: holds more than %u records, too many to add to; import all rows in one "
            "file",
            h->terms.dataset, SYM_IMPORT_ROWS_MAX);
    }
    return err == SYM_OK ? err : sym_fail(fault, err, "import: %s", sym_err_text(err));
}

/* While the import is known and the dataset therefore nobody else's. */
static enum sym_err learn_prints(struct sym_handover *h, struct sym_fault *fault)
{
    enum sym_err err = SYM_OK;
    for (uint32_t from = 1; err == SYM_OK && from > 0;) {
        SYM_ARENA_AUTO arena = {0};
        struct sym_import_next next;
        err = ask_for(h, &arena, &next, from, true, fault);
        if (err == SYM_OK && next.prints_next != 0 && next.prints_next <= from) {
            err = sym_fail(fault, SYM_BAD_FORMAT, "%s: the node goes around in a circle",
                           h->terms.dataset);
        }
        err = err == SYM_OK ? add_prints(h, next.prints, fault) : err;
        from = err == SYM_OK ? next.prints_next : 0;
    }
    return explain_loss(h, err, "nothing of it was kept: import the file again", fault);
}

enum sym_err sym_handover_begin(struct sym_handover **out, struct sym_client *client,
                                const struct sym_handover_terms *terms, struct sym_fault *fault)
{
    struct sym_handover *h = calloc(1, sizeof *h);
    if (h == NULL) {
        return sym_fail(fault, SYM_NO_MEMORY, "import: %s", sym_err_text(SYM_NO_MEMORY));
    }
    h->client = client;
    h->terms = *terms;
    h->filling = &h->chunks[0];
    h->sending = &h->chunks[1];
    sym_random(h->id, sizeof h->id);
    enum sym_err err = start_thread(h);
    if (err != SYM_OK) {
        (void)sym_fail(fault, err, "import: a thread cannot be started");
    } else {
        err = begin(h, fault);
    }
    bool begun = err == SYM_OK;
    if (begun && h->terms.held != NULL) {
        err = learn_prints(h, fault);
    }
    (void)pthread_mutex_lock(&h->mutex);
    h->begun = begun;
    (void)pthread_cond_broadcast(&h->changed);
    (void)pthread_mutex_unlock(&h->mutex);
    if (err != SYM_OK) {
        h->kept = !begun; /* there is nothing to give up */
        sym_handover_end(h);
        return err;
    }
    *out = h;
    return SYM_OK;
}

enum sym_err sym_handover_keep(struct sym_handover *h, struct sym_arena *arena,
                               struct sym_dataset_row *row, struct sym_fault *fault)
{
    enum sym_err err = h->filling->n_records > 0 ? pass(h, fault) : SYM_OK;
    (void)pthread_mutex_lock(&h->mutex);
    err = err == SYM_OK ? await_sent(h, fault) : err;
    (void)pthread_mutex_unlock(&h->mutex);
    if (err != SYM_OK) {
        return err;
    }
    join_thread(h, false);
    const struct sym_import_end end = {
        .id = sym_span(h->id, sizeof h->id), .keep = true, .chunks = h->n_sent};
    err = ask(h, SYM_VERB_IMPORT_END, &end, arena, row, fault);
    err = err == SYM_OK ? err : explain_end(h, err, fault);
    h->kept = err == SYM_OK;
    return err;
}

/* Whether the node hears it or not: it gives up by itself what it hears no more of. */
static void give_up(struct sym_handover *h)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_dataset_row unread_row;
    struct sym_fault unread;
    const struct sym_import_end end = {.id = sym_span(h->id, sizeof h->id)};
    if (sym_client_ask(h->client, SYM_VERB_IMPORT_END, &end, &arena, &unread_row, &unread) !=
        SYM_OK) {
        return;
    }
}

void sym_handover_end(struct sym_handover *h)
{
    if (h == NULL) {
        return;
    }
    join_thread(h, true);
    if (!h->kept && h->fault.err != SYM_CLOSED) {
        give_up(h);
    }
    (void)pthread_cond_destroy(&h->changed);
    (void)pthread_mutex_destroy(&h->mutex);
    sym_wipe(h, sizeof *h); /* it held records */
    free(h);
}
