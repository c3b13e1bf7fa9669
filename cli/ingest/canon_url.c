#include "cli/ingest/canon_run.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define SCHEME_BYTES_MAX 16u
#define SEGMENTS_MAX     128u
#define PORT_MAX         65535u

/* Query parameters that tell where a visitor came from, not what is shown. A trailing * stands for
 * any ending. */
static const char *const tracking[] = {
    "utm_*", "fbclid",  "gclid",   "gclsrc", "dclid", "gbraid", "wbraid",  "msclkid",
    "yclid", "twclid",  "ttclid",  "igshid", "igsh",  "mc_cid", "mc_eid",  "_ga",
    "_gl",   "mkt_tok", "vero_id", "_hsenc", "_hsmi", "s_cid",  "srsltid",
};

/* A web address in pieces; each borrows from the value. */
struct pieces {
    struct sym_span scheme, host, path, query;
    unsigned port; /* 0: none */
};

static bool is_alnum(uint8_t c)
{
    return (sym_to_lower(c) >= 'a' && sym_to_lower(c) <= 'z') || sym_is_digit(c);
}

/* Cuts text at the first byte of any; the rest, with that byte, is returned. */
static struct sym_span cut(struct sym_span *text, const char *any)
{
    size_t at = 0;
    while (at < text->len && strchr(any, text->data[at]) == NULL) {
        at++;
    }
    struct sym_span rest = sym_span(text->data + at, text->len - at);
    text->len = at;
    return rest;
}

static bool is_scheme(struct sym_span s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (!is_alnum(s.data[i]) && (i == 0 || strchr("+.-", s.data[i]) == NULL)) {
            return false;
        }
    }
    return s.len > 0 && s.len <= SCHEME_BYTES_MAX && s.data[0] > '9';
}

/* Takes ":port" off the host; a host in brackets has colons of its own. */
static bool cut_port(struct pieces *p)
{
    const uint8_t *bracket = memchr(p->host.data, ']', p->host.len);
    size_t from = bracket != NULL ? (size_t)(bracket - p->host.data) : 0;
    const uint8_t *colon = memchr(p->host.data + from, ':', p->host.len - from);
    if (colon == NULL) {
        return true;
    }
    const uint8_t *end = p->host.data + p->host.len;
    p->host.len = (size_t)(colon - p->host.data);
    for (const uint8_t *at = colon + 1; at < end; at++) {
        if (*at < '0' || *at > '9' || p->port > PORT_MAX) {
            return false;
        }
        p->port = 10 * p->port + (unsigned)(*at - '0');
    }
    return p->port <= PORT_MAX;
}

static enum sym_err cut_pieces(struct pieces *p, const struct sym_canon_run *run)
{
    static const char https[] = "https";
    struct sym_span rest = run->value;
    const uint8_t *mark = memmem(rest.data, rest.len, "://", 3);
    *p = (struct pieces){.scheme = sym_span_text(https)};
    if (mark != NULL && is_scheme(sym_span(rest.data, (size_t)(mark - rest.data)))) {
        p->scheme = sym_span(rest.data, (size_t)(mark - rest.data));
        rest = sym_span(mark + 3, rest.len - p->scheme.len - 3);
    }
    p->host = rest;
    p->path = cut(&p->host, "/?#");
    (void)cut(&p->path, "#");
    p->query = cut(&p->path, "?");
    if (memchr(p->host.data, '@', p->host.len) != NULL) {
        return sym_canon_refuse(run, SYM_BAD_FORMAT,
                                "holds a user name before the host; an e-mail address is of type "
                                "email");
    }
    if (!cut_port(p)) {
        return sym_canon_refuse(run, SYM_BAD_FORMAT, "what follows the host is no port number");
    }
    return p->host.len > 0 ? SYM_OK : sym_canon_refuse(run, SYM_BAD_FORMAT, "has no host");
}

static bool is_default_port(const struct pieces *p)
{
    bool http = p->scheme.len == 4 && strncasecmp((const char *)p->scheme.data, "http", 4) == 0;
    bool https = p->scheme.len == 5 && strncasecmp((const char *)p->scheme.data, "https", 5) == 0;
    return p->port == 0 || (http && p->port == 80) || (https && p->port == 443);
}

