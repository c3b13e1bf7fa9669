/* Heads of logs that are verified together with an export of the same log: do its first entries
 * make their roots? Two heads that are both signed prove nothing of each other by themselves,
 * unless they are of one size. */
#include "cli/file.h"
#include "cli/verify.h"

#include <stdarg.h>
#include <string.h>

#define PATH_BYTES 4096u
/* Kept for a contradiction, which is told whatever else there is to tell. */
#define WRONG_BYTES (SYM_FAULT_BYTES + 160u)

/* A split is the proof that two heads contradict each other. */
static bool has_head(const struct sym_verdict *v)
{
    static const char *const kinds[] = {"checkpoint", "proof", "receipt", "report", "log"};
    bool told = false;
    for (size_t i = 0; v->good && i < sizeof kinds / sizeof *kinds; i++) {
        told = told || strcmp(v->kind, kinds[i]) == 0;
    }
    return told && v->origin[0] != '\0';
}

static bool is_of(const struct sym_verdict *v, const char *origin)
{
    return has_head(v) && strcmp(v->origin, origin) == 0;
}

/* The least size from this one on; UINT64_MAX: there is none. */
static uint64_t next_size(const struct sym_heads_walk *w, uint64_t size)
{
    uint64_t next = UINT64_MAX;
    for (size_t i = 0; i < w->heads->n; i++) {
        const struct sym_verdict *v = &w->heads->verdicts[i];
        next = is_of(v, w->origin) && v->size >= size && v->size < next ? v->size : next;
    }
    return next;
}

void sym_heads_begin(struct sym_heads_walk *w, const struct sym_heads *heads,
                     const struct sym_checkpoint *log)
{
    w->heads = heads;
    (void)snprintf(w->origin, sizeof w->origin, "%.*s", (int)log->origin.len,
                   (const char *)log->origin.data);
    w->next = next_size(w, 0);
}

enum sym_err sym_heads_at(struct sym_heads_walk *w, const struct sym_merkle_edge *edge)
{
    uint8_t root[SYM_HASH_BYTES];
    if (edge->size != w->next) {
        return SYM_OK;
    }
    enum sym_err err = sym_merkle_edge_root(root, edge);
    for (size_t i = 0; err == SYM_OK && i < w->heads->n; i++) {
        struct sym_verdict *v = &w->heads->verdicts[i];
        if (is_of(v, w->origin) && v->size == edge->size) {
            bool fits =
                sym_span_equal(sym_span(v->root, sizeof v->root), sym_span(root, sizeof root));
            v->seen = fits ? SYM_HEAD_FITS : SYM_HEAD_CONTRADICTS;
        }
    }
    w->next = next_size(w, edge->size + 1);
    return err;
}

/* Whole, or not at all. keep: bytes that must be left. */
static SYM_PRINTF(3, 4) void add(struct sym_verdict *v, size_t keep, const char *format, ...)
{
    size_t used = strlen(v->text);
    va_list args;
    va_start(args, format);
    int len = vsnprintf(v->text + used, sizeof v->text - used, format, args);
    va_end(args);
    if (len < 0 || used + (size_t)len + keep >= sizeof v->text) {
        v->text[used] = '\0';
    }
}

static void settle(struct sym_verdict *v, const struct sym_verdict *log, const char *name)
{
    unsigned long long size = v->size;
    switch (v->seen) {
    case SYM_HEAD_UNSEEN:
        add(v, WRONG_BYTES, "; not compared with %s, which ends before it, at %llu entries", name,
            (unsigned long long)log->size);
        break;
    case SYM_HEAD_FITS:
        v->head = v->head == SYM_HEAD_CONTRADICTS ? v->head : SYM_HEAD_FITS;
        add(v, WRONG_BYTES, "; the first %llu entries of %s make its root", size, name);
        break;
    case SYM_HEAD_CONTRADICTS:
        v->head = SYM_HEAD_CONTRADICTS;
        add(v, 0,
            "; but the first %llu entries of %s, which is signed as well, make another root: the "
            "log was rewritten",
            size, name);
        break;
    }
}

void sym_heads_settle(const struct sym_heads *h, const struct sym_verdict *log, const char *name)
{
    for (size_t i = 0; i < h->n; i++) {
        struct sym_verdict *v = &h->verdicts[i];
        if (v != log && log->good && is_of(v, log->origin)) {
            settle(v, log, name);
            v->met = true;
        }
        v->seen = SYM_HEAD_UNSEEN;
    }
}

/* Another one of the same log and size that has another root, neither of which met an export that
 * knows. SIZE_MAX: there is none. */
static size_t opponent_of(const struct sym_heads *h, const struct sym_verdict *v)
{
    for (size_t i = 0; i < h->n; i++) {
        const struct sym_verdict *o = &h->verdicts[i];
        if (o->head != SYM_HEAD_FITS && o->size == v->size && is_of(o, v->origin) &&
            !sym_span_equal(sym_span(o->root, sizeof o->root), sym_span(v->root, sizeof v->root))) {
            return i;
        }
    }
    return SIZE_MAX;
}

static void compare_heads(const struct sym_heads *h)
{
    char name[SYM_FAULT_BYTES];
    for (size_t i = 0; i < h->n; i++) {
        struct sym_verdict *v = &h->verdicts[i];
        bool is_open = has_head(v) && v->head == SYM_HEAD_UNSEEN;
        size_t o = is_open ? opponent_of(h, v) : SIZE_MAX;
        if (o != SIZE_MAX) {
            v->head = SYM_HEAD_CONTRADICTS;
            add(v, 0,
                "; but %s, which is signed as well, has another root of %llu entries: the log "
                "contradicts itself",
                sym_file_show(name, h->paths[o]), (unsigned long long)v->size);
        }
    }
}

void sym_heads_end(const struct sym_heads *h)
{
    compare_heads(h);
    for (size_t i = 0; i < h->n; i++) {
        struct sym_verdict *v = &h->verdicts[i];
        bool tells = strcmp(v->kind, "checkpoint") == 0 || strcmp(v->kind, "report") == 0;
        if (tells && has_head(v) && !v->met) {
            add(v, WRONG_BYTES,
                "; not compared with the entries of its log, of which no good export was given");
        }
        v->good = v->good && v->head != SYM_HEAD_CONTRADICTS;
    }
}

uint64_t sym_heads_claimed(const char *dir)
{
    SYM_SECRET_AUTO text = {0};
    char path[PATH_BYTES];
    struct sym_fault fault;
    struct sym_note note;
    struct sym_checkpoint head;
    int len = snprintf(path, sizeof path, "%s/checkpoint", dir);
    bool is_read = len > 0 && (size_t)len < sizeof path && sym_verify_is_ordinary(path) &&
                   sym_file_read(&text, path, SYM_SIGNED_NOTE_BYTES_MAX, &fault) == SYM_OK &&
                   sym_note_parse(&note, sym_secret_span(&text)) == SYM_OK &&
                   sym_checkpoint_read(&head, note.text) == SYM_OK;
    return is_read ? head.size : 0;
}

const char *sym_head_text(const struct sym_verdict *v)
{
    switch (v->head) {
    case SYM_HEAD_UNSEEN:
        break;
    case SYM_HEAD_FITS:
        return "fits";
    case SYM_HEAD_CONTRADICTS:
        return "contradicts";
    }
    return "unchecked";
}
