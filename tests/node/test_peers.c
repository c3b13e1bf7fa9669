#include "node/party/peers.h"
#include "tests/support/partner.h"
#include "tests/support/room.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A node with two partners, none of them pinned yet. */
struct fixture {
    struct room room;
    struct partner self;
    struct partner b;
    struct partner c;
    struct sym_peers peers;
    struct sym_fault fault;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    if (f == NULL) {
        return -1;
    }
    room_open(&f->room);
    partner_open(&f->self, "Bank A", "127.0.0.1:7701");
    partner_open(&f->b, "Bank B", "127.0.0.1:7702");
    partner_open(&f->c, "Police", "127.0.0.1:7703");
    assert_int_equal(sym_peers_load(&f->peers, f->room.store, NULL), SYM_OK);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    room_fill_disk(false);
    sym_peers_clear(&f->peers);
    partner_close(&f->self);
    partner_close(&f->b);
    partner_close(&f->c);
    room_close(&f->room);
    free(f);
    return 0;
}

static void restart(struct fixture *f)
{
    sym_peers_clear(&f->peers);
    room_reopen(&f->room);
    assert_int_equal(sym_peers_load(&f->peers, f->room.store, &f->fault), SYM_OK);
}

struct added {
    struct sym_peer *peer;
    struct sym_node_id replaced;
    enum sym_err err;
};

static struct added try_add(struct fixture *f, const struct sym_peer_addition *a)
{
    struct added got = {.peer = NULL};
    f->fault.text[0] = '\0';
    got.err = sym_peers_add(&f->peers, &got.peer, &got.replaced, a, &f->fault);
    assert_int_equal(got.err == SYM_OK, got.peer != NULL);
    assert_int_equal(got.err == SYM_OK, f->fault.text[0] == '\0');
    return got;
}

static struct sym_peer_addition addition(const struct fixture *f, const struct partner *p,
                                         const char *alias)
{
    return (struct sym_peer_addition){.card = partner_text(p),
                                      .alias = sym_span_text(alias),
                                      .self = &f->self.id,
                                      .now_s = PARTNER_NOW + 10};
}

static enum sym_err add(struct fixture *f, const struct partner *p, const char *alias)
{
    struct sym_peer_addition a = addition(f, p, alias);
    return try_add(f, &a).err;
}

static struct sym_peer *named(const struct fixture *f, const char *alias)
{
    return sym_peers_by_alias(&f->peers, sym_span_text(alias));
}

static void keeps_peers_over_a_restart(void **state)
{
    struct fixture *f = *state;
    uint8_t psk[SYM_PSK_BYTES];
    struct sym_peer_addition a = addition(f, &f->c, "police");
    memset(psk, 0x5a, sizeof psk);
    a.psk = sym_span(psk, sizeof psk);
    assert_int_equal(add(f, &f->b, "bank-b"), SYM_OK);
    struct added got = try_add(f, &a);
    assert_int_equal(got.err, SYM_OK);
    assert_true(sym_node_id_equal(&got.replaced, &f->c.id));
    for (int again = 0; again < 2; again++) {
        assert_int_equal(f->peers.n, 2);
        struct sym_peer *b = named(f, "bank-b");
        struct sym_peer *c = sym_peers_by_id(&f->peers, &f->c.id);
        assert_non_null(b);
        assert_non_null(c);
        assert_true(sym_node_id_equal(&b->id, &f->b.id));
        assert_true(sym_card_equal(&b->card, &f->b.card));
        assert_int_equal(b->psk.len, 0);
        assert_string_equal(c->alias, "police");
        assert_int_equal(c->added_s, PARTNER_NOW + 10);
        assert_true(sym_span_equal(sym_secret_span(&c->psk), a.psk));
        restart(f);
    }
    assert_null(named(f, "bank"));
    assert_null(named(f, ""));
    assert_null(sym_peers_by_id(&f->peers, &f->self.id));
}

