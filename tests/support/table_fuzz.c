#include "tests/support/table_fuzz.h"

#include <stdlib.h>
#include <string.h>

static struct table_rig rig;
static struct sym_reader in;
static enum table_link changed_link;

static void insist(bool holds)
{
    if (!holds) {
        abort();
    }
}

enum change { PASS, ALTER, ALTER_SIGNED, CUT, INVENT, LOSE, RETYPE, CHANGES };

static void invent(struct table_sent *s)
{
    size_t n = sym_read_u8(&in);
    struct sym_span made = sym_read_span(&in, n < in.left ? n : in.left);
    s->bytes = realloc(s->bytes, made.len > 0 ? made.len : 1);
    insist(s->bytes != NULL);
    if (made.len > 0) {
        memcpy(s->bytes, made.data, made.len);
    }
    s->len = made.len;
}

static void alter(uint8_t *bytes, size_t len)
{
    size_t at = sym_read_u16(&in);
    uint8_t by = sym_read_u8(&in);
    if (len > 0) {
        bytes[at % len] ^= by;
    }
}

/* Alters the message behind a signature, wherever in the payload it lies. */
static void alter_signed(const struct table_rig *r, struct table_sent *s)
{
    size_t from = s->type == TABLE_ANSWER ? 3 : 1;
    bool has = s->type == TABLE_ANSWER || s->type == TABLE_CONSENT || s->type == TABLE_RELEASE;
    if (!has || s->len <= from + SYM_SIGNATURE_BYTES || s->from > r->n) {
        return;
    }
    size_t len = s->len - from;
    if (s->type == TABLE_ANSWER) {
        len = (size_t)s->bytes[1] << 8 | s->bytes[2];
    }
    uint8_t *message = s->bytes + from + SYM_SIGNATURE_BYTES;
    alter(message, len - SYM_SIGNATURE_BYTES);
    insist(sym_sign(s->bytes + from, &r->parties[s->from].key, SYM_DOMAIN_TABLE,
                    sym_span(message, len - SYM_SIGNATURE_BYTES)) == SYM_OK);
}

static bool change(struct table_rig *r, struct table_sent *s)
{
    if (s->link != changed_link || in.left == 0) {
        return true;
    }
    switch ((enum change)(sym_read_u8(&in) % CHANGES)) {
    case PASS:
    case CHANGES:
        break;
    case ALTER:
        alter(s->bytes, s->len);
        break;
    case ALTER_SIGNED:
        alter_signed(r, s);
        break;
    case CUT:
        s->len = s->len > 0 ? sym_read_u16(&in) % s->len : 0;
        break;
    case INVENT:
        invent(s);
        break;
    case LOSE:
        return false;
    case RETYPE:
        s->bytes[0] = sym_read_u8(&in);
        break;
    }
    return true;
}

static void check(void)
{
    enum sym_table_phase phase = sym_table_lead_phase(rig.lead);
    struct sym_table_failure failure = sym_table_lead_failure(rig.lead);
    struct sym_span release = sym_table_lead_release(rig.lead);
    insist(phase == SYM_TABLE_DONE || phase == SYM_TABLE_FAILED);
    insist((phase == SYM_TABLE_FAILED) == (failure.cause != SYM_TABLE_CAUSE_NONE));
    insist(failure.awaited == 0 || failure.place == SYM_TABLE_NOBODY);
    if (sym_table_lead_consents_hash(rig.lead) != NULL) {
        struct sym_table_progress evaluated = sym_table_lead_evaluated(rig.lead);
        struct sym_table_progress tallied = sym_table_lead_tallied(rig.lead);
        insist(evaluated.done <= evaluated.total && tallied.done <= tallied.total);
    }
    for (uint32_t i = 0; i <= rig.n; i++) {
        size_t len = 0;
        const struct sym_table_member *m = rig.parties[i].member;
        bool failed = sym_table_member_failure(m).cause != SYM_TABLE_CAUSE_NONE;
        insist(!failed || !sym_table_member_is_open(m));
        insist(!failed || sym_table_member_wants(m) == SYM_TABLE_WANTS_NOTHING);
        insist(phase != SYM_TABLE_DONE || sym_span_equal(release, sym_table_member_release(m)));
        insist(sym_table_member_step(m, &len) == SYM_TABLE_WAIT || !failed || rig.parties[i].over);
        const struct sym_table_list *l = rig.parties[i].list;
        insist(l == NULL || l->out == 0);
    }
}

void table_fuzz(const uint8_t *data, size_t size, enum table_link link)
{
    static bool ready;
    insist(ready || sym_crypto_init() == SYM_OK);
    ready = true;
    in = sym_reader(sym_span(data, size));
    changed_link = link;
    table_rig_make(&rig, 3, SYM_TABLE_NOBODY, 3);
    if ((sym_read_u8(&in) & 1u) != 0) {
        table_rig_noisy(&rig, SYM_EPSILON_NANO_MAX);
    }
    table_rig_plant(&rig, 7, 2);
    table_rig_plant(&rig, 4, 1);
    rig.tap = change;
    table_rig_open(&rig, 3);
    table_rig_run(&rig);
    rig.now_ms = TABLE_RIG_COMPUTE_MS;
    sym_table_lead_tick(rig.lead, rig.now_ms);
    table_rig_run(&rig);
    check();
    table_rig_close(&rig);
}
