#include "cli/ingest/csv.h"

#include "cli/file.h"
#include "cli/pause.h"
#include "crypto/text.h"

#include <csv.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define BUFFER_BYTES 262144u
#define FIELD_BLOCK  4096u /* by which libcsv grows its buffer */
#define SILENCE_MS   60000 /* of a pipe: a query that fills it may take its time */
#define LOOK_MS      200   /* how soon an interrupt is noticed */

/* The texts below say these numbers. */
_Static_assert(SYM_CSV_COLUMNS_MAX == 512 && SYM_CSV_ROW_BYTES_MAX == 1u << 20 &&
                   SYM_CSV_FIELD_BYTES_MAX == 1u << 16,
               "limits of CSV files");
_Static_assert(BUFFER_BYTES > SYM_CSV_FIELD_BYTES_MAX,
               "a line without end is noticed in one piece");

struct sym_csv {
    struct csv_parser parser;
    int fd;
    char *name;
    uint64_t total;
    struct timespec written; /* when the file was, last, before it was opened */
    uint64_t done;
    bool ended; /* nothing more to read */
    bool began; /* the start of the file was looked at */
    bool any;   /* rows were seen */
    uint8_t *buffer;
    size_t at, len; /* of the buffer: what was parsed, what was read */
    uint64_t line;  /* of the next byte */
    struct {
        struct sym_span fields[SYM_CSV_COLUMNS_MAX]; /* data is set when the row is complete */
        size_t n;
        uint8_t *bytes;
        size_t len, max;
        uint64_t line;
        bool begun, complete;
    } row;
    enum sym_err err; /* of the callbacks */
    const char *why;
};

static enum sym_err fail(const struct sym_csv *csv, enum sym_err err, uint64_t line,
                         const char *why, struct sym_fault *fault)
{
    return sym_fail(fault, err, "%s:%" PRIu64 ": %s", csv->name, line, why);
}

static void stop(struct sym_csv *csv, enum sym_err err, const char *why)
{
    if (csv->err == SYM_OK) {
        csv->err = err;
        csv->why = why;
    }
}

static int no_space(unsigned char c)
{
    (void)c;
    return 0;
}

static bool make_room(struct sym_csv *csv, size_t len)
{
    size_t needed = csv->row.len + len;
    if (needed <= csv->row.max) {
        return true;
    }
    size_t max = needed < SYM_CSV_ROW_BYTES_MAX / 2 ? 2 * needed : SYM_CSV_ROW_BYTES_MAX;
    uint8_t *bytes = realloc(csv->row.bytes, max);
    if (bytes == NULL) {
        return false;
    }
    csv->row.bytes = bytes;
    csv->row.max = max;
    return true;
}

static void take_field(void *data, size_t len, void *context)
{
    struct sym_csv *csv = context;
    if (csv->row.n == SYM_CSV_COLUMNS_MAX) {
        stop(csv, SYM_LIMIT, "has more than 512 columns; is this the right delimiter?");
    } else if (len > SYM_CSV_ROW_BYTES_MAX - csv->row.len) {
        stop(csv, SYM_TOO_LONG, "the row is longer than 1 MiB");
    } else if (!make_room(csv, len)) {
        stop(csv, SYM_NO_MEMORY, "the row does not fit into memory");
    }
    if (csv->err != SYM_OK) {
        return;
    }
    if (len > 0) {
        memcpy(csv->row.bytes + csv->row.len, data, len);
    }
    csv->row.fields[csv->row.n++].len = len;
    csv->row.len += len;
}

static void end_row(int character, void *context)
{
    struct sym_csv *csv = context;
    (void)character;
    csv->row.complete = true;
}

static enum sym_err init(struct sym_csv *csv, const char *path, char delimiter)
{
    csv->fd = -1;
    csv->line = 1;
    csv->buffer = malloc(BUFFER_BYTES);
    char shown[SYM_FAULT_BYTES];
    csv->name = strdup(strcmp(path, "-") == 0 ? "standard input" : sym_file_show(shown, path));
    if (csv->buffer == NULL || csv->name == NULL) {
        return SYM_NO_MEMORY;
    }
    (void)csv_init(&csv->parser, CSV_STRICT | CSV_STRICT_FINI);
    csv_set_delim(&csv->parser, (unsigned char)delimiter);
    csv_set_space_func(&csv->parser, no_space);
    csv_set_blk_size(&csv->parser, FIELD_BLOCK);
    return SYM_OK;
}

