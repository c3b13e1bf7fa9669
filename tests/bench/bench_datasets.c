/* What the store of datasets costs: a million tokens in, chunk by chunk as an import hands them
 * over, and out again, segment by segment as an exchange reads them; one record forgotten. Below
 * $TMPDIR, which should be on the disk in question.
 */
#include "tests/support/shelf.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define CHUNK  8192u
#define CHUNKS 123u
#define TOKENS ((double)CHUNK * CHUNKS)

static double now_s(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void must(enum sym_err err, const char *what)
{
    if (err != SYM_OK) {
        (void)fprintf(stderr, "bench_datasets: %s: it %s\n", what, sym_err_text(err));
        exit(EXIT_FAILURE);
    }
}

static void show(const char *what, double seconds, uint64_t bytes)
{
    (void)printf("%-28s %7.3f s %12.0f tokens/s %8.0f MB/s\n", what, seconds, TOKENS / seconds,
                 (double)bytes / 1e6 / seconds);
}

/* Without what it takes to make the chunks up. */
static double put_in(struct shelf *s)
{
    double spent = 0;
    uint8_t id[SYM_IMPORT_ID_BYTES] = {0};
    shelf_id(id, 'a');
    must(shelf_begin(s, 'a', "suspects", false, NULL), "begin");
    for (unsigned i = 0; i < CHUNKS; i++) {
        uint64_t next = 0;
        struct sym_import_chunk chunk = shelf_chunk(id, i, i * CHUNK, CHUNK, 1);
        double began = now_s();
        must(sym_datasets_import_chunk(s->datasets, &next, &chunk, &s->alice, NULL), "chunk");
        spent += now_s() - began;
    }
    double began = now_s();
    must(shelf_end(s, 'a', true, CHUNKS, NULL), "end");
    return spent + now_s() - began;
}

static double get_out(struct shelf *s)
{
    double began = now_s();
    struct sym_content *c = shelf_hold(s, "suspects");
    for (size_t i = 0; i < sym_content_segments(c); i++) {
        struct sym_segment segment = {.n_records = 0};
        must(sym_content_segment(c, i, &segment), "segment");
        sym_segment_clear(&segment);
    }
    sym_content_release(c);
    return now_s() - began;
}

static double forget(struct shelf *s)
{
    struct sym_dataset_forgotten gone = {0};
    double began = now_s();
    must(shelf_forget(s, "suspects", "r500000", &gone, NULL), "forget");
    return now_s() - began;
}

int main(void)
{
    static struct shelf s;
    shelf_open(&s);
    double in = put_in(&s);
    uint64_t bytes = shelf_row(&s, "suspects").bytes;
    show("import", in, bytes);
    show("read, first time", get_out(&s), bytes);
    show("read again", get_out(&s), bytes);
    double gone = forget(&s);
    double began = now_s();
    must(shelf_drop(&s, "suspects", NULL), "drop");
    double dropped = now_s() - began;
    (void)printf("%-28s %7.3f s\n%-28s %7.3f s\n", "forget one record, erased", gone,
                 "drop, erased", dropped);
    shelf_close(&s);
    return 0;
}