static void a_card_that_came_by_mail_has_one_form(void **state)
{
    struct fixture *f = *state;
    char mailed[SYM_CARD_BYTES_MAX];
    char text[SYM_CARD_BYTES_MAX];
    size_t n = 0;
    size_t len = 0;
    for (size_t i = 0; i < f->b.len; i++) {
        if (f->b.text[i] == '\n') {
            mailed[n++] = '\r';
        }
        mailed[n++] = f->b.text[i];
        assert_true(n + 2 < sizeof mailed);
    }
    struct sym_peer_addition a = addition(f, &f->b, "bank-b");
    a.card = sym_span((const uint8_t *)mailed, n);
    assert_int_equal(try_add(f, &a).err, SYM_OK);
    restart(f);
    assert_int_equal(sym_peers_card_text(&f->peers, text, sizeof text, &len, &f->b.id), SYM_OK);
    assert_true(n > len);
    assert_int_equal(len, f->b.len);
    assert_memory_equal(text, f->b.text, len);
}

static void replaces_a_card_and_keeps_alias_key_and_date(void **state)
{
    struct fixture *f = *state;
    uint8_t psk[SYM_PSK_BYTES] = {1};
    struct sym_peer_addition a = addition(f, &f->b, "bank-b");
    a.psk = sym_span(psk, sizeof psk);
    assert_int_equal(try_add(f, &a).err, SYM_OK);
    f->b.card.serial = 2;
    (void)snprintf(f->b.card.endpoint[0], sizeof f->b.card.endpoint[0], "b.example:1");
    partner_sign(&f->b, NULL);
    a = addition(f, &f->b, "");
    a.now_s += 5;
    struct added got = try_add(f, &a);
    assert_int_equal(got.err, SYM_OK);
    assert_true(sym_node_id_equal(&got.replaced, &f->b.id));
    for (int again = 0; again < 2; again++) {
        struct sym_peer *b = named(f, "bank-b");
        assert_int_equal(f->peers.n, 1);
        assert_non_null(b);
        assert_int_equal(b->card.serial, 2);
        assert_string_equal(b->card.endpoint[0], "b.example:1");
        assert_true(sym_span_equal(sym_secret_span(&b->psk), sym_span(psk, sizeof psk)));
        assert_int_equal(b->added_s, PARTNER_NOW + 10);
        restart(f);
    }
}

static void refuses_to_give_a_pinned_peer_another_alias(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(add(f, &f->b, "bank-b"), SYM_OK);
    assert_int_equal(add(f, &f->c, "police"), SYM_OK);
    assert_int_equal(add(f, &f->b, "b"), SYM_EXISTS);
    assert_non_null(strstr(f->fault.text, "peer bank-b: is the node of this card"));
    assert_int_equal(add(f, &f->b, "police"), SYM_EXISTS);
    assert_non_null(
        strstr(f->fault.text, "peer police: is another node; this card belongs to bank-b"));
    for (int again = 0; again < 2; again++) {
        assert_int_equal(f->peers.n, 2);
        assert_null(named(f, "b"));
        assert_true(sym_node_id_equal(&named(f, "bank-b")->id, &f->b.id));
        restart(f);
    }
}

static void refuses_an_alias_that_is_none(void **state)
{
    struct fixture *f = *state;
    char long_alias[65];
    memset(long_alias, 'a', sizeof long_alias);
    long_alias[64] = '\0';
    const char *const bad[] = {"", "-b", ".b", "bank b", "bank/b", "b\n", "b\xc3\xa4", long_alias};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(add(f, &f->b, bad[i]), SYM_BAD_VALUE);
        assert_non_null(strstr(f->fault.text, "--alias"));
    }
    assert_int_equal(f->peers.n, 0);
    assert_int_equal(add(f, &f->b, long_alias + 1), SYM_OK);
    restart(f);
    assert_non_null(named(f, long_alias + 1));
}