static int hex_value(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = sym_to_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool is_unreserved(uint8_t c)
{
    return is_alnum(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

static void write_escaped(struct sym_writer *out, uint8_t c)
{
    static const char hex[] = "0123456789ABCDEF";
    sym_write_u8(out, '%');
    sym_write_u8(out, (uint8_t)hex[c >> 4]);
    sym_write_u8(out, (uint8_t)hex[c & 15]);
}

/* RFC 3986, 6.2.2: escapes in capitals, none where none is needed; what may not stand in an address
 * is escaped, as browsers do. */
static void write_normal(struct sym_writer *out, struct sym_span text)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        int high = c == '%' && text.len - i > 2 ? hex_value(text.data[i + 1]) : -1;
        int low = high >= 0 ? hex_value(text.data[i + 2]) : -1;
        bool escaped = low >= 0;
        if (escaped) {
            c = (uint8_t)(16 * high + low);
            i += 2;
        }
        if (is_unreserved(c) || (!escaped && c < 0x80 && strchr("!$&'()*+,;=:@/?[]", c) != NULL)) {
            sym_write_u8(out, c);
        } else {
            write_escaped(out, c);
        }
    }
}

/* RFC 3986, 5.2.4, on a path that starts with "/" or is empty. */
static enum sym_err write_path(struct sym_canon_run *run, struct sym_span path)
{
    size_t starts[SEGMENTS_MAX];
    size_t n = 0;
    struct sym_writer *out = &run->out;
    const struct sym_span dot = sym_span_text("/.");
    const struct sym_span dots = sym_span_text("/..");
    bool open = path.len == 0; /* ends in a "/" still to be written */
    while (path.len > 0) {
        struct sym_span segment = sym_span(path.data + 1, path.len - 1);
        path = cut(&segment, "/");
        segment = sym_span(segment.data - 1, segment.len + 1);
        open = sym_span_equal(segment, dot) || sym_span_equal(segment, dots);
        if (!open && n == SEGMENTS_MAX) {
            return sym_canon_refuse(run, SYM_TOO_LONG, "the path has more than %u parts",
                                    SEGMENTS_MAX);
        }
        if (!open) {
            starts[n++] = out->len;
            sym_write_span(out, segment);
        } else if (n > 0 && sym_span_equal(segment, dots)) {
            out->len = starts[--n];
        }
    }
    sym_write_bytes(out, "/", open ? 1 : 0);
    return SYM_OK;
}

static bool is_tracking(struct sym_span parameter)
{
    struct sym_span name = parameter;
    (void)cut(&name, "=");
    for (size_t i = 0; i < sizeof tracking / sizeof *tracking; i++) {
        size_t len = strlen(tracking[i]);
        bool any_ending = tracking[i][len - 1] == '*';
        len -= any_ending ? 1 : 0;
        if ((name.len == len || (any_ending && name.len > len)) &&
            strncasecmp((const char *)name.data, tracking[i], len) == 0) {
            return true;
        }
    }
    return false;
}

/* query starts with "?" or is empty. */
static void write_query(struct sym_canon_run *run, struct sym_span query)
{
    char before = '?';
    while (query.len > 0) {
        struct sym_span parameter = sym_span(query.data + 1, query.len - 1);
        query = cut(&parameter, "&");
        if (parameter.len == 0 || (run->rules->url_drop_tracking && is_tracking(parameter))) {
            continue;
        }
        sym_write_u8(&run->out, (uint8_t)before);
        write_normal(&run->out, parameter);
        before = '&';
    }
}

static enum sym_err write_host(struct sym_canon_run *run, const struct pieces *p)
{
    for (size_t i = 0; i < p->scheme.len; i++) {
        sym_write_u8(&run->out, sym_to_lower(p->scheme.data[i]));
    }
    sym_write_span(&run->out, sym_span_text("://"));
    enum sym_err err = sym_canon_domain(&run->out, run, p->host, true);
    if (err == SYM_OK && !is_default_port(p)) {
        char port[16];
        (void)snprintf(port, sizeof port, ":%u", p->port);
        sym_write_span(&run->out, sym_span_text(port));
    }
    return err;
}

enum sym_err sym_canon_url(struct sym_canon_run *run)
{
    uint8_t normal[3 * SYM_CANONICAL_BYTES_MAX];
    struct pieces p;
    struct sym_writer path = sym_writer(normal, sizeof normal);
    enum sym_err err = cut_pieces(&p, run);
    if (err == SYM_OK) {
        err = write_host(run, &p);
    }
    if (err != SYM_OK) {
        return err;
    }
    sym_canon_step(run, "scheme and host in lower case, default port removed",
                   sym_span(run->out.start, run->out.len));
    write_normal(&path, p.path);
    err = write_path(run, sym_span(normal, path.len));
    if (err == SYM_OK) {
        sym_canon_step(run, "path normalised, fragment removed",
                       sym_span(run->out.start, run->out.len));
        write_query(run, p.query);
    }
    return err;
}