static enum sym_err open_file(struct sym_csv *csv, const char *path, struct sym_fault *fault)
{
    struct stat st;
    csv->fd = strcmp(path, "-") == 0 ? dup(STDIN_FILENO)
                                     : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (csv->fd < 0 || fstat(csv->fd, &st) != 0) {
        return sym_file_fault(fault, csv->name);
    }
    if (S_ISDIR(st.st_mode)) {
        return sym_fail(fault, SYM_IO, "%s: is a directory; name a file", csv->name);
    }
    csv->total = S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
    csv->written = st.st_mtim;
    (void)posix_fadvise(csv->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    return SYM_OK;
}

enum sym_err sym_csv_open(struct sym_csv **out, const char *path, char delimiter,
                          struct sym_fault *fault)
{
    struct sym_csv *csv = calloc(1, sizeof *csv);
    enum sym_err err = csv != NULL ? init(csv, path, delimiter) : SYM_NO_MEMORY;
    if (err != SYM_OK) {
        (void)sym_fail(fault, err, "the file %s", sym_err_text(err));
    } else {
        err = open_file(csv, path, fault);
    }
    if (err != SYM_OK) {
        sym_csv_close(csv);
        return err;
    }
    *out = csv;
    return SYM_OK;
}

void sym_csv_close(struct sym_csv *csv)
{
    if (csv == NULL) {
        return;
    }
    csv_free(&csv->parser);
    if (csv->fd >= 0) {
        (void)close(csv->fd);
    }
    free(csv->buffer);
    free(csv->row.bytes);
    free(csv->name);
    free(csv);
}

void sym_csv_position(uint64_t *done, uint64_t *total, const struct sym_csv *csv)
{
    *done = csv->done;
    *total = csv->total;
}

/* A person at a terminal may take all the time, and may want to stop; a pipe into which nobody
 * writes may not. */
static enum sym_err await(const struct sym_csv *csv, struct sym_fault *fault)
{
    struct pollfd input = {.fd = csv->fd, .events = POLLIN};
    const bool patient = isatty(csv->fd) == 1;
    int n = csv->total > 0 ? 1 : 0;
    for (int waited_ms = 0; n == 0; waited_ms += LOOK_MS) {
        if (sym_pause_is_due()) {
            return sym_fail(fault, SYM_CANCELLED, "%s: was not read to its end: interrupted",
                            csv->name);
        }
        if (!patient && waited_ms >= SILENCE_MS) {
            return sym_fail(fault, SYM_IO, "%s: nobody has written into this pipe for %d seconds",
                            csv->name, SILENCE_MS / 1000);
        }
        n = poll(&input, 1, LOOK_MS);
    }
    return n > 0 || errno == EINTR ? SYM_OK : sym_file_fault(fault, csv->name);
}

/* Half of a file that another program writes anew is no file. */
static enum sym_err check_unchanged(const struct sym_csv *csv, struct sym_fault *fault)
{
    struct stat st;
    if (csv->total == 0) {
        return SYM_OK;
    }
    if (fstat(csv->fd, &st) != 0) {
        return sym_file_fault(fault, csv->name);
    }
    return (uint64_t)st.st_size == csv->total && st.st_mtim.tv_sec == csv->written.tv_sec &&
                   st.st_mtim.tv_nsec == csv->written.tv_nsec
               ? SYM_OK
               : sym_fail(fault, SYM_IO,
                          "%s: was written to while it was read; try again once the program that "
                          "writes it is done",
                          csv->name);
}

/* Keeps what was not parsed yet and fills up the buffer behind it. */
static enum sym_err refill(struct sym_csv *csv, struct sym_fault *fault)
{
    memmove(csv->buffer, csv->buffer + csv->at, csv->len - csv->at);
    csv->len -= csv->at;
    csv->at = 0;
    while (!csv->ended && csv->len < BUFFER_BYTES) {
        enum sym_err err = await(csv, fault);
        if (err != SYM_OK) {
            return err;
        }
        ssize_t n = read(csv->fd, csv->buffer + csv->len, BUFFER_BYTES - csv->len);
        if (n < 0 && (errno == EINTR || errno == EAGAIN)) {
            continue;
        }
        if (n < 0) {
            return sym_file_fault(fault, csv->name);
        }
        csv->ended = n == 0;
        csv->len += (size_t)n;
        csv->done += (uint64_t)n;
    }
    return csv->ended ? check_unchanged(csv, fault) : SYM_OK;
}

static bool starts_with(const struct sym_csv *csv, const char *bytes, size_t n)
{
    return csv->len >= n && memcmp(csv->buffer, bytes, n) == 0;
}

/* The start of a file tells what it is, when it is no CSV. */
static enum sym_err look_at_start(struct sym_csv *csv, struct sym_fault *fault)
{
    csv->began = true;
    if (starts_with(csv, "\xef\xbb\xbf", 3)) {
        csv->at = 3;
    } else if (starts_with(csv, "\xff\xfe", 2) || starts_with(csv, "\xfe\xff", 2)) {
        return fail(csv, SYM_BAD_FORMAT, 1, "is UTF-16; save it as \"CSV UTF-8\"", fault);
    } else if (starts_with(csv, "PK\x03\x04", 4)) {
        return fail(csv, SYM_BAD_FORMAT, 1,
                    "is a spreadsheet or an archive; export the table as CSV", fault);
    } else if (starts_with(csv, "\x1f\x8b", 2)) {
        return fail(csv, SYM_BAD_FORMAT, 1, "is compressed; unpack it first", fault);
    }
    return SYM_OK;
}

/* Length of the next piece: a line with its end; without one all that is there, less a character
 * or a line end that is cut off by the end of the buffer. */
static size_t next_piece(const struct sym_csv *csv)
{
    const uint8_t *from = csv->buffer + csv->at;
    size_t len = csv->len - csv->at;
    const uint8_t *end = memchr(from, '\n', len);
    if (end != NULL) {
        return (size_t)(end - from) + 1;
    }
    if (csv->ended) {
        return len;
    }
    if (from[len - 1] == '\r') {
        return len - 1;
    }
    size_t whole = len;
    while (whole > 0 && len - whole < 3 && (from[whole - 1] & 0xc0) == 0x80) {
        whole--;
    }
    return whole > 0 && from[whole - 1] >= 0xc0 ? whole - 1 : len;
}

static bool eight_plain_bytes(const uint8_t *at)
{
    uint64_t v;
    memcpy(&v, at, sizeof v);
    uint64_t zero = (v - 0x0101010101010101) & ~v;
    return ((v | zero) & 0x8080808080808080) == 0;
}

/* All characters are UTF-8 and none is NUL. */
static enum sym_err check_text(const struct sym_csv *csv, struct sym_span text,
                               struct sym_fault *fault)
{
    uint32_t c = 0;
    while (text.len > 0) {
        size_t plain = text.len >= 8 && eight_plain_bytes(text.data) ? 8 : 0;
        if (plain > 0) {
            text = sym_span(text.data + plain, text.len - plain);
        } else if (!sym_text_next(&c, &text)) {
            return sym_fail(fault, SYM_BAD_FORMAT,
                            "%s:%" PRIu64 ": byte 0x%02x is not UTF-8; save the file as UTF-8, or "
                            "convert it: \"iconv -f WINDOWS-1252 -t UTF-8 FILE > NEW\"",
                            csv->name, csv->line, text.data[0]);
        } else if (c == 0) {
            return fail(csv, SYM_BAD_FORMAT, csv->line,
                        "holds a NUL byte: it is binary, or damaged", fault);
        }
    }
    return SYM_OK;
}

static bool is_blank(struct sym_span line)
{
    for (size_t i = 0; i < line.len; i++) {
        if (line.data[i] != '\r' && line.data[i] != '\n') {
            return false;
        }
    }
    return true;
}

static enum sym_err check_parser(struct sym_csv *csv, bool parsed, struct sym_fault *fault)
{
    if (csv->err != SYM_OK) {
        return fail(csv, csv->err, csv->row.line, csv->why, fault);
    }
    if (csv_error(&csv->parser) == CSV_ENOMEM) {
        return fail(csv, SYM_NO_MEMORY, csv->row.line, "the row does not fit into memory", fault);
    }
    if (!parsed) {
        return fail(csv, SYM_BAD_FORMAT, csv->line,
                    "a quotation mark inside a field, or text behind a closing one; quote the "
                    "whole field and double the marks in it",
                    fault);
    }
    return SYM_OK;
}

/* The field that is still open, and those of the row. */
static enum sym_err check_sizes(const struct sym_csv *csv, struct sym_fault *fault)
{
    bool too_long = csv->parser.entry_pos > SYM_CSV_FIELD_BYTES_MAX;
    for (size_t i = 0; i < csv->row.n && !too_long; i++) {
        too_long = csv->row.fields[i].len > SYM_CSV_FIELD_BYTES_MAX;
    }
    return too_long ? fail(csv, SYM_TOO_LONG, csv->row.line,
                           "a field of the row that starts here is longer than 64 KiB; is a "
                           "closing quotation mark missing?",
                           fault)
                    : SYM_OK;
}

/* Length of the line end of a piece, if it has one. */
static size_t line_end(const struct sym_csv *csv, struct sym_span piece)
{
    size_t len = piece.len > 0 && piece.data[piece.len - 1] == '\n' ? 1 : 0;
    bool may_follow = len > 0 || csv->ended;
    return may_follow && piece.len > len && piece.data[piece.len - 1 - len] == '\r' ? len + 1 : len;
}

/* A row that ends before the line does was ended by a carriage return. */
static enum sym_err feed(struct sym_csv *csv, struct sym_span piece, struct sym_fault *fault)
{
    size_t body = piece.len - line_end(csv, piece);
    size_t parsed = csv_parse(&csv->parser, piece.data, body, take_field, end_row, csv);
    enum sym_err err = check_parser(csv, parsed == body, fault);
    if (err == SYM_OK && csv->row.complete) {
        return fail(csv, SYM_BAD_FORMAT, csv->line,
                    "a carriage return alone ends a row; save the file with line ends LF or CR LF",
                    fault);
    }
    if (err == SYM_OK) {
        parsed +=
            csv_parse(&csv->parser, piece.data + body, piece.len - body, take_field, end_row, csv);
        err = check_parser(csv, parsed == piece.len, fault);
    }
    return err;
}

static enum sym_err parse_piece(struct sym_csv *csv, struct sym_fault *fault)
{
    struct sym_span piece = sym_span(csv->buffer + csv->at, next_piece(csv));
    enum sym_err err = check_text(csv, piece, fault);
    if (err != SYM_OK) {
        return err;
    }
    if (!csv->row.begun && !is_blank(piece)) {
        csv->row.begun = true;
        csv->row.line = csv->line;
    }
    err = feed(csv, piece, fault);
    if (err == SYM_OK) {
        err = check_sizes(csv, fault);
    }
    csv->at += piece.len;
    csv->line += piece.len > 0 && piece.data[piece.len - 1] == '\n' ? 1 : 0;
    return err;
}

static enum sym_err finish(struct sym_csv *csv, struct sym_fault *fault)
{
    if (csv_fini(&csv->parser, take_field, end_row, csv) != 0) {
        return fail(csv, SYM_BAD_FORMAT, csv->row.line,
                    "the row that starts here ends inside quotes with the file: a closing "
                    "quotation mark is missing, or the file was cut off",
                    fault);
    }
    return check_parser(csv, true, fault);
}

static void deliver(struct sym_csv_row *row, struct sym_csv *csv, bool unended)
{
    size_t at = 0;
    for (size_t i = 0; i < csv->row.n; i++) {
        size_t len = csv->row.fields[i].len;
        csv->row.fields[i] = len > 0 ? sym_span(csv->row.bytes + at, len) : sym_span(NULL, 0);
        at += len;
    }
    csv->any = true;
    *row = (struct sym_csv_row){
        .fields = csv->row.fields, .n = csv->row.n, .line = csv->row.line, .unended = unended};
}

static void begin_row(struct sym_csv *csv)
{
    csv->row.n = 0;
    csv->row.len = 0;
    csv->row.begun = false;
    csv->row.complete = false;
}

enum sym_err sym_csv_next(struct sym_csv_row *row, struct sym_csv *csv, struct sym_fault *fault)
{
    enum sym_err err = SYM_OK;
    begin_row(csv);
    while (err == SYM_OK && !csv->row.complete) {
        bool line_ends = memchr(csv->buffer + csv->at, '\n', csv->len - csv->at) != NULL;
        if (!csv->ended && !line_ends) {
            err = refill(csv, fault);
        }
        if (err == SYM_OK && !csv->began) {
            err = look_at_start(csv, fault);
        }
        if (err == SYM_OK && csv->at == csv->len && csv->ended) {
            break;
        }
        err = err == SYM_OK ? parse_piece(csv, fault) : err;
    }
    if (err != SYM_OK) {
        return err;
    }
    if (csv->row.complete) {
        deliver(row, csv, csv->ended && csv->at == csv->len && csv->buffer[csv->len - 1] != '\n');
        return SYM_OK;
    }
    err = finish(csv, fault);
    if (err == SYM_OK && csv->row.complete) {
        deliver(row, csv, true);
    } else if (err == SYM_OK && !csv->any) {
        err = fail(csv, SYM_BAD_FORMAT, 1, "is empty; the first row names the columns", fault);
    } else if (err == SYM_OK) {
        *row = (struct sym_csv_row){.n = 0};
    }
    return err;
}
