/* Which card may follow the one that is pinned. */
#include "tests/crypto/card_case.h"

/* What accept says to an edit of a card that follows the pinned one. */
struct following {
    struct sym_card pinned, card;
    struct sym_node_id self;
};

static struct following follow(void)
{
    struct following f = {.self = {{1}}};
    struct sym_node_keys keys = keys_of(10);
    f.pinned = card_of(&keys);
    f.card = f.pinned;
    f.card.serial++;
    sym_node_keys_clear(&keys);
    return f;
}

static enum sym_err accept(const struct following *f, int64_t now_s)
{
    struct sym_fault fault = {SYM_OK, ""};
    enum sym_err err = sym_card_accept(&f->card, &f->pinned, &f->self, now_s, &fault);
    assert_int_equal(fault.err, err);
    assert_int_equal(strncmp(fault.text, "card: ", 6) == 0, err != SYM_OK);
    return err;
}

static void accepts_the_first_a_newer_and_the_very_same_card(void **state)
{
    (void)state;
    struct following f = follow();
    assert_int_equal(sym_card_accept(&f.card, NULL, &f.self, ISSUED, NULL), SYM_OK);
    assert_int_equal(accept(&f, ISSUED), SYM_OK);
    f.card = f.pinned;
    assert_int_equal(accept(&f, ISSUED), SYM_OK);
    f.card.serial = UINT64_MAX;
    assert_int_equal(accept(&f, EXPIRES - 1), SYM_OK);
    assert_int_equal(accept(&f, ISSUED - DAY_S), SYM_OK);
}

static void refuses_an_expired_card_and_one_from_the_future(void **state)
{
    (void)state;
    struct following f = follow();
    assert_int_equal(accept(&f, EXPIRES), SYM_EXPIRED);
    assert_int_equal(accept(&f, INT64_MAX), SYM_EXPIRED);
    assert_int_equal(accept(&f, ISSUED - DAY_S - 1), SYM_STALE);
    assert_int_equal(accept(&f, 0), SYM_STALE);
    assert_int_equal(sym_card_accept(&f.card, NULL, &f.self, EXPIRES, NULL), SYM_EXPIRED);
}

static void refuses_an_older_serial_and_the_same_with_other_contents(void **state)
{
    (void)state;
    struct following f = follow();
    f.card.serial = f.pinned.serial - 1;
    assert_int_equal(accept(&f, ISSUED), SYM_OLDER);
    for (size_t i = 0; i < 12; i++) {
        f.card = f.pinned;
        switch (i) {
        case 0:
            f.card.name[0] = 'b';
            break;
        case 1:
            f.card.role = SYM_ROLE_NGO;
            break;
        case 2:
            f.card.issued_s--;
            break;
        case 3:
            f.card.expires_s++;
            break;
        case 4:
            f.card.tls[0][31] ^= 1;
            break;
        case 5:
            f.card.n_tls = 2;
            break;
        case 6:
            f.card.exchange[0][0] ^= 1;
            break;
        case 7:
            f.card.n_exchange = 2;
            break;
        case 8:
            f.card.log[5] ^= 1;
            break;
        case 9:
            f.card.cosign[5] ^= 1;
            break;
        case 10:
            f.card.endpoint[0][0] = 'x';
            break;
        case 11:
            f.card.n_endpoint = 0;
            break;
        default:
            break;
        }
        assert_int_equal(accept(&f, ISSUED), SYM_EXISTS);
    }
    f.card = f.pinned;
    f.card.has_previous = true;
    assert_int_equal(accept(&f, ISSUED), SYM_EXISTS);
}

static void refuses_our_own_card(void **state)
{
    (void)state;
    struct following f = follow();
    sym_node_id_of(&f.self, f.card.identity);
    assert_int_equal(accept(&f, ISSUED), SYM_SELF);
    assert_int_equal(sym_card_accept(&f.card, NULL, &f.self, ISSUED, NULL), SYM_SELF);
}

static void a_new_identity_needs_the_old_ones_signature(void **state)
{
    (void)state;
    struct following f = follow();
    struct sym_node_keys old = keys_of(10);
    struct sym_node_keys new_keys = keys_of(50);
    struct sym_card card = card_of(&new_keys);
    card.serial = f.pinned.serial + 1;
    struct text t = written(&card, &new_keys.identity, NULL);
    assert_int_equal(parse(&f.card, &t, NULL), SYM_OK);
    assert_int_equal(accept(&f, ISSUED), SYM_DENIED);

    card.has_previous = true;
    memcpy(card.previous, old.identity.public_key, sizeof card.previous);
    t = written(&card, &new_keys.identity, &old.identity);
    assert_int_equal(parse(&f.card, &t, NULL), SYM_OK);
    assert_int_equal(accept(&f, ISSUED), SYM_OK);

    /* A rotation that was overtaken by a newer card of the old identity stays refused. */
    f.pinned.serial = card.serial + 1;
    assert_int_equal(accept(&f, ISSUED), SYM_OLDER);
    f.pinned.serial = card.serial;
    assert_int_equal(accept(&f, ISSUED), SYM_EXISTS);
    f.pinned.serial = 1;
    f.pinned.identity[0] ^= 1;
    assert_int_equal(accept(&f, ISSUED), SYM_DENIED);
    sym_node_keys_clear(&old);
    sym_node_keys_clear(&new_keys);
}

/* The new identity alone claims to follow the old one. */
static void refuses_a_rotation_that_the_old_identity_did_not_sign(void **state)
{
    (void)state;
    struct sym_node_keys old = keys_of(10);
    struct sym_node_keys new_keys = keys_of(50);
    struct sym_card card = card_of(&new_keys);
    struct text t = {.len = 0};
    struct sym_fault fault;
    card.has_previous = true;
    memcpy(card.previous, old.identity.public_key, sizeof card.previous);
    assert_int_equal(sym_card_write(t.data, sizeof t.data, &t.len, &card, &new_keys.identity,
                                    &new_keys.log, &fault),
                     SYM_BAD_SIGNATURE);
    t = written(&card, &new_keys.identity, &old.identity);
    const char *line = strstr(t.data, "previous-signature: ");
    char removed[160];
    assert_non_null(line);
    (void)snprintf(removed, sizeof removed, "%.*s", (int)(strchr(line, '\n') + 1 - line), line);
    struct text without = replaced(&t, removed, "");
    assert_refused(&without, SYM_BAD_FORMAT,
                   "card:14: this should be the line \"previous-signature");
    sym_node_keys_clear(&old);
    sym_node_keys_clear(&new_keys);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_the_first_a_newer_and_the_very_same_card),
        cmocka_unit_test(refuses_an_expired_card_and_one_from_the_future),
        cmocka_unit_test(refuses_an_older_serial_and_the_same_with_other_contents),
        cmocka_unit_test(refuses_our_own_card),
        cmocka_unit_test(a_new_identity_needs_the_old_ones_signature),
        cmocka_unit_test(refuses_a_rotation_that_the_old_identity_did_not_sign),
    };
    return sym_crypto_init() == SYM_OK ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
