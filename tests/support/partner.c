#include "tests/support/partner.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

void partner_open(struct partner *p, const char *name, const char *endpoint)
{
    *p = (struct partner){.card = {.role = SYM_ROLE_BANK,
                                   .serial = 1,
                                   .issued_s = PARTNER_NOW,
                                   .expires_s = PARTNER_NOW + 365 * 86400}};
    assert_int_equal(sym_crypto_init(), SYM_OK);
    assert_int_equal(sym_node_keys_new(&p->keys), SYM_OK);
    sym_card_keys(&p->card, &p->keys);
    sym_node_id_of(&p->id, p->card.identity);
    (void)snprintf(p->card.name, sizeof p->card.name, "%s", name);
    if (endpoint != NULL) {
        (void)snprintf(p->card.endpoint[0], sizeof p->card.endpoint[0], "%s", endpoint);
        p->card.n_endpoint = 1;
    }
    partner_sign(p, NULL);
}

void partner_close(struct partner *p)
{
    sym_node_keys_clear(&p->keys);
}

void partner_sign(struct partner *p, const struct sym_sign_key *previous)
{
    struct sym_fault fault = {.text = ""};
    if (sym_card_write(p->text, sizeof p->text, &p->len, &p->card, &p->keys.identity, previous,
                       &fault) != SYM_OK) {
        fail_msg("%s", fault.text);
    }
}

struct sym_span partner_text(const struct partner *p)
{
    return sym_span(p->text, p->len);
}
