#include "cli/ui/door.h"

#include <stdio.h>
#include <string.h>

#define RANDOM_BYTES (SYM_DOOR_DIGITS / 2u)

/* Hex digits of random bytes, without a terminator. */
static enum sym_err make_secret(struct sym_secret *out)
{
    uint8_t bytes[RANDOM_BYTES];
    char text[SYM_DOOR_DIGITS + 1];
    sym_random(bytes, sizeof bytes);
    sym_hex(text, bytes, sizeof bytes);
    enum sym_err err = sym_secret_copy(out, sym_span((const uint8_t *)text, SYM_DOOR_DIGITS));
    sym_wipe(bytes, sizeof bytes);
    sym_wipe(text, sizeof text);
    return err;
}

enum sym_err sym_door_open(struct sym_door *d, uint16_t port)
{
    (void)snprintf(d->host, sizeof d->host, "127.0.0.1:%u", (unsigned)port);
    (void)snprintf(d->origin, sizeof d->origin, "http://%s", d->host);
    return make_secret(&d->token);
}

void sym_door_clear(struct sym_door *d)
{
    sym_secret_clear(&d->token);
    sym_secret_clear(&d->session);
}

unsigned sym_door_check_origin(const struct sym_door *d, const struct sym_http_request *r)
{
    if (r->repeated) {
        return 400;
    }
    if (r->host == NULL || strcmp(r->host, d->host) != 0) {
        return 421;
    }
    if (r->origin != NULL && strcmp(r->origin, d->origin) != 0) {
        return 403;
    }
    /* "none" is the person's own doing: the redirect file, the address bar, a reload. */
    bool own =
        r->site == NULL || strcmp(r->site, "same-origin") == 0 || strcmp(r->site, "none") == 0;
    /* The redirect file is another site to browsers that count files as such. It may open the page,
     * which holds nothing, and no more. */
    bool opens = strcmp(r->method, "GET") == 0 && strcmp(r->path, "/") == 0;
    return own || opens ? 0 : 403;
}

/* What follows "Bearer ", when it is as long as it has to be. */
static bool carries(const struct sym_http_request *r, const struct sym_secret *secret)
{
    static const char scheme[] = "Bearer ";
    const size_t before = sizeof scheme - 1;
    const char *given = r->authorization;
    return given != NULL && secret->len == SYM_DOOR_DIGITS && strncmp(given, scheme, before) == 0 &&
           strlen(given) == before + SYM_DOOR_DIGITS &&
           sym_equal(given + before, secret->data, SYM_DOOR_DIGITS);
}

unsigned sym_door_check_session(const struct sym_door *d, const struct sym_http_request *r)
{
    return carries(r, &d->session) ? 0 : 401;
}

unsigned sym_door_take_token(struct sym_door *d, const struct sym_http_request *r)
{
    if (!carries(r, &d->token) || make_secret(&d->session) != SYM_OK) {
        return 401;
    }
    sym_secret_clear(&d->token);
    return 0;
}
