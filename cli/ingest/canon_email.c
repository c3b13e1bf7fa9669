#include "cli/ingest/canon_run.h"

#include <string.h>

#define LOCAL_BYTES_MAX 64u /* RFC 5321, 4.5.3.1.1 */

/* Providers that deliver several spellings to one mailbox, as their help pages say. */
struct provider {
    const char *domain;
    const char *main_domain; /* the same mailbox there */
    bool dots;               /* ignored */
};

/* All of them ignore what follows a plus. */
static const struct provider providers[] = {
    {"gmail.com", "gmail.com", true},      {"googlemail.com", "gmail.com", true},
    {"outlook.com", "outlook.com", false}, {"hotmail.com", "hotmail.com", false},
    {"live.com", "live.com", false},       {"icloud.com", "icloud.com", false},
    {"me.com", "icloud.com", false},       {"mac.com", "icloud.com", false},
    {"proton.me", "proton.me", true},      {"protonmail.com", "proton.me", true},
    {"pm.me", "proton.me", true},          {"fastmail.com", "fastmail.com", false},
};

struct address {
    uint8_t local[LOCAL_BYTES_MAX];
    size_t local_len;
    uint8_t domain[256];
    size_t domain_len;
};

/* RFC 5322 atext; RFC 6531 adds everything beyond ASCII. */
static bool is_atom_byte(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c >= 0x80 ||
           (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

static enum sym_err check_local(const struct sym_canon_run *run, const struct address *a)
{
    bool dot = true; /* the character before: none is as wrong as a dot */
    for (size_t i = 0; i < a->local_len; i++) {
        uint8_t c = a->local[i];
        if (c == '"' || c == '<' || c == ' ') {
            return sym_canon_refuse(run, SYM_BAD_FORMAT,
                                    "holds more than an address: a quoted part, a space or a name; "
                                    "write name@domain alone");
        }
        if (c == '.' ? dot : !is_atom_byte(c)) {
            return sym_canon_refuse(run, SYM_BAD_FORMAT,
                                    "character %zu before the @ may not stand there", i + 1);
        }
        dot = c == '.';
    }
    return dot ? sym_canon_refuse(run, SYM_BAD_FORMAT,
                                  "the part before the @ is empty or ends in a dot")
               : SYM_OK;
}

static enum sym_err read_local(struct address *a, struct sym_canon_run *run, struct sym_span local)
{
    struct sym_writer w = sym_writer(a->local, sizeof a->local);
    enum sym_err err = sym_unicode_fold(&w, run->unicode, local);
    if (err == SYM_OK) {
        err = w.err;
    }
    if (err != SYM_OK) {
        return sym_canon_refuse(run, err, "the part before the @ %s (%u bytes)", sym_err_text(err),
                                LOCAL_BYTES_MAX);
    }
    a->local_len = w.len;
    sym_canon_step(run, "part before the @, NFKC and case folded", sym_span(a->local, w.len));
    return check_local(run, a);
}

static enum sym_err read_domain(struct address *a, struct sym_canon_run *run,
                                struct sym_span domain)
{
    struct sym_writer w = sym_writer(a->domain, sizeof a->domain);
    enum sym_err err = sym_canon_domain(&w, run, domain, false);
    if (err == SYM_OK) {
        a->domain_len = w.len;
        sym_canon_step(run, "domain in ASCII and lower case", sym_span(a->domain, w.len));
    }
    return err;
}

static const struct provider *provider_of(const struct address *a)
{
    for (size_t i = 0; i < sizeof providers / sizeof *providers; i++) {
        if (sym_span_equal(sym_span(a->domain, a->domain_len),
                           sym_span_text(providers[i].domain))) {
            return &providers[i];
        }
    }
    return NULL;
}

/* What follows a plus, and dots; never all of the mailbox. */
static void apply_provider(struct address *a, struct sym_canon_run *run)
{
    const struct provider *p = provider_of(a);
    if (p == NULL) {
        return;
    }
    const uint8_t *plus = memchr(a->local + 1, '+', a->local_len - 1);
    size_t end = plus != NULL ? (size_t)(plus - a->local) : a->local_len;
    size_t len = 0;
    for (size_t i = 0; i < end; i++) {
        if (a->local[i] != '.' || !p->dots) {
            a->local[len++] = a->local[i];
        }
    }
    while (len > 0 && a->local[len - 1] == '.') {
        len--; /* "name.+tag" */
    }
    a->local_len = len;
    a->domain_len = strlen(p->main_domain);
    memcpy(a->domain, p->main_domain, a->domain_len);
    sym_canon_step(run, "as the provider delivers it", sym_span(a->local, len));
}

enum sym_err sym_canon_email(struct sym_canon_run *run)
{
    struct address a;
    struct sym_span v = run->value;
    const uint8_t *at = memrchr(v.data, '@', v.len);
    if (at == NULL) {
        return sym_canon_refuse(run, SYM_BAD_FORMAT, "has no @");
    }
    size_t before = (size_t)(at - v.data);
    enum sym_err err = read_local(&a, run, sym_span(v.data, before));
    if (err == SYM_OK) {
        err = read_domain(&a, run, sym_span(at + 1, v.len - before - 1));
    }
    if (err != SYM_OK) {
        return err;
    }
    if (run->rules->email_providers) {
        apply_provider(&a, run);
    }
    sym_write_bytes(&run->out, a.local, a.local_len);
    sym_write_u8(&run->out, '@');
    sym_write_bytes(&run->out, a.domain, a.domain_len);
    return SYM_OK;
}
