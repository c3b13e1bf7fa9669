#include "node/tabulation/tab_part.h"

#include "node/loop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How long budget stays reserved for one query: from the consent to the vector. */
#define RESERVED_MS 900000u
/* When a release is missed: so long after the vector was sent. */
#define RELEASE_MS 900000u

struct sym_tab_part {
    struct sym_tab_part_config config;
    struct sym_tab_member *member;
    char dataset[SYM_ALIAS_BYTES];
    char alias[SYM_ALIAS_BYTES];
    uint8_t id[SYM_EXCHANGE_ID_BYTES];
    uint8_t tabulation[SYM_EXCHANGE_ID_BYTES];
    uint8_t *cohort; /* ids, one after the other */
    size_t n;
    struct sym_content *content; /* the snapshot, from the consent until it is counted */
    uint64_t epoch;
    uint32_t records_per_incident; /* of the snapshot */
    uint64_t expires_ms;
    struct sym_contribution *counting;
    bool counted;
    bool reserved;
    bool debited;
    bool unmasked;
    bool kept;
    bool may_be_close; /* an own question whose participants are, as asked */
    enum sym_err error;
    struct sym_fault fault;
};

enum sym_err sym_tab_part_new(struct sym_tab_part **out, const struct sym_tab_part_config *config)
{
    struct sym_tab_part *p = calloc(1, sizeof *p);
    const struct sym_tab_question *q = &config->member.question;
    if (p == NULL) {
        return SYM_NO_MEMORY;
    }
    p->config = *config;
    p->n = q->n;
    (void)snprintf(p->dataset, sizeof p->dataset, "%s", config->dataset);
    (void)snprintf(p->alias, sizeof p->alias, "%s", config->alias);
    memcpy(p->id, config->id, sizeof p->id);
    memcpy(p->tabulation, q->tabulation, sizeof p->tabulation);
    p->cohort = malloc(p->n * SYM_HASH_BYTES);
    enum sym_err err = p->cohort == NULL ? SYM_NO_MEMORY : SYM_OK;
    for (size_t i = 0; err == SYM_OK && i < p->n; i++) {
        memcpy(p->cohort + i * SYM_HASH_BYTES, q->cohort[i].id, SYM_HASH_BYTES);
    }
    if (err == SYM_OK) {
        err = sym_tab_member_new(&p->member, &config->member);
    }
    if (err != SYM_OK) {
        sym_tab_part_free(p);
        return err;
    }
    *out = p;
    return SYM_OK;
}

void sym_tab_part_free(struct sym_tab_part *p)
{
    if (p != NULL) {
        sym_contribution_free(p->counting);
        if (p->content != NULL) {
            sym_content_release(p->content);
        }
        sym_tab_member_free(p->member);
        free(p->cohort);
        free(p);
    }
}

struct sym_tab_member *sym_tab_part_member(const struct sym_tab_part *p)
{
    return p->member;
}

/* Counting ------------------------------------------------------------------------------------- */

static void on_counted(void *owner, struct sym_contribution *c, enum sym_err err)
{
    struct sym_tab_part *p = owner;
    (void)c;
    p->counted = err == SYM_OK;
    if (err != SYM_OK) {
        p->error =
            sym_fail(&p->fault, err == SYM_LIMIT ? SYM_INTERNAL : err,
                     "dataset %s: could not be counted: it %s", p->dataset, sym_err_text(err));
    }
    p->config.wake(p->config.owner);
}

static void begin_counting(struct sym_tab_part *p)
{
    const struct sym_contribution_config c = {.loop = p->config.loop,
                                              .errands = p->config.errands,
                                              .content = p->content,
                                              .cube = sym_tab_member_cube(p->member),
                                              .records_per_incident = p->records_per_incident};
    enum sym_err err = sym_contribution_new(&p->counting, &c, on_counted, p);
    if (err == SYM_OK) {
        p->content = NULL; /* its own now */
    } else {
        p->error = sym_fail(&p->fault, err, "dataset %s: no memory to count it", p->dataset);
    }
}

