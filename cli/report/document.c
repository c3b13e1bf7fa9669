#include "cli/report/document.h"

#include "cli/exchange_id.h"
#include "cli/exchange_row.h"
#include "cli/format.h"
#include "cli/pause.h"
#include "cli/result.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* May it be in a report? ------------------------------------------------------------------------
 */

static enum sym_err refuse(struct sym_fault *fault, enum sym_err err,
                           const struct sym_exchange_entry *e, const char *reason)
{
    char id[SYM_ID_SHOWN_BYTES];
    sym_id_show(id, e->id);
    return sym_fail(fault, err, "%s: %s", id, reason);
}

static enum sym_err check_state(const struct sym_exchange_entry *e, struct sym_fault *fault)
{
    switch ((enum sym_exchange_state)e->state) {
    case SYM_EXCHANGE_WAITING:
    case SYM_EXCHANGE_RUNNING:
        return refuse(fault, SYM_AGAIN, e,
                      "has not ended yet, so there is no result; make the report when \"symbolon "
                      "exchange show\" says done");
    case SYM_EXCHANGE_HELD:
        return refuse(fault, SYM_HELD, e,
                      "waits for an approver of the peer; make the report when it is done");
    case SYM_EXCHANGE_DENIED:
        return refuse(fault, SYM_DENIED, e,
                      "was denied and has no result; leave it out, \"symbolon exchange show\" says "
                      "why");
    case SYM_EXCHANGE_ABORTED:
        return refuse(fault, SYM_NOT_FOUND, e,
                      "was aborted and has no result; leave it out, or ask again");
    case SYM_EXCHANGE_DONE:
    case SYM_EXCHANGE_STATE_COUNT:
        break;
    }
    return SYM_OK;
}

static enum sym_err check_entry(const struct sym_exchange_entry *e, struct sym_fault *fault)
{
    bool joint = sym_exchange_is_of_many(e);
    if (e->kind == SYM_KIND_OVERLAP_MATCHES) {
        return refuse(
            fault, SYM_DENIED, e,
            "says which records matched, and a report holds nothing about single records; "
            "ask for the count (--reveal count), or for an overlap table");
    }
    if (!joint && e->kind != SYM_KIND_OVERLAP_COUNT) {
        return refuse(fault, SYM_UNSUPPORTED, e,
                      "counts nothing, and has no place in a report; leave it out");
    }
    enum sym_err err = check_state(e, fault);
    if (err != SYM_OK) {
        return err;
    }
    if (!joint && e->role != SYM_AS_INITIATOR) {
        return refuse(fault, SYM_NOT_FOUND, e,
                      "has no result here: the peer asked, and has it; leave it out");
    }
    if (e->withheld) {
        return refuse(fault, joint ? SYM_NOT_FOUND : SYM_DENIED, e,
                      joint ? "its release was not passed on by who asked; leave it out"
                            : "its result is withheld: fewer in common than the peer's grant asks "
                              "for; leave it out");
    }
    return joint && !e->has_result
               ? refuse(fault, SYM_NOT_FOUND, e,
                        "its release is no longer here; leave it out, or ask again")
               : SYM_OK;
}

/* Results ---------------------------------------------------------------------------------------
 */

/* A text that grows as it is written. */
struct text {
    FILE *to;
    char *data;
    size_t len;
};

static enum sym_err text_begin(struct text *t)
{
    t->to = open_memstream(&t->data, &t->len);
    return t->to != NULL ? SYM_OK : SYM_NO_MEMORY;
}

static enum sym_err text_end(struct text *t)
{
    bool good = t->to != NULL && ferror(t->to) == 0;
    good = t->to != NULL && fclose(t->to) == 0 && good;
    t->to = NULL;
    return good ? SYM_OK : SYM_NO_MEMORY;
}

struct result {
    struct text json;
    struct text estimate;
    bool tried;                 /* it is something that can be estimated from */
    char note[SYM_FAULT_BYTES]; /* why there is no estimate; empty: none was tried */
};

static enum sym_err find(struct sym_document *d, struct sym_client *client, const char *name,
                         struct sym_fault *fault)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_exchange_entry entry;
    uint8_t *id = d->ids[d->n];
    enum sym_err err = sym_exchange_id(id, client, name, fault);
    for (size_t i = 0; err == SYM_OK && i < d->n; i++) {
        if (sym_equal(d->ids[i], id, SYM_EXCHANGE_ID_BYTES)) {
            return sym_fail(fault, SYM_EXISTS, "%.64s: this exchange is named twice", name);
        }
    }
    if (err == SYM_OK) {
        const struct sym_exchange_name asked = {.id = sym_span(id, SYM_EXCHANGE_ID_BYTES)};
        err = sym_client_ask(client, SYM_VERB_EXCHANGE_SHOW, &asked, &arena, &entry, fault);
        if (err == SYM_NOT_FOUND) {
            return sym_fail(fault, err,
                            "%.64s: no such exchange; \"symbolon exchange list\" shows those that "
                            "there are",
                            name);
        }
    }
    return err == SYM_OK ? check_entry(&entry, fault) : err;
}

static enum sym_err fetch(struct result *r, struct sym_client *client, const uint8_t *id,
                          struct sym_fault *fault)
{
    struct sym_target target = {.format = SYM_FORMAT_JSON};
    enum sym_err err = text_begin(&r->json);
    if (err != SYM_OK) {
        return sym_fail(fault, err, "the result %s", sym_err_text(err));
    }
    target.stream = r->json.to;
    err = sym_result_show(&target, client, sym_span(id, SYM_EXCHANGE_ID_BYTES), fault);
    enum sym_err ended = text_end(&r->json);
    if (err == SYM_OK && ended != SYM_OK) {
        err = sym_fail(fault, ended, "the result %s", sym_err_text(ended));
    }
    return err;
}

