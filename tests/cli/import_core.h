/* import_core.h - a core that takes imports and notes what it was handed over, and files to import:
 * for the tests of the import command. */
#ifndef SYM_TESTS_CLI_IMPORT_CORE_H
#define SYM_TESTS_CLI_IMPORT_CORE_H

#include "tests/cli/fake_node.h"

#define ROWS_MANY 30000

static inline void note(const struct fake_call *call, const char *format, ...) SYM_PRINTF(2, 3);
static inline void note(const struct fake_call *call, const char *format, ...)
{
    char line[512];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(line, sizeof line, format, args);
    va_end(args);
    fake_note(call->node, line);
}

/* What the core, a process of its own, knows of the import. */
static struct {
    uint64_t due, records;
    uint8_t id[SYM_IMPORT_ID_BYTES];
} core;

static inline enum sym_err takes_chunk(const struct fake_call *call)
{
    const struct sym_import_chunk *chunk = call->arguments;
    if (sym_import_chunk_check(chunk) != SYM_OK || chunk->number > core.due) {
        return SYM_BAD_VALUE;
    }
    core.due = chunk->number == core.due ? core.due + 1 : core.due;
    core.records += chunk->id_lengths.len;
    note(call, "chunk %llu: %zu records, first %.*s", (unsigned long long)chunk->number,
         chunk->id_lengths.len, (int)chunk->id_lengths.data[0], (const char *)chunk->ids.data);
    return SYM_OK;
}

static inline void takes_begin(const struct fake_call *call)
{
    const struct sym_import_begin *begin = call->arguments;
    if (sym_span_equal(begin->id, sym_span(core.id, sizeof core.id))) {
        return;
    }
    memcpy(core.id, begin->id.data, sizeof core.id);
    core.due = core.records = 0;
    note(call, "%.*s %.*s append=%d", (int)begin->dataset.len, (const char *)begin->dataset.data,
         (int)begin->profile.len, (const char *)begin->profile.data, begin->append);
}

/* A core that takes an import and checks the order and the columns of its chunks. */
static inline enum sym_err takes(struct fake_call *call, bool known)
{
    static struct sym_import_next next;
    static struct sym_dataset_row row;
    enum sym_err err = SYM_OK;
    if (call->verb == SYM_VERB_IMPORT_BEGIN) {
        takes_begin(call);
    } else if (call->verb == SYM_VERB_IMPORT_CHUNK) {
        err = takes_chunk(call);
    } else if (call->verb == SYM_VERB_IMPORT_END) {
        const struct sym_import_end *end = call->arguments;
        note(call, "keep=%d chunks=%llu", end->keep, (unsigned long long)end->chunks);
    } else if (call->verb == SYM_VERB_DATASET_SHOW && !known) {
        (void)snprintf(call->fault, sizeof call->fault, "suspects: does not exist");
        err = SYM_NOT_FOUND;
    }
    next.chunk = core.due;
    row = (struct sym_dataset_row){.name = sym_span_text("suspects"),
                                   .kind = SYM_DATASET_IDENTIFIERS,
                                   .records = core.records};
    bool counts = call->verb == SYM_VERB_IMPORT_BEGIN || call->verb == SYM_VERB_IMPORT_CHUNK;
    call->answer = counts ? (const void *)&next : (const void *)&row;
    return err;
}

static inline enum sym_err a_new_dataset(struct fake_call *call)
{
    return takes(call, false);
}

static inline enum sym_err a_known_dataset(struct fake_call *call)
{
    return takes(call, true);
}

static inline void write_csv(const struct fake_node *node, const char *text)
{
    fake_write(node->dir, "s.csv", sym_span_text(text), 0600);
}

/* "import|DIR/s.csv|--dataset|suspects|--profile|accounts" and more. */
static inline void import(struct run *r, const struct fake_node *node, const char *more)
{
    char words[1024];
    (void)snprintf(words, sizeof words, "import|%s/s.csv|--dataset|suspects|--profile|accounts%s",
                   node->dir, more);
    run(r, words);
}

static const char small[] = "id,iban\n"
                            "r1,GB82 WEST 1234 5698 7654 32\n"
                            "r2,GB82WEST12345698765433\n"
                            "r3,DE89370400440532013000\n"
                            "r3,DE89 3704 0044 0532 0130 00\n"
                            "r4,DE89370400440532013000\n";

static inline void write_many(const struct fake_node *node)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/s.csv", node->dir);
    FILE *to = fopen(path, "w");
    assert_non_null(to);
    (void)fprintf(to, "id,account\n");
    for (int i = 0; i < ROWS_MANY; i++) {
        (void)fprintf(to, "record-%d,%08d\n", i, i);
    }
    assert_int_equal(fclose(to), 0);
}

#endif
