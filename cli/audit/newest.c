#include "cli/audit/newest.h"

#include <stdlib.h>
#include <string.h>

/* How many entries are read first, at least, and how many times as many the next time. */
#define PART_MIN  512u
#define PART_GROW 8u

/* An entry as it came. */
struct copy {
    struct sym_log_row row; /* borrows from bytes */
    uint8_t *bytes;
};

/* The last ones of a walk, in a ring once there are as many as are wanted. */
struct kept {
    const struct sym_audit_newest *n;
    struct copy *copies;
    uint64_t count, max;
    uint64_t oldest; /* place of it in the ring */
    bool failed;     /* for lack of memory */
};

static void forget(struct kept *k)
{
    for (uint64_t i = 0; i < k->count; i++) {
        free(k->copies[i].bytes);
    }
    k->count = 0;
    k->oldest = 0;
}

static struct sym_span put(uint8_t **at, struct sym_span bytes)
{
    const struct sym_span copied = sym_span(*at, bytes.len);
    if (bytes.len > 0) {
        memcpy(*at, bytes.data, bytes.len);
    }
    *at += bytes.len;
    return copied;
}

static bool copy_entry(struct copy *out, const struct sym_audit_entry *e)
{
    uint8_t *bytes = malloc(e->leaf_bytes.len + e->salt.len + e->body_bytes.len + 1);
    uint8_t *at = bytes;
    if (bytes == NULL) {
        return false;
    }
    *out = (struct copy){.bytes = bytes};
    out->row = (struct sym_log_row){.index = e->index, .erased = e->state == SYM_BODY_ERASED};
    out->row.leaf = put(&at, e->leaf_bytes);
    out->row.salt = put(&at, e->salt);
    out->row.body = put(&at, e->body_bytes);
    return true;
}

static bool make_room(struct kept *k)
{
    uint64_t max = k->max < 64 ? 64 : 2 * k->max;
    if (k->count < k->max) {
        return true;
    }
    struct copy *copies = reallocarray(k->copies, (size_t)max, sizeof *copies);
    if (copies == NULL) {
        return false;
    }
    k->copies = copies;
    k->max = max;
    return true;
}

static bool keep(void *context, const struct sym_audit_entry *e)
{
    struct kept *k = context;
    struct copy copy;
    if (!k->n->wants(k->n->context, e)) {
        return true;
    }
    bool is_full = k->count == k->n->limit;
    if ((!is_full && !make_room(k)) || !copy_entry(&copy, e)) {
        k->failed = true;
        return false;
    }
    if (is_full) {
        free(k->copies[k->oldest].bytes);
        k->copies[k->oldest] = copy;
        k->oldest = (k->oldest + 1) % k->count;
    } else {
        k->copies[k->count++] = copy;
    }
    return true;
}

static void show(const struct kept *k)
{
    for (uint64_t i = 0; i < k->count; i++) {
        SYM_AUDIT_ENTRY_AUTO e;
        sym_audit_entry_read(&e, &k->copies[(k->oldest + i) % k->count].row,
                             k->n->walk.query.bodies);
        (void)k->n->show(k->n->context, &e);
    }
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

static enum sym_err walk_back(struct kept *k, struct sym_client *client, uint64_t size,
                              struct sym_fault *fault)
{
    struct sym_audit_walk walk = k->n->walk;
    uint64_t part = k->n->limit > PART_MIN ? k->n->limit : PART_MIN;
    enum sym_err err = SYM_OK;
    do {
        forget(k);
        walk.query.first = part < size && !k->n->whole ? size - part : 0;
        err = sym_audit_walk(client, &walk, keep, k, fault);
        part = part < size / PART_GROW ? PART_GROW * part : size;
        if (err == SYM_OK && k->failed) {
            err = sym_fail(fault, SYM_NO_MEMORY, "the answer %s", sym_err_text(SYM_NO_MEMORY));
        }
    } while (err == SYM_OK && walk.query.first > 0 && k->count < k->n->limit);
    return err;
}

enum sym_err sym_audit_newest(struct sym_client *client, const struct sym_audit_newest *n,
                              struct sym_fault *fault)
{
    struct kept k = {.n = n};
    uint64_t size = 0;
    enum sym_err err = log_size(&size, client, fault);
    if (err == SYM_OK) {
        err = walk_back(&k, client, size, fault);
    }
    if (err == SYM_OK) {
        show(&k);
    }
    forget(&k);
    free(k.copies);
    return err;
}
