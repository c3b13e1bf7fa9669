#include "cli/ingest/canon_run.h"

#include <string.h>

#define PLATFORM_BYTES_MAX 64u
#define HANDLE_BYTES_MAX   64u

static enum sym_err write_platform(struct sym_canon_run *run)
{
    struct sym_compact platform;
    enum sym_err err = sym_canon_compact(&platform, run, run->part, "platform", "", ".-_");
    if (err != SYM_OK) {
        return err;
    }
    if (platform.len == 0 || platform.len > PLATFORM_BYTES_MAX) {
        return sym_canon_refuse(run, SYM_BAD_FORMAT,
                                "the platform has to be a name such as telegram, or a host such as "
                                "mastodon.social");
    }
    for (size_t i = 0; i < platform.len; i++) {
        char c = platform.text[i];
        sym_write_u8(&run->out, (uint8_t)(sym_is_capital(c) ? c - 'A' + 'a' : c));
    }
    sym_write_u8(&run->out, ':');
    return SYM_OK;
}

/* A folded name with these in it is a web address, or several words. */
static bool is_name(struct sym_span name)
{
    for (size_t i = 0; i < name.len; i++) {
        if (strchr(" /:?#@", name.data[i]) != NULL) {
            return false;
        }
    }
    return name.len > 0;
}

enum sym_err sym_canon_handle(struct sym_canon_run *run)
{
    uint8_t folded[HANDLE_BYTES_MAX];
    struct sym_writer w = sym_writer(folded, sizeof folded);
    struct sym_span name = run->value;
    enum sym_err err = write_platform(run);
    if (err != SYM_OK) {
        return err;
    }
    while (name.len > 0 && (name.data[0] == '@' || name.data[0] == ' ')) {
        name = sym_span(name.data + 1, name.len - 1);
    }
    err = sym_unicode_fold(&w, run->unicode, name);
    if (err == SYM_OK) {
        err = w.err;
    }
    if (err != SYM_OK) {
        return sym_canon_refuse(run, err, "the name %s (%u bytes)", sym_err_text(err),
                                HANDLE_BYTES_MAX);
    }
    if (!is_name(sym_span(folded, w.len))) {
        return sym_canon_refuse(run, SYM_BAD_FORMAT,
                                "the name is empty, or holds a space or one of / : ? # @");
    }
    sym_canon_step(run, "name without @, NFKC and case folded", sym_span(folded, w.len));
    sym_write_bytes(&run->out, folded, w.len);
    return SYM_OK;
}
