/* A daemon that lies in overlap tables: its file TABLE_LIE says how, and may be changed while it
 * runs. Linked in front of the functions that it stands for; with an empty file it is honest.
 *
 *     r  asks for one evaluation twice                m  for one more than it announced
 *     s  answers with another secret
 *     o  sends rows that are not in order             d  one row twice
 *     e  says another number of rows than it sent     c  counts one less (as the tallier)
 *     q  sends no row at all                          v  evaluates for nobody
 *     1  comes to a halt before it consents           2  before it is ready
 *     3  before its list is evaluated                 4  before it pays
 *     5  before its rows leave                        6  before it keeps the table
 *
 * Once it keeps something back, or has come to a halt, the second byte of the file says so. It goes
 * on when the first changes.
 */
#include "proto/table_evaluator.h"
#include "proto/table_frames.h"
#include "proto/table_member.h"
#include "proto/table_owner.h"
#include "proto/table_rows.h"
#include "proto/tabulate.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE 4096u

enum sym_table_step __real_sym_table_owner_step(const struct sym_table_owner *o, size_t *len);
enum sym_table_step __wrap_sym_table_owner_step(const struct sym_table_owner *o, size_t *len);
enum sym_err __real_sym_table_owner_write(struct sym_table_owner *o, uint8_t *payload, size_t len);
enum sym_err __wrap_sym_table_owner_write(struct sym_table_owner *o, uint8_t *payload, size_t len);
enum sym_table_step __real_sym_table_rows_step(const struct sym_table_rows *r, size_t *len);
enum sym_table_step __wrap_sym_table_rows_step(const struct sym_table_rows *r, size_t *len);
enum sym_err __real_sym_table_rows_write(struct sym_table_rows *r, uint8_t *payload, size_t len);
enum sym_err __wrap_sym_table_rows_write(struct sym_table_rows *r, uint8_t *payload, size_t len);
enum sym_table_step __real_sym_table_evaluator_step(const struct sym_table_evaluator *e,
                                                    size_t *len);
enum sym_table_step __wrap_sym_table_evaluator_step(const struct sym_table_evaluator *e,
                                                    size_t *len);
enum sym_err __real_sym_table_member_agree(struct sym_table_member *m);
enum sym_err __wrap_sym_table_member_agree(struct sym_table_member *m);
void __real_sym_cells_write(uint8_t *out, size_t max, size_t *len, const uint64_t *cells, size_t n,
                            size_t *done);
void __wrap_sym_cells_write(uint8_t *out, size_t max, size_t *len, const uint64_t *cells, size_t n,
                            size_t *done);

enum sym_table_want __real_sym_table_member_wants(const struct sym_table_member *m);
enum sym_table_want __wrap_sym_table_member_wants(const struct sym_table_member *m);

static volatile char *page;

/* Before the daemon shuts itself in. */
__attribute__((constructor)) static void open_page(void)
{
    const char *path = getenv("TABLE_LIE");
    int fd = path != NULL ? open(path, O_RDWR | O_CLOEXEC) : -1;
    void *at = fd >= 0 ? mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) : MAP_FAILED;
    page = at != MAP_FAILED ? at : NULL;
    if (fd >= 0) {
        (void)close(fd);
    }
}

static bool lies(char how)
{
    return page != NULL && *page == how;
}

static enum sym_table_step keep_back(char how, enum sym_table_step step, size_t *len)
{
    if (step != SYM_TABLE_DATA || !lies(how)) {
        return step;
    }
    page[1] = how;
    *len = 0;
    return SYM_TABLE_WAIT;
}

enum sym_table_step __wrap_sym_table_owner_step(const struct sym_table_owner *o, size_t *len)
{
    enum sym_table_step step = __real_sym_table_owner_step(o, len);
    *len += step == SYM_TABLE_DATA && lies('m') ? SYM_ELEMENT_BYTES : 0;
    return step;
}