static void refuses_a_preshared_key_of_another_length(void **state)
{
    struct fixture *f = *state;
    uint8_t psk[SYM_PSK_BYTES + 1] = {1};
    struct sym_peer_addition a = addition(f, &f->b, "bank-b");
    const size_t bad[] = {1, SYM_PSK_BYTES - 1, SYM_PSK_BYTES + 1};
    for (size_t i = 0; i < 3; i++) {
        a.psk = sym_span(psk, bad[i]);
        assert_int_equal(try_add(f, &a).err, SYM_BAD_VALUE);
    }
    assert_int_equal(add(f, &f->b, "bank-b"), SYM_OK);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(sym_peers_set_psk(&f->peers, named(f, "bank-b"), sym_span(psk, bad[i]),
                                           NULL, &f->fault),
                         SYM_BAD_VALUE);
        assert_non_null(strstr(f->fault.text, "32 bytes"));
    }
    restart(f);
    assert_int_equal(named(f, "bank-b")->psk.len, 0);
}

static void refuses_cards_that_do_not_hold(void **state)
{
    struct fixture *f = *state;
    /* Our own, one that has expired, one from the future, one that was edited. */
    assert_int_equal(add(f, &f->self, "me"), SYM_SELF);
    struct sym_peer_addition a = addition(f, &f->b, "bank-b");
    a.now_s = PARTNER_NOW + 366 * 86400;
    assert_int_equal(try_add(f, &a).err, SYM_EXPIRED);
    a.now_s = PARTNER_NOW - 2 * 86400;
    assert_int_equal(try_add(f, &a).err, SYM_STALE);
    f->b.text[f->b.len / 2] ^= 1;
    assert_int_not_equal(add(f, &f->b, "bank-b"), SYM_OK);
    a.card = sym_span(NULL, 0);
    assert_int_not_equal(try_add(f, &a).err, SYM_OK);
    assert_int_equal(f->peers.n, 0);
    assert_int_equal(room_count(&f->room, SYM_TABLE_PEERS), 0);
}

static void refuses_a_card_that_is_older_or_contradicts_the_pinned_one(void **state)
{
    struct fixture *f = *state;
    struct partner other = f->b; /* shares its keys */
    f->b.card.serial = 5;
    partner_sign(&f->b, NULL);
    assert_int_equal(add(f, &f->b, "bank-b"), SYM_OK);
    assert_int_equal(add(f, &other, ""), SYM_OLDER);
    other.card.serial = 5;
    (void)snprintf(other.card.name, sizeof other.card.name, "Bank X");
    partner_sign(&other, NULL);
    assert_int_equal(add(f, &other, ""), SYM_EXISTS);
    restart(f);
    assert_true(sym_card_equal(&named(f, "bank-b")->card, &f->b.card));
    /* The same one again is fine. */
    assert_int_equal(add(f, &f->b, ""), SYM_OK);
}

static void refuses_a_card_that_names_a_key_of_another_peer(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(add(f, &f->b, "bank-b"), SYM_OK);
    for (size_t slot = 0; slot < 2; slot++) {
        struct partner thief = f->c;
        memcpy(thief.card.tls[slot], f->b.card.tls[0], sizeof thief.card.tls[0]);
        thief.card.n_tls = slot + 1;
        partner_sign(&thief, NULL);
        assert_int_equal(add(f, &thief, "police"), SYM_EXISTS);
        assert_non_null(strstr(f->fault.text, "belongs to bank-b"));
        thief = f->c;
        memcpy(thief.card.exchange[slot], f->b.card.exchange[0], sizeof thief.card.exchange[0]);
        thief.card.n_exchange = slot + 1;
        partner_sign(&thief, NULL);
        assert_int_equal(add(f, &thief, "police"), SYM_EXISTS);
    }
    assert_int_equal(add(f, &f->c, "police"), SYM_OK);
    /* Also when the card replaces one that did not. */
    f->c.card.serial = 2;
    memcpy(f->c.card.tls[0], f->b.card.tls[0], sizeof f->c.card.tls[0]);
    partner_sign(&f->c, NULL);
    assert_int_equal(add(f, &f->c, ""), SYM_EXISTS);
    assert_int_equal(named(f, "police")->card.serial, 1);
}

