#include "cli/audit/newest.h"

/* How many entries are read first, at least, and how many times as many the next time. */
#define PART_MIN  512u
#define PART_GROW 8u

/* Of a log of size entries: what came since then belongs to no count. */
struct last {
    const struct sym_audit_newest *n;
    uint64_t size;
    uint64_t found; /* that are wanted */
    uint64_t skip;  /* of them, from the oldest on */
};

static bool count(void *context, const struct sym_audit_entry *e)
{
    struct last *l = context;
    if (e->index < l->size && l->n->wants(l->n->context, e)) {
        l->found++;
    }
    return e->index < l->size;
}

static bool show(void *context, const struct sym_audit_entry *e)
{
    struct last *l = context;
    if (e->index >= l->size) {
        return false;
    }
    if (!l->n->wants(l->n->context, e)) {
        return true;
    }
    if (l->skip > 0) {
        l->skip--;
        return true;
    }
    return l->n->show(l->n->context, e);
}

static enum sym_err log_size(uint64_t *out, struct sym_client *client, struct sym_fault *fault)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_log_head head;
    struct sym_empty nothing = {0};
    enum sym_err err = sym_client_ask(client, SYM_VERB_LOG_HEAD, &nothing, &arena, &head, fault);
    *out = err == SYM_OK ? head.size : 0;
    return err;
}

enum sym_err sym_audit_newest(struct sym_client *client, const struct sym_audit_newest *n,
                              struct sym_fault *fault)
{
    struct last l = {.n = n};
    struct sym_audit_walk walk = n->walk;
    uint64_t part = n->limit > PART_MIN ? n->limit : PART_MIN;
    enum sym_err err = log_size(&l.size, client, fault);
    if (err != SYM_OK) {
        return err;
    }
    do {
        l.found = 0;
        n->again(n->context);
        walk.query.first = part < l.size && !n->whole ? l.size - part : 0;
        err = sym_audit_walk(client, &walk, count, &l, fault);
        part = part < l.size / PART_GROW ? PART_GROW * part : l.size;
    } while (err == SYM_OK && walk.query.first > 0 && l.found < n->limit);
    l.skip = l.found > n->limit ? l.found - n->limit : 0;
    n->again(n->context);
    return err == SYM_OK ? sym_audit_walk(client, &walk, show, &l, fault) : err;
}