/* Durable -------------------------------------------------------------------------------------- */

bool sym_tab_part_is_due(struct sym_tab_part *p)
{
    if (p->error != SYM_OK) {
        return true; /* so that it is heard of */
    }
    switch (sym_tab_member_wants(p->member)) {
    case SYM_TAB_WANTS_NOTHING:
        return false;
    case SYM_TAB_WANTS_DEBIT:
        if (p->counting == NULL) {
            begin_counting(p);
        }
        return p->counted || p->error != SYM_OK;
    case SYM_TAB_WANTS_CONSENT:
    case SYM_TAB_WANTS_UNMASK:
    case SYM_TAB_WANTS_KEEP:
        return true;
    }
    return false;
}

static struct sym_ledger_ask ask_of(const struct sym_tab_part *p)
{
    return (struct sym_ledger_ask){.dataset = sym_span_text(p->dataset),
                                   .peer = &p->config.initiator,
                                   .cap_nano = p->config.cap_nano,
                                   .peer_cap_nano = p->config.peer_cap_nano,
                                   .now_ms = sym_wall_ms()};
}

/* Holds the snapshot that will be counted, so that the epoch that is consented to is that. */
static enum sym_err hold_snapshot(struct sym_tab_part *p)
{
    struct sym_dataset_row row;
    const struct sym_cube *cube = sym_tab_member_cube(p->member);
    if (p->content != NULL) {
        sym_content_release(p->content);
        p->content = NULL;
    }
    enum sym_err err = sym_snapshot_hold(&p->content, &row, p->config.datasets,
                                         sym_span_text(p->dataset), &p->fault);
    if (err != SYM_OK) {
        return err;
    }
    p->epoch = row.epoch;
    p->records_per_incident = sym_dataset_records_per_incident(&row);
    return sym_dataset_check_bounds(&row, cube, &p->fault);
}

static bool is_own(const struct sym_tab_part *p)
{
    return sym_node_id_equal(&p->config.initiator, &p->config.self);
}

/* The ids at these places, ascending; room for as many as the cohort has. */
static struct sym_cohort cohort_of(const struct sym_tab_part *p, uint8_t *room,
                                   struct sym_span places)
{
    for (size_t i = 0; i < places.len; i++) {
        memcpy(room + i * SYM_HASH_BYTES, p->cohort + places.data[i] * SYM_HASH_BYTES,
               SYM_HASH_BYTES);
    }
    return (struct sym_cohort){.dataset = sym_span_text(p->dataset),
                               .epoch = p->epoch,
                               .qid = sym_tab_member_qid(p->member),
                               .ids = sym_span(room, places.len * SYM_HASH_BYTES)};
}

/* Once more what the request was judged by: others may have gone on meanwhile, at the same time and
 * to the same end, and who takes part is known better by now. */
static enum sym_err check_others(struct sym_tab_part *p, struct sym_transaction *t,
                                 const struct sym_cohort *c, const char *what)
{
    bool too_close = false;
    enum sym_err err = SYM_OK;
    if (!p->config.may_be_close && !p->may_be_close) {
        err = sym_cohort_too_close(t, &too_close, c);
    }
    return !too_close ? err
                      : sym_fail(&p->fault, SYM_DENIED,
                                 "dataset %s: %s are almost those of another question about the "
                                 "same edition: the difference would tell of who is in one alone",
                                 p->dataset, what);
}

static enum sym_err check_asked(struct sym_tab_part *p, struct sym_transaction *t)
{
    const struct sym_cohort c = {.dataset = sym_span_text(p->dataset),
                                 .epoch = p->epoch,
                                 .ids = sym_span(p->cohort, p->n * SYM_HASH_BYTES)};
    enum sym_err err = sym_tabulation_is_new(t, p->tabulation);
    if (err == SYM_OK && is_own(p)) {
        /* The own user asks; whether these may be asked, each of them decides. */
        return sym_cohort_too_close(t, &p->may_be_close, &c);
    }
    return err == SYM_OK ? check_others(p, t, &c, "the participants") : err;
}