/* A card of new keys that b's identity hands over to. */
static void succeed(struct fixture *f, struct partner *heir)
{
    partner_open(heir, "Bank B", "127.0.0.1:7702");
    heir->card.serial = 2;
    heir->card.has_previous = true;
    memcpy(heir->card.previous, f->b.card.identity, sizeof heir->card.previous);
    partner_sign(heir, &f->b.keys.identity);
}

static void replaces_an_identity_that_signed_its_successor_when_told_to(void **state)
{
    struct fixture *f = *state;
    struct partner heir;
    uint8_t psk[SYM_PSK_BYTES] = {9};
    struct sym_peer_addition a = addition(f, &f->b, "bank-b");
    a.psk = sym_span(psk, sizeof psk);
    assert_int_equal(try_add(f, &a).err, SYM_OK);
    succeed(f, &heir);
    assert_int_equal(add(f, &heir, "bank-b"), SYM_EXISTS);
    assert_non_null(strstr(f->fault.text, "--replace-identity"));
    a = addition(f, &heir, "bank-b");
    a.replace_identity = true;
    struct added got = try_add(f, &a);
    assert_int_equal(got.err, SYM_OK);
    assert_true(sym_node_id_equal(&got.replaced, &f->b.id));
    assert_true(sym_node_id_equal(&got.peer->id, &heir.id));
    for (int again = 0; again < 2; again++) {
        assert_int_equal(f->peers.n, 1);
        assert_null(sym_peers_by_id(&f->peers, &f->b.id));
        assert_true(sym_node_id_equal(&named(f, "bank-b")->id, &heir.id));
        assert_int_equal(named(f, "bank-b")->psk.len, SYM_PSK_BYTES);
        restart(f);
    }
    assert_int_equal(room_count(&f->room, SYM_TABLE_PEERS), 1);
    partner_close(&heir);
}

static void refuses_to_replace_an_identity_that_did_not_sign(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(add(f, &f->b, "bank-b"), SYM_OK);
    struct sym_peer_addition a = addition(f, &f->c, "bank-b");
    a.replace_identity = true;
    assert_int_equal(try_add(f, &a).err, SYM_DENIED);
    restart(f);
    assert_int_equal(f->peers.n, 1);
    assert_true(sym_node_id_equal(&named(f, "bank-b")->id, &f->b.id));
}

static void removes_a_peer_for_good(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(add(f, &f->b, "bank-b"), SYM_OK);
    assert_int_equal(add(f, &f->c, "police"), SYM_OK);
    assert_int_equal(sym_peers_remove(&f->peers, named(f, "bank-b"), NULL, NULL, NULL, &f->fault),
                     SYM_OK);
    for (int again = 0; again < 2; again++) {
        assert_int_equal(f->peers.n, 1);
        assert_null(named(f, "bank-b"));
        assert_non_null(named(f, "police"));
        restart(f);
    }
    assert_int_equal(add(f, &f->b, "bank-b"), SYM_OK);
}

static void sets_replaces_and_removes_a_preshared_key(void **state)
{
    struct fixture *f = *state;
    uint8_t psk[SYM_PSK_BYTES];
    assert_int_equal(add(f, &f->b, "bank-b"), SYM_OK);
    for (uint8_t i = 1; i < 4; i++) {
        struct sym_span key = sym_span(psk, i < 3 ? sizeof psk : 0);
        memset(psk, i, sizeof psk);
        assert_int_equal(sym_peers_set_psk(&f->peers, named(f, "bank-b"), key, NULL, &f->fault),
                         SYM_OK);
        assert_true(sym_span_equal(sym_secret_span(&named(f, "bank-b")->psk), key));
        restart(f);
        assert_true(sym_span_equal(sym_secret_span(&named(f, "bank-b")->psk), key));
        assert_true(sym_card_equal(&named(f, "bank-b")->card, &f->b.card));
    }
}