enum sym_err __wrap_sym_table_owner_write(struct sym_table_owner *o, uint8_t *payload, size_t len)
{
    size_t more = payload != NULL && lies('m') ? SYM_ELEMENT_BYTES : 0;
    enum sym_err err = __real_sym_table_owner_write(o, payload, len - more);
    uint8_t *first = payload + TABLE_ASK_HEAD_BYTES;
    if (err == SYM_OK && more > 0) {
        memcpy(payload + len - more, sym_ristretto_generator.bytes, SYM_ELEMENT_BYTES);
    } else if (err == SYM_OK && payload != NULL && lies('r')) {
        memcpy(first + SYM_ELEMENT_BYTES, first, SYM_ELEMENT_BYTES);
    }
    return err;
}

enum sym_table_step __wrap_sym_table_rows_step(const struct sym_table_rows *r, size_t *len)
{
    return keep_back('q', __real_sym_table_rows_step(r, len), len);
}

enum sym_table_step __wrap_sym_table_evaluator_step(const struct sym_table_evaluator *e,
                                                    size_t *len)
{
    return keep_back('v', __real_sym_table_evaluator_step(e, len), len);
}

enum sym_err __wrap_sym_table_rows_write(struct sym_table_rows *r, uint8_t *payload, size_t len)
{
    enum sym_err err = __real_sym_table_rows_write(r, payload, len);
    if (err != SYM_OK || payload == NULL) {
        return err;
    }
    uint8_t *first = payload + 1;
    if (payload[0] == TABLE_ROWS && lies('o')) {
        uint8_t tag[SYM_TABLE_TAG_BYTES];
        memcpy(tag, first, sizeof tag);
        memcpy(first, first + sizeof tag, sizeof tag);
        memcpy(first + sizeof tag, tag, sizeof tag);
    } else if (payload[0] == TABLE_ROWS && lies('d')) {
        memcpy(first + SYM_TABLE_TAG_BYTES, first, SYM_TABLE_TAG_BYTES);
    } else if (payload[0] == TABLE_END && lies('e')) {
        payload[len - 1] ^= 1;
    }
    return err;
}

enum sym_table_want __wrap_sym_table_member_wants(const struct sym_table_member *m)
{
    static const char halts[] = {
        [SYM_TABLE_WANTS_CONSENT] = '1', [SYM_TABLE_WANTS_AGREE] = '2',
        [SYM_TABLE_WANTS_START] = '3',   [SYM_TABLE_WANTS_DEBIT] = '4',
        [SYM_TABLE_WANTS_ROWS] = '5',    [SYM_TABLE_WANTS_KEEP] = '6',
    };
    enum sym_table_want wants = __real_sym_table_member_wants(m);
    if (wants != SYM_TABLE_WANTS_NOTHING && lies(halts[wants])) {
        page[1] = halts[wants];
        wants = SYM_TABLE_WANTS_NOTHING;
    }
    return wants;
}

/* Consented with one secret, it evaluates with another. */
enum sym_err __wrap_sym_table_member_agree(struct sym_table_member *m)
{
    enum sym_err err = __real_sym_table_member_agree(m);
    const struct sym_table_agreed *a = sym_table_member_agreed(m);
    if (err == SYM_OK && lies('s') && a->secret.len > 0) {
        sym_scalar_random((struct sym_scalar *)(uintptr_t)a->secret.data);
    }
    return err;
}

void __wrap_sym_cells_write(uint8_t *out, size_t max, size_t *len, const uint64_t *cells, size_t n,
                            size_t *done)
{
    uint64_t *wrong = lies('c') ? malloc(n * sizeof *wrong) : NULL;
    if (wrong != NULL) {
        memcpy(wrong, cells, n * sizeof *wrong);
        wrong[n - 1]--;
        cells = wrong;
    }
    __real_sym_cells_write(out, max, len, cells, n, done);
    free(wrong);
}