static enum sym_err put_consent(struct sym_tab_part *p, struct sym_transaction *t)
{
    const struct sym_ledger_ask ask = ask_of(p);
    if (p->config.member.only_confirms) {
        p->expires_ms = ask.now_ms;
        return sym_ledger_note(t, sym_tab_member_qid(p->member), &ask);
    }
    uint64_t epsilon = sym_cube_epsilon(sym_tab_member_cube(p->member));
    p->expires_ms = ask.now_ms + RESERVED_MS;
    enum sym_err err = check_asked(p, t);
    if (err == SYM_OK) {
        err = sym_ledger_reserve(&p->config.ledger, t, sym_tab_member_qid(p->member), &ask, epsilon,
                                 p->expires_ms);
    }
    if (err != SYM_LIMIT) {
        return err;
    }
    struct sym_ledger_left left = {0};
    char text[SYM_LEDGER_TEXT_BYTES];
    err = sym_ledger_left(&p->config.ledger, t, &left, &ask);
    sym_ledger_left_text(text, left.left_nano, left.renews_ms);
    return err != SYM_OK
               ? err
               : sym_fail(&p->fault, SYM_DENIED,
                          "dataset %s: its privacy budget does not suffice: %s", p->dataset, text);
}

/* So that the release is known when it comes later, from an initiator or to a node that was cut
 * off.
 */
static enum sym_err owe(const struct sym_tab_part *p, struct sym_transaction *t)
{
    struct sym_tab_owed owed;
    enum sym_err err = sym_tab_member_owed(p->member, &owed);
    if (err == SYM_OK) {
        err = sym_withheld_owe(t, p->tabulation, &owed);
    }
    return err == SYM_NOT_FOUND ? SYM_OK : err; /* an approver has closed it meanwhile */
}

static enum sym_err put_debit(struct sym_tab_part *p, struct sym_transaction *t)
{
    bool own = is_own(p);
    const struct sym_ledger_exchange x = {.kind = SYM_KIND_TABULATE,
                                          .id = p->id,
                                          .initiator = &p->config.initiator,
                                          .responder = own ? NULL : &p->config.self,
                                          .handle = own ? NULL : p->tabulation,
                                          .alias = p->alias,
                                          .purpose = p->config.purpose,
                                          .basis = p->config.basis};
    uint64_t now_ms = sym_wall_ms();
    uint8_t places[SYM_TAB_MEMBERS_MAX];
    uint8_t room[SYM_TAB_MEMBERS_MAX * SYM_HASH_BYTES];
    uint32_t n = sym_tab_member_consenting(p->member, places);
    const struct sym_cohort c = cohort_of(p, room, sym_span(places, n));
    enum sym_err err = sym_tabulation_is_new(t, p->tabulation);
    if (err == SYM_OK) {
        err = check_others(p, t, &c, "those who take part now");
    }
    if (err == SYM_OK) {
        err = sym_ledger_debit(&p->config.ledger, t, sym_tab_member_qid(p->member), &x, now_ms);
    }
    if (err == SYM_OK) {
        err = sym_cohort_open(t, &c);
    }
    if (err == SYM_OK && !own) {
        err = sym_withheld_put(t, p->tabulation, &p->config.initiator, now_ms + RELEASE_MS);
    }
    return err == SYM_OK && !own ? owe(p, t) : err;
}

/* Before anything is given: what was compared until now is who might survive. */
static enum sym_err put_unmask(struct sym_tab_part *p, struct sym_transaction *t)
{
    uint8_t room[SYM_TAB_MEMBERS_MAX * SYM_HASH_BYTES];
    const struct sym_cohort c = cohort_of(p, room, sym_tab_member_survivors(p->member));
    enum sym_err err = check_others(p, t, &c, "the survivors");
    if (err == SYM_OK) {
        err = sym_ledger_unmask(t, sym_tab_member_qid(p->member));
    }
    if (err == SYM_OK) {
        err = sym_cohort_unmasked(t, &c);
    }
    return err == SYM_OK && !is_own(p) ? owe(p, t) : err;
}