static void changes_nothing_when_the_disk_is_full(void **state)
{
    struct fixture *f = *state;
    uint8_t psk[SYM_PSK_BYTES] = {1};
    assert_int_equal(add(f, &f->b, "bank-b"), SYM_OK);
    f->b.card.serial = 2;
    partner_sign(&f->b, NULL);
    room_fill_disk(true);
    struct sym_peer_addition new_one = addition(f, &f->c, "police");
    struct sym_peer_addition newer = addition(f, &f->b, "bank-b");
    enum sym_err added = try_add(f, &new_one).err;
    enum sym_err replaced = try_add(f, &newer).err;
    enum sym_err removed = sym_peers_remove(&f->peers, named(f, "bank-b"), NULL, NULL, NULL, NULL);
    enum sym_err keyed = sym_peers_set_psk(&f->peers, named(f, "bank-b"), sym_span(psk, sizeof psk),
                                           NULL, &f->fault);
    room_fill_disk(false);
    assert_int_equal(added, SYM_NO_SPACE);
    assert_int_equal(replaced, SYM_NO_SPACE);
    assert_int_equal(removed, SYM_NO_SPACE);
    assert_int_equal(keyed, SYM_NO_SPACE);
    assert_non_null(strstr(f->fault.text, "nothing was changed"));
    for (int again = 0; again < 2; again++) {
        assert_int_equal(f->peers.n, 1);
        assert_non_null(named(f, "bank-b"));
        assert_int_equal(named(f, "bank-b")->card.serial, 1);
        assert_int_equal(named(f, "bank-b")->psk.len, 0);
        restart(f);
    }
    assert_int_equal(add(f, &f->c, "police"), SYM_OK);
}

/* Records as peers.c describes them: version, when added, alias, preshared key, card. */
struct record {
    struct sym_node_id id;
    uint8_t bytes[SYM_CARD_BYTES_MAX + 256];
    size_t len;
};

static void make_record(struct record *r, const struct partner *p, const char *alias,
                        size_t psk_len)
{
    struct sym_writer w = sym_writer(r->bytes, sizeof r->bytes);
    static const uint8_t psk[64];
    struct sym_span whole;
    r->id = p->id;
    sym_write_u8(&w, 1);
    sym_write_u64(&w, 5);
    sym_write_u8(&w, (uint8_t)strlen(alias));
    sym_write_span(&w, sym_span_text(alias));
    sym_write_u8(&w, (uint8_t)psk_len);
    sym_write_bytes(&w, psk, psk_len);
    sym_write_span(&w, partner_text(p));
    assert_int_equal(sym_write_end(&w, &whole), SYM_OK);
    r->len = whole.len;
}

static enum sym_err put_record(struct sym_transaction *t, void *context)
{
    const struct record *r = context;
    return sym_store_put(t, SYM_TABLE_PEERS, sym_span(r->id.bytes, sizeof r->id.bytes),
                         sym_span(r->bytes, r->len));
}

static enum sym_err load_record(struct fixture *f, struct record *r)
{
    sym_peers_clear(&f->peers);
    assert_int_equal(sym_store_write(f->room.store, put_record, r), SYM_OK);
    enum sym_err err = sym_peers_load(&f->peers, f->room.store, &f->fault);
    assert_int_equal(f->peers.n, err == SYM_OK);
    return err;
}