/* Only releases get in, whatever the writers of results may come to write. A result that nothing
 * can be estimated from is no failure: a note says why. */
static enum sym_err look(struct result *r, sym_document_estimate_fn *estimate,
                         struct sym_fault *fault)
{
    struct sym_json_value *v = NULL;
    struct sym_fault why = {.text = ""};
    enum sym_err err = sym_json_read(&v, r->json.data);
    if (err != SYM_OK ||
        strcmp(sym_json_words(sym_json_get(v, "format")), "symbolon-release/1") != 0 ||
        sym_json_get(v, "matches") != NULL) {
        err = sym_fail(fault, SYM_INTERNAL, "the result is no release, and gets into no report");
    }
    if (err == SYM_OK && estimate != NULL) {
        err = text_begin(&r->estimate);
        enum sym_err done = err == SYM_OK ? estimate(r->estimate.to, v, &why) : err;
        err = err == SYM_OK ? text_end(&r->estimate) : err;
        r->tried = done != SYM_UNSUPPORTED;
        if (done != SYM_OK) {
            r->estimate.len = 0;
            (void)snprintf(r->note, sizeof r->note, "%s", r->tried ? why.text : "");
        }
        err = err == SYM_OK ? err : sym_fail(fault, err, "the estimate %s", sym_err_text(err));
    }
    sym_json_free(v);
    return err;
}

/* The document ----------------------------------------------------------------------------------
 */

/* A text of json.h ends with a line. */
static void put_raw(struct sym_json *j, const struct text *t)
{
    size_t len = t->len > 0 && t->data[t->len - 1] == '\n' ? t->len - 1 : t->len;
    sym_json_raw(j, NULL, t->data, len);
}

static enum sym_err put(FILE *to, const struct sym_client *client, const struct result *results,
                        size_t n, const struct sym_document_wish *wish)
{
    struct sym_json *j = sym_json_new(to);
    sym_json_object(j, NULL);
    sym_json_string(j, "format", "symbolon-report/1");
    sym_json_string(j, "lang", sym_language_text(wish->language));
    sym_json_time(j, "made", (uint64_t)time(NULL));
    sym_json_string(j, "node", client->card.name);
    if (wish->title != NULL) {
        sym_json_string(j, "title", wish->title);
    }
    sym_json_array(j, "results");
    for (size_t i = 0; i < n; i++) {
        put_raw(j, &results[i].json);
    }
    sym_json_end(j);
    sym_json_array(j, "estimates");
    for (size_t i = 0; i < n; i++) {
        if (results[i].estimate.len > 0) {
            put_raw(j, &results[i].estimate);
        }
    }
    sym_json_end(j);
    sym_json_array(j, "notes");
    for (size_t i = 0; i < n; i++) {
        if (results[i].note[0] != '\0') {
            sym_json_string(j, NULL, results[i].note);
        }
    }
    sym_json_end(j);
    sym_json_end(j);
    return sym_json_finish(j);
}

static enum sym_err gather(struct sym_document *d, struct result *results,
                           struct sym_client *client, const struct sym_document_wish *wish,
                           struct sym_fault *fault)
{
    enum sym_err err = SYM_OK;
    for (; err == SYM_OK && d->n < wish->n_exchanges; d->n++) {
        err = find(d, client, wish->exchanges[d->n], fault);
        if (err != SYM_OK) {
            return err;
        }
    }
    bool tried = wish->estimate == NULL;
    for (size_t i = 0; err == SYM_OK && i < d->n; i++) {
        err = fetch(&results[i], client, d->ids[i], fault);
        if (err == SYM_OK) {
            err = look(&results[i], wish->estimate, fault);
            tried = tried || results[i].tried;
        }
        if (err == SYM_OK && sym_pause(0)) {
            err = sym_fail(fault, SYM_CANCELLED, "the report was not made: interrupted");
        }
    }
    return err != SYM_OK || tried
               ? err
               : sym_fail(fault, SYM_BAD_VALUE,
                          "--estimate: none of these exchanges is an overlap table; leave it");
}

enum sym_err sym_document_make(struct sym_document *out, struct sym_client *client,
                               const struct sym_document_wish *wish, struct sym_fault *fault)
{
    struct text text = {.to = NULL};
    if (wish->n_exchanges == 0 || wish->n_exchanges > SYM_REPORT_EXCHANGES_MAX) {
        return sym_fail(fault, SYM_LIMIT, "a report shows 1 to %u exchanges; make several",
                        SYM_REPORT_EXCHANGES_MAX);
    }
    struct result *results = calloc(wish->n_exchanges, sizeof *results);
    enum sym_err err = results == NULL ? SYM_NO_MEMORY : text_begin(&text);
    if (err == SYM_OK) {
        err = gather(out, results, client, wish, fault);
        enum sym_err written = err == SYM_OK ? put(text.to, client, results, out->n, wish) : err;
        enum sym_err ended = text_end(&text);
        written = written == SYM_OK ? ended : written;
        if (err == SYM_OK && written != SYM_OK) {
            err = sym_fail(fault, written, "the report %s", sym_err_text(written));
        }
    } else {
        err = sym_fail(fault, err, "the report %s", sym_err_text(err));
    }
    out->text = text.data;
    out->len = text.len;
    for (size_t i = 0; results != NULL && i < wish->n_exchanges; i++) {
        free(results[i].json.data);
        free(results[i].estimate.data);
    }
    free(results);
    return err;
}

void sym_document_clear(struct sym_document *d)
{
    free(d->text);
    *d = (struct sym_document){.text = NULL};
}