static enum sym_err put_release(struct sym_tab_part *p, struct sym_transaction *t)
{
    struct sym_span head;
    struct sym_span cells;
    uint8_t question[SYM_HASH_BYTES];
    sym_tab_member_release(p->member, &head, &cells);
    enum sym_err err =
        sym_release_answers(head, sym_span_text(p->dataset), p->config.purpose, p->config.basis);
    if (err != SYM_OK) {
        return sym_fail(&p->fault, err,
                        "the release names another dataset, purpose or legal basis than the "
                        "request did");
    }
    err = sym_tab_member_question_id(p->member, question);
    if (err == SYM_OK) {
        err = sym_release_put(t, p->tabulation, question, head, cells);
    }
    return err == SYM_OK ? sym_withheld_clear(t, p->tabulation) : err;
}

enum sym_err sym_tab_part_put(struct sym_tab_part *p, struct sym_transaction *t)
{
    if (p->error != SYM_OK) {
        return p->error;
    }
    switch (sym_tab_member_wants(p->member)) {
    case SYM_TAB_WANTS_NOTHING:
        break;
    case SYM_TAB_WANTS_CONSENT: {
        enum sym_err err = hold_snapshot(p);
        return err == SYM_OK ? put_consent(p, t) : err;
    }
    case SYM_TAB_WANTS_DEBIT:
        return put_debit(p, t);
    case SYM_TAB_WANTS_UNMASK:
        return put_unmask(p, t);
    case SYM_TAB_WANTS_KEEP:
        return put_release(p, t);
    }
    return SYM_INTERNAL;
}

enum sym_err sym_tab_part_made(struct sym_tab_part *p, enum sym_err err)
{
    if (err != SYM_OK) {
        return err;
    }
    switch (sym_tab_member_wants(p->member)) {
    case SYM_TAB_WANTS_NOTHING:
        break;
    case SYM_TAB_WANTS_CONSENT:
        p->reserved = !p->config.member.only_confirms;
        return sym_tab_member_consent(p->member, p->epoch, p->expires_ms);
    case SYM_TAB_WANTS_DEBIT:
        p->debited = true;
        return sym_tab_member_debited(p->member, sym_contribution_take(p->counting), sym_wall_ms());
    case SYM_TAB_WANTS_UNMASK:
        p->unmasked = true;
        return sym_tab_member_unmasked(p->member);
    case SYM_TAB_WANTS_KEEP:
        p->kept = true;
        return sym_tab_member_kept(p->member);
    }
    return SYM_INTERNAL;
}

enum sym_err sym_tab_part_put_end(const struct sym_tab_part *p, struct sym_transaction *t)
{
    const struct sym_cohort c = {.dataset = sym_span_text(p->dataset),
                                 .epoch = p->epoch,
                                 .qid = sym_tab_member_qid(p->member)};
    if (!p->reserved || p->unmasked) {
        return SYM_OK;
    }
    return p->debited ? sym_cohort_left(t, &c)
                      : sym_ledger_release(t, sym_tab_member_qid(p->member));
}

/* What it tells -------------------------------------------------------------------------------- */

bool sym_tab_part_has_release(const struct sym_tab_part *p)
{
    return p->kept;
}

bool sym_tab_part_is_unspent(const struct sym_tab_part *p)
{
    return !p->debited;
}

void sym_tab_part_closing(const struct sym_tab_part *p, struct sym_statement *word)
{
    const uint8_t *consents = sym_tab_member_consents_hash(p->member);
    struct sym_span head;
    struct sym_span cells;
    if (consents != NULL) {
        word->has_consents = true;
        memcpy(word->consents_hash, consents, sizeof word->consents_hash);
    }
    if (p->kept) {
        sym_tab_member_release(p->member, &head, &cells);
        word->has_release = sym_release_hash(word->release_hash, head) == SYM_OK;
    }
}

const char *sym_tab_part_fault(const struct sym_tab_part *p)
{
    return p->fault.text[0] != '\0' ? p->fault.text : sym_tab_member_fault(p->member);
}