static void refuses_stored_records_that_it_did_not_write(void **state)
{
    struct fixture *f = *state;
    struct record r;
    make_record(&r, &f->b, "bank-b", 0);
    r.bytes[0] = 2;
    assert_int_equal(load_record(f, &r), SYM_BAD_FORMAT);
    assert_non_null(strstr(f->fault.text, "restore a backup"));
    make_record(&r, &f->b, "bank b", 0);
    assert_int_equal(load_record(f, &r), SYM_BAD_FORMAT);
    make_record(&r, &f->b, "bank-b", 31);
    assert_int_equal(load_record(f, &r), SYM_BAD_FORMAT);
    make_record(&r, &f->b, "bank-b", 64);
    assert_int_equal(load_record(f, &r), SYM_BAD_FORMAT);
    make_record(&r, &f->b, "bank-b", 32);
    r.len -= 20;
    assert_int_not_equal(load_record(f, &r), SYM_OK);
    r.len = 12;
    assert_int_equal(load_record(f, &r), SYM_BAD_FORMAT);
    make_record(&r, &f->b, "bank-b", 32);
    assert_int_equal(load_record(f, &r), SYM_OK);
    assert_int_equal(named(f, "bank-b")->psk.len, 32);
}

static enum sym_err put_many(struct sym_transaction *t, void *context)
{
    struct partner p;
    struct record r;
    char alias[32];
    enum sym_err err = SYM_OK;
    for (unsigned i = 0; err == SYM_OK && i < *(const unsigned *)context; i++) {
        (void)snprintf(alias, sizeof alias, "peer-%u", i);
        partner_open(&p, alias, NULL);
        make_record(&r, &p, alias, 0);
        partner_close(&p);
        err = put_record(t, &r);
    }
    return err;
}

/* Compares the last line of the log. */
static void assert_recorded(struct fixture *f, const char *expected)
{
    assert_string_equal(room_lines(&f->room, NULL).last, expected);
}

static void records_who_changed_which_peer_and_nothing_else(void **state)
{
    struct fixture *f = *state;
    uint8_t psk[SYM_PSK_BYTES] = {1};
    struct sym_author olga = {.log = room_log(&f->room), .user = "olga"};
    struct sym_peer_addition a = addition(f, &f->b, "bank-b");
    a.author = &olga;
    assert_int_equal(try_add(f, &a).err, SYM_OK);
    assert_recorded(f, "peer-pinned user=olga subject=bank-b");
    assert_int_equal(
        sym_peers_set_psk(&f->peers, named(f, "bank-b"), sym_span(psk, sizeof psk), &olga, NULL),
        SYM_OK);
    assert_recorded(f, "peer-psk-changed user=olga subject=bank-b");
    a.alias = sym_span(NULL, 0);
    assert_int_equal(try_add(f, &a).err, SYM_OK);
    assert_recorded(f, "peer-pinned user=olga subject=bank-b");
    a.alias = sym_span_text("police");
    assert_int_equal(try_add(f, &a).err, SYM_EXISTS);
    assert_int_equal(room_lines(&f->room, NULL).n, 3);
    assert_int_equal(sym_peers_remove(&f->peers, named(f, "bank-b"), NULL, NULL, &olga, NULL),
                     SYM_OK);
    assert_recorded(f, "peer-removed user=olga subject=bank-b");
}

struct beside {
    const struct sym_node_id *of;
    enum sym_err end;
};

static enum sym_err put_beside(struct sym_transaction *t, void *context,
                               const struct sym_node_id *id)
{
    const struct beside *b = context;
    assert_true(sym_node_id_equal(id, b->of));
    enum sym_err err = sym_store_put(t, SYM_TABLE_SETTINGS, sym_span_text("beside"),
                                     sym_span_text("what goes with a peer"));
    return err == SYM_OK ? b->end : err;
}

static void what_goes_with_a_peer_goes_in_the_same_commit(void **state)
{
    struct fixture *f = *state;
    struct beside b = {.of = &f->b.id, .end = SYM_LIMIT};
    assert_int_equal(add(f, &f->b, "bank-b"), SYM_OK);
    assert_int_equal(sym_peers_remove(&f->peers, named(f, "bank-b"), put_beside, &b, NULL, NULL),
                     SYM_LIMIT);
    assert_int_equal(room_has(&f->room, SYM_TABLE_SETTINGS, "beside"), SYM_NOT_FOUND);
    assert_non_null(named(f, "bank-b"));
    b.end = SYM_OK;
    assert_int_equal(sym_peers_remove(&f->peers, named(f, "bank-b"), put_beside, &b, NULL, NULL),
                     SYM_OK);
    assert_int_equal(room_has(&f->room, SYM_TABLE_SETTINGS, "beside"), SYM_OK);
    assert_int_equal(f->peers.n, 0);
}

