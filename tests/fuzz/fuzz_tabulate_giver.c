/* Tabulations: a release that is given late, where either side says anything. Whatever is said, who
 * is owed it keeps that release or none, and the giver takes nobody's word but the participant's.
 */
#include "proto/codec.h"
#include "tests/support/tab_owed.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum change { PASS, ALTER, CUT, INVENT, TWICE, LOSE, CHANGES };

#define PAYLOADS_MAX 32u

static struct tab_owed o;
static bool kept;    /* what the member kept was the release */
static bool vouched; /* the giver has been passed its word as it was */

static void insist(bool holds)
{
    if (!holds) {
        abort();
    }
}

/* But for the time of it, which is for the giver to say. */
static bool is_the_release(void)
{
    SYM_ARENA_AUTO arena = {0};
    SYM_ARENA_AUTO other = {0};
    struct sym_span genuine = sym_tab_bytes_span(&o.head);
    struct sym_span head;
    struct sym_span cells;
    struct sym_release given;
    struct sym_release kept_one;
    struct tab_bytes again = {0};
    sym_tab_member_release(o.late, &head, &cells);
    insist(sym_decode(&arena, &given, &sym_msg_release, genuine) == SYM_OK);
    insist(sym_decode(&other, &kept_one, &sym_msg_release, head) == SYM_OK);
    kept_one.released_ms = given.released_ms;
    insist(sym_tab_encode(&again, &sym_msg_release, &kept_one, genuine.len) == SYM_OK);
    bool same = sym_span_equal(genuine, sym_tab_bytes_span(&again)) &&
                sym_span_equal(cells, sym_tab_bytes_span(&o.cells));
    sym_tab_bytes_clear(&again);
    return same;
}

static enum sym_err take(bool giver, struct sym_span payload, bool genuine)
{
    enum sym_err err = tab_owed_takes(&o, giver, payload);
    vouched = vouched || (giver && genuine && kept && err == SYM_OK);
    insist(!sym_tab_giver_is_kept(o.giver) || vouched);
    if (!giver && sym_tab_member_wants(o.late) == SYM_TAB_WANTS_KEEP) {
        insist(err == SYM_OK && is_the_release() && !kept);
        kept = true;
        insist(sym_tab_member_kept(o.late) == SYM_OK);
    }
    return err;
}

/* One payload of the side whose turn it is, as the input has it. */
static enum sym_err pass(struct sym_reader *in, bool from_giver)
{
    struct tab_bytes said = {0};
    enum sym_err err = SYM_OK;
    enum change change = (enum change)(sym_read_u8(in) % CHANGES);
    if (change == INVENT) {
        size_t n = sym_read_u8(in);
        n = n < in->left ? n : in->left;
        return take(!from_giver, sym_read_span(in, n), false);
    }
    if (!tab_owed_says(&o, from_giver, &said)) {
        return SYM_OK;
    }
    if (change == ALTER) {
        size_t at = sym_read_u16(in) % said.len;
        said.data[at] ^= (uint8_t)(1 + sym_read_u8(in) % 255);
    } else if (change == CUT) {
        said.len = sym_read_u16(in) % said.len;
    }
    if (change != LOSE) {
        err = take(!from_giver, sym_tab_bytes_span(&said), change == PASS || change == TWICE);
    }
    if (err == SYM_OK && change == TWICE) {
        err = take(!from_giver, sym_tab_bytes_span(&said), false);
        insist(err != SYM_OK);
    }
    sym_tab_bytes_clear(&said);
    return err;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sym_reader in = sym_reader(sym_span(data, size));
    enum sym_err err = SYM_OK;
    if (o.giver == NULL) {
        insist(sym_crypto_init() == SYM_OK);
        tab_owed_open(&o);
    }
    kept = false;
    vouched = false;
    tab_owed_begin(&o, sym_tab_bytes_span(&o.head), sym_tab_bytes_span(&o.cells), &o.owed);
    for (unsigned i = 0; i < PAYLOADS_MAX && err == SYM_OK; i++) {
        err = pass(&in, i % 2 == 0);
    }
    insist(!vouched || kept);
    return 0;
}
