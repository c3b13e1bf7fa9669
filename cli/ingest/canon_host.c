#include "cli/ingest/canon_run.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

/* RFC 1035, without the dot of the root. */
#define NAME_BYTES_MAX  253u
#define LABEL_BYTES_MAX 63u

/* "xn--" begins a label that only UTS 46 can judge. */
static bool has_encoded_label(struct sym_span name)
{
    for (size_t i = 0; i + 4 <= name.len; i++) {
        if ((i == 0 || name.data[i - 1] == '.') &&
            strncasecmp((const char *)name.data + i, "xn--", 4) == 0) {
            return true;
        }
    }
    return false;
}

static enum sym_err to_ascii(struct sym_writer *out, const struct sym_canon_run *run,
                             struct sym_span name)
{
    if (sym_is_ascii(name) && !has_encoded_label(name)) {
        for (size_t i = 0; i < name.len; i++) {
            sym_write_u8(out, sym_to_lower(name.data[i]));
        }
        return SYM_OK;
    }
    enum sym_err err = sym_unicode_domain(out, run->unicode, name);
    return err == SYM_OK
               ? err
               : sym_canon_refuse(run, SYM_BAD_VALUE,
                                  "the domain is no internationalised name that UTS 46 allows");
}

static bool is_label_byte(uint8_t c, bool underscores)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           (underscores && c == '_');
}

static bool is_label(const uint8_t *label, size_t len, bool underscores)
{
    if (len == 0 || len > LABEL_BYTES_MAX || label[0] == '-' || label[len - 1] == '-') {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        if (!is_label_byte(label[i], underscores)) {
            return false;
        }
    }
    return true;
}

static enum sym_err check_labels(const struct sym_canon_run *run, struct sym_span name,
                                 bool underscores)
{
    size_t labels = 0;
    for (size_t at = 0; at <= name.len; labels++) {
        const uint8_t *dot = at < name.len ? memchr(name.data + at, '.', name.len - at) : NULL;
        size_t end = dot != NULL ? (size_t)(dot - name.data) : name.len;
        if (!is_label(name.data + at, end - at, underscores)) {
            return sym_canon_refuse(run, SYM_BAD_FORMAT,
                                    "part %zu of the domain is empty, longer than %u characters, "
                                    "or not made of letters, digits and inner hyphens",
                                    labels + 1, LABEL_BYTES_MAX);
        }
        at = end + 1;
    }
    if (labels < 2) {
        return sym_canon_refuse(run, SYM_BAD_FORMAT, "the domain has no dot");
    }
    return SYM_OK;
}

/* "[2001:db8::1]" */
static enum sym_err write_ipv6(struct sym_writer *out, const struct sym_canon_run *run,
                               struct sym_span host)
{
    char text[INET6_ADDRSTRLEN + 1];
    struct in6_addr address;
    size_t len = host.len - 2;
    if (len < sizeof text) {
        memcpy(text, host.data + 1, len);
        text[len] = '\0';
    }
    if (len >= sizeof text || inet_pton(AF_INET6, text, &address) != 1 ||
        inet_ntop(AF_INET6, &address, text, sizeof text) == NULL) {
        return sym_canon_refuse(run, SYM_BAD_FORMAT, "the host in brackets is no IPv6 address");
    }
    sym_write_u8(out, '[');
    sym_write_span(out, sym_span_text(text));
    sym_write_u8(out, ']');
    return SYM_OK;
}

enum sym_err sym_canon_domain(struct sym_writer *out, struct sym_canon_run *run,
                              struct sym_span name, bool underscores)
{
    uint8_t ascii[NAME_BYTES_MAX + 1];
    struct sym_writer w = sym_writer(ascii, sizeof ascii);
    struct sym_span done = {NULL, 0};
    if (name.len > 2 && name.data[0] == '[' && name.data[name.len - 1] == ']') {
        return write_ipv6(out, run, name);
    }
    enum sym_err err = to_ascii(&w, run, name);
    if (err != SYM_OK) {
        return err;
    }
    if (sym_write_end(&w, &done) == SYM_OK && done.len > 0 && done.data[done.len - 1] == '.') {
        done.len--; /* the root, which nobody has to write */
    }
    if (w.err != SYM_OK || done.len > NAME_BYTES_MAX) {
        return sym_canon_refuse(run, SYM_TOO_LONG, "the domain is longer than %u bytes",
                                NAME_BYTES_MAX);
    }
    err = check_labels(run, done, underscores);
    if (err == SYM_OK) {
        sym_write_span(out, done);
    }
    return err;
}