static void what_goes_with_an_identity_goes_in_the_same_commit_as_it_is_replaced(void **state)
{
    struct fixture *f = *state;
    struct partner heir;
    struct beside b = {.of = &f->b.id, .end = SYM_LIMIT};
    struct sym_peer_addition a = addition(f, &f->b, "bank-b");
    a.gone = put_beside;
    a.context = &b;
    assert_int_equal(try_add(f, &a).err, SYM_OK); /* nobody has gone */
    assert_int_equal(try_add(f, &a).err, SYM_OK);
    assert_int_equal(room_has(&f->room, SYM_TABLE_SETTINGS, "beside"), SYM_NOT_FOUND);
    succeed(f, &heir);
    a.card = partner_text(&heir);
    a.replace_identity = true;
    assert_int_equal(try_add(f, &a).err, SYM_LIMIT);
    assert_true(sym_node_id_equal(&named(f, "bank-b")->id, &f->b.id));
    b.end = SYM_OK;
    assert_int_equal(try_add(f, &a).err, SYM_OK);
    assert_int_equal(room_has(&f->room, SYM_TABLE_SETTINGS, "beside"), SYM_OK);
    assert_true(sym_node_id_equal(&named(f, "bank-b")->id, &heir.id));
    partner_close(&heir);
}

static void refuses_more_peers_than_the_limit(void **state)
{
    struct fixture *f = *state;
    unsigned n = SYM_PEERS_MAX;
    assert_int_equal(sym_store_write(f->room.store, put_many, &n), SYM_OK);
    restart(f);
    assert_int_equal(f->peers.n, SYM_PEERS_MAX);
    assert_int_equal(add(f, &f->b, "bank-b"), SYM_LIMIT);
    assert_non_null(strstr(f->fault.text, "1024 are pinned"));
    restart(f);
    assert_int_equal(f->peers.n, SYM_PEERS_MAX);
    assert_int_equal(sym_peers_remove(&f->peers, named(f, "peer-1023"), NULL, NULL, NULL, NULL),
                     SYM_OK);
    assert_int_equal(add(f, &f->b, "bank-b"), SYM_OK);
    n = 1;
    assert_int_equal(sym_store_write(f->room.store, put_many, &n), SYM_OK);
    sym_peers_clear(&f->peers);
    assert_int_equal(sym_peers_load(&f->peers, f->room.store, &f->fault), SYM_LIMIT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(keeps_peers_over_a_restart),
        TEST(a_card_that_came_by_mail_has_one_form),
        TEST(replaces_a_card_and_keeps_alias_key_and_date),
        TEST(refuses_to_give_a_pinned_peer_another_alias),
        TEST(refuses_an_alias_that_is_none),
        TEST(refuses_a_preshared_key_of_another_length),
        TEST(refuses_cards_that_do_not_hold),
        TEST(refuses_a_card_that_is_older_or_contradicts_the_pinned_one),
        TEST(refuses_a_card_that_names_a_key_of_another_peer),
        TEST(replaces_an_identity_that_signed_its_successor_when_told_to),
        TEST(refuses_to_replace_an_identity_that_did_not_sign),
        TEST(removes_a_peer_for_good),
        TEST(sets_replaces_and_removes_a_preshared_key),
        TEST(changes_nothing_when_the_disk_is_full),
        TEST(refuses_stored_records_that_it_did_not_write),
        TEST(records_who_changed_which_peer_and_nothing_else),
        TEST(what_goes_with_a_peer_goes_in_the_same_commit),
        TEST(what_goes_with_an_identity_goes_in_the_same_commit_as_it_is_replaced),
        TEST(refuses_more_peers_than_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
