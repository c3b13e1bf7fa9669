#include "tests/support/tab_fuzz.h"

#include <stdlib.h>
#include <string.h>

#define LIAR 1u

static struct tab_rig rig;
static struct sym_reader in;
static bool to_lead_now;

static void insist(bool holds)
{
    if (!holds) {
        abort();
    }
}

enum change { PASS, ALTER, CUT, INVENT, TWICE, LOSE, RETYPE, ALTER_MORE, CHANGES };

static void invent(uint8_t **bytes, size_t *len)
{
    size_t n = sym_read_u8(&in);
    struct sym_span made = sym_read_span(&in, n < in.left ? n : in.left);
    uint8_t *copy = malloc(made.len > 0 ? made.len : 1);
    insist(copy != NULL);
    if (made.len > 0) {
        memcpy(copy, made.data, made.len);
    }
    free(*bytes);
    *bytes = copy;
    *len = made.len;
}

static void twice(uint32_t place, const uint8_t *bytes, size_t len)
{
    enum sym_err err = to_lead_now
                           ? sym_tab_lead_take(rig.lead, place, sym_span(bytes, len), rig.now_ms)
                           : sym_tab_member_take(rig.members[place], sym_span(bytes, len), 1);
    if (err != SYM_OK && !to_lead_now && rig.errs[place] == SYM_OK) {
        rig.errs[place] = err;
    }
}

static void alter(uint8_t *bytes, size_t len)
{
    size_t at = sym_read_u16(&in);
    uint8_t by = sym_read_u8(&in);
    if (len > 0) {
        bytes[at % len] ^= by;
    }
}

static bool change(struct tab_rig *r, uint32_t place, bool to_lead, uint8_t **bytes, size_t *len)
{
    (void)r;
    if (place != LIAR || to_lead != to_lead_now || in.left == 0) {
        return true;
    }
    switch ((enum change)(sym_read_u8(&in) % CHANGES)) {
    case PASS:
    case CHANGES:
        break;
    case ALTER_MORE:
        alter(*bytes, *len);
        alter(*bytes, *len);
        break;
    case ALTER:
        alter(*bytes, *len);
        break;
    case CUT:
        *len = *len > 0 ? sym_read_u16(&in) % *len : 0;
        break;
    case INVENT:
        invent(bytes, len);
        break;
    case TWICE:
        twice(place, *bytes, *len);
        break;
    case LOSE:
        return false;
    case RETYPE:
        (*bytes)[0] = sym_read_u8(&in);
        break;
    }
    return true;
}

static void check(void)
{
    for (uint32_t i = 0; i < rig.n; i++) {
        size_t len = 0;
        const struct sym_tab_member *m = rig.members[i];
        struct sym_tab_progress p = sym_tab_member_progress(m);
        insist(rig.debited[i] <= 1 && rig.unmasked[i] <= 1 && rig.kept[i] <= 1);
        insist(p.done <= p.total && sym_tab_member_works_out(m) == 0);
        if (rig.errs[i] != SYM_OK) {
            insist(m->state == MEMBER_DEAD && sym_tab_member_wants(m) == SYM_TAB_WANTS_NOTHING);
            insist(sym_tab_member_step(m, &len) == SYM_TAB_WAIT && len == 0);
            insist(sym_tab_member_fault(m)[0] != '\0');
        }
    }
    enum sym_tab_phase phase = sym_tab_lead_phase(rig.lead);
    insist((phase == SYM_TAB_FAILED) == (sym_tab_lead_fault(rig.lead)[0] != '\0'));
    insist(phase == SYM_TAB_FAILED || phase == SYM_TAB_DONE);
    insist(rig.unmasked[0] + rig.unmasked[1] + rig.unmasked[2] == 3 || phase == SYM_TAB_FAILED);
}

void tab_fuzz(const uint8_t *data, size_t size, bool to_lead)
{
    static bool ready;
    insist(ready || sym_crypto_init() == SYM_OK);
    ready = true;
    in = sym_reader(sym_span(data, size));
    to_lead_now = to_lead;
    tab_rig_open_at(&rig, 3, 2, 3, SYM_EPSILON_NANO_MAX);
    rig.trusting = true;
    rig.tap = change;
    tab_rig_begin(&rig);
    tab_rig_run(&rig);
    check();
    tab_rig_close(&rig);
}
