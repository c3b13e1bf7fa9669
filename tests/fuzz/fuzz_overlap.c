/* Overlap: either machine alone against a peer who says anything at any time, in a toy group. The
 * first bytes choose kind, side and sizes; then each byte is something that happens: works begin
 * and end in any order, the machine says what it has to say, and payloads arrive that are right,
 * right but for one byte, or as they stand in the input. With the top bit two machines talk to each
 * other, and payloads are altered on their way: what was not altered must come out right. */
#include "proto/overlap_state.h"

#include "tests/support/overlap_rig.h"
#include "tests/support/toy_group.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define TOKENS_MAX (2u * SYM_OVERLAP_ITEMS_MAX + 40u)

static struct token_set tokens; /* of one side; the other has the odd ones of them */
static uint8_t room[RIG_PAYLOAD_BYTES];

static void insist(bool holds)
{
    if (!holds) {
        abort();
    }
}

/* Mostly small; for a few values one or two frames and a little, which is slow. */
static uint32_t size_of(uint8_t byte)
{
    uint32_t frames = byte >= 0xfd ? (byte & 1u) + 1u : 0;
    return frames * SYM_OVERLAP_ITEMS_MAX + (byte & 0x1fu);
}

/* One machine ----------------------------------------------------------------------------------
 */

struct alone {
    struct sym_overlap_run *run;
    struct sym_reader in;
    struct rig_work works[SYM_WORKS_OUT_MAX];
    size_t n_works;
    uint32_t next[OVERLAP_MESSAGE_COUNT]; /* number of the next right item, by type */
    bool failed;
};

static void check(struct alone *a, enum sym_err err)
{
    size_t len = 7;
    struct sym_work work;
    struct sym_overlap_progress p = sym_overlap_progress(a->run);
    enum sym_overlap_step step = sym_overlap_step(a->run, &len);
    a->failed = a->failed || err != SYM_OK;
    insist(p.done <= p.total);
    insist(sym_overlap_works_out(a->run) == a->n_works);
    insist((len > 0) == (step == SYM_OVERLAP_DATA) && len <= sizeof room);
    if (a->failed && a->run->state != OVERLAP_DONE) {
        insist(a->run->state == OVERLAP_DEAD && step == SYM_OVERLAP_WAIT);
        insist(!sym_overlap_work(a->run, &work));
    }
}

static void begin_work(struct alone *a)
{
    struct sym_work work;
    if (sym_overlap_work(a->run, &work)) {
        insist(a->n_works < SYM_WORKS_OUT_MAX && work.n > 0 && work.grain > 0);
        a->works[a->n_works++] = (struct rig_work){.work = work};
    }
}

static void end_work(struct alone *a, size_t i)
{
    if (a->n_works == 0) {
        return;
    }
    struct rig_work ended = a->works[i % a->n_works];
    a->works[i % a->n_works] = a->works[a->n_works - 1];
    a->n_works--;
    enum sym_err err = ended.work.run(ended.work.context, 0, ended.work.n);
    check(a, sym_overlap_worked(a->run, ended.work.context, err));
}

static void work_all(struct alone *a)
{
    for (size_t before = SIZE_MAX; before != a->n_works;) {
        before = a->n_works;
        begin_work(a);
    }
    while (a->n_works > 0) {
        end_work(a, 0);
        begin_work(a);
    }
}

static void say(struct alone *a)
{
    size_t len = 0;
    enum sym_overlap_step step = sym_overlap_step(a->run, &len);
    if (step != SYM_OVERLAP_WAIT) {
        uint8_t *exact = malloc(len > 0 ? len : 1);
        insist(exact != NULL && sym_overlap_write(a->run, exact, len) == SYM_OK);
        insist(step == SYM_OVERLAP_CLOSE || exact[0] >= OVERLAP_BLINDED);
        free(exact);
        check(a, SYM_OK);
    }
}

static void hear(struct alone *a, enum sym_session_event_kind kind, struct sym_span bytes)
{
    uint8_t *exact = malloc(bytes.len > 0 ? bytes.len : 1);
    insist(exact != NULL);
    memcpy(exact, bytes.data, bytes.len);
    check(a, sym_overlap_take(a->run, kind, sym_span(exact, bytes.len)));
    free(exact);
}

static const struct overlap_stream *stream_of(const struct alone *a, unsigned type)
{
    return type == OVERLAP_BLINDED     ? &a->run->blinded_gone
           : type == OVERLAP_EVALUATED ? &a->run->evaluated_gone
                                       : &a->run->tags_gone;
}

/* The payload of this type that is due: items ascend and never repeat. */
static struct sym_span right(struct alone *a, unsigned type)
{
    uint32_t n = sym_overlap_due(stream_of(a, type));
    size_t len = sym_overlap_item_bytes(a->run, (enum overlap_message)type);
    struct sym_writer w = sym_writer(room, sizeof room);
    sym_write_u8(&w, (uint8_t)type);
    sym_write_u32(&w, n);
    memset(room + OVERLAP_HEAD_BYTES, 0, n * len);
    for (uint32_t i = 0; i < n; i++) {
        uint8_t *item = room + OVERLAP_HEAD_BYTES + i * len;
        uint32_t number = ++a->next[type];
        item[0] = (uint8_t)(number >> 16);
        item[1] = (uint8_t)(number >> 8);
        item[2] = (uint8_t)number;
    }
    return sym_span(room, OVERLAP_HEAD_BYTES + n * len);
}

static void hear_altered(struct alone *a, unsigned type)
{
    struct sym_span bytes = right(a, type);
    uint16_t at = sym_read_u16(&a->in);
    room[at % bytes.len] ^= sym_read_u8(&a->in);
    uint8_t cut = sym_read_u8(&a->in);
    hear(a, SYM_EVENT_DATA, sym_span(bytes.data, bytes.len - (cut < bytes.len ? cut : 0)));
}

static void happen(struct alone *a, uint8_t what)
{
    unsigned type = OVERLAP_BLINDED + (what >> 4) % 3u;
    switch (what & 0x0fu) {
    case 0:
    case 1:
        work_all(a);
        break;
    case 2:
        begin_work(a);
        break;
    case 3:
        end_work(a, what >> 4);
        break;
    case 4:
    case 5:
        say(a);
        break;
    case 6:
    case 7:
    case 8:
        hear(a, SYM_EVENT_DATA, right(a, type));
        break;
    case 9:
        hear_altered(a, type);
        break;
    case 10:
        hear(a, SYM_EVENT_DATA, sym_read_span(&a->in, a->in.left < what ? a->in.left : what));
        break;
    case 11:
        hear(a, SYM_EVENT_CLOSED, sym_span(room, 0));
        break;
    case 12:
        hear(a, (enum sym_session_event_kind)(what >> 4), sym_span(room, 0));
        break;
    default:
        work_all(a);
        say(a);
        break;
    }
}

static void check_result(const struct sym_overlap_run *run)
{
    struct sym_overlap_result result;
    if (sym_overlap_result(run, &result) != SYM_OK) {
        return;
    }
    insist(result.common <= run->config.own_size);
    for (uint32_t i = 0; result.matches != NULL && i < result.common; i++) {
        insist(result.matches[i] < run->config.n);
        insist(i == 0 || result.matches[i - 1] < result.matches[i]);
    }
}

static void run_alone(const struct sym_overlap_config *config, struct sym_span rest)
{
    struct alone a = {.in = sym_reader(rest)};
    if (sym_overlap_new(&a.run, config) != SYM_OK) {
        return;
    }
    while (a.in.err == SYM_OK && a.in.left > 0 && !a.failed) {
        happen(&a, sym_read_u8(&a.in));
    }
    while (a.n_works > 0) {
        end_work(&a, 0);
    }
    check_result(a.run);
    sym_overlap_free(a.run);
}

/* Two machines ---------------------------------------------------------------------------------
 */

struct tapper {
    struct sym_reader in;
    bool altered;
};

/* From every payload two bytes of input say where it is altered, if the third is not zero. */
static void tap(void *context, int from, struct rig_payload *p)
{
    struct tapper *t = context;
    uint16_t at = sym_read_u16(&t->in);
    uint8_t flip = sym_read_u8(&t->in);
    (void)from;
    if (flip != 0 && p->len > 0) {
        p->bytes[at % p->len] ^= flip;
        t->altered = true;
    }
}

static void run_together(enum sym_kind kind, uint32_t a, uint32_t b, struct rig_sizes sizes,
                         struct sym_span rest)
{
    struct token_set first = {.digests = tokens.digests, .n = a};
    struct token_set second = {.digests = tokens.digests + a / 2, .n = b};
    struct tapper t = {.in = sym_reader(rest)};
    struct sym_overlap_result result;
    struct rig r;
    if (sizes.initiator < a || sizes.initiator == 0 || sizes.responder < b) {
        return;
    }
    rig_open(&r, kind, &toy_group, &first, &second, sizes);
    r.tap = tap;
    r.tap_context = &t;
    r.seed = sym_read_u16(&t.in);
    rig_run(&r);
    insist(t.altered || rig_done(&r));
    check_result(r.runs[RIG_INITIATOR]);
    if (!t.altered) {
        uint32_t common = a - a / 2 < b ? a - a / 2 : b;
        insist(sym_overlap_result(r.runs[RIG_INITIATOR], &result) == SYM_OK);
        insist(result.common == common);
        for (uint32_t i = 0; result.matches != NULL && i < common; i++) {
            insist(result.matches[i] == a / 2 + i);
        }
    }
    rig_close(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sym_reader in = sym_reader(sym_span(data, size));
    uint8_t flags = sym_read_u8(&in);
    uint32_t own = size_of(sym_read_u8(&in));
    uint32_t peer = size_of(sym_read_u8(&in));
    uint32_t padding = (flags & 4u) != 0 ? flags >> 3 & 3u : 0;
    enum sym_kind kind = (flags & 1u) != 0 ? SYM_KIND_OVERLAP_MATCHES : SYM_KIND_OVERLAP_COUNT;
    if (in.err != SYM_OK) {
        return 0;
    }
    insist(sym_crypto_init() == SYM_OK);
    if (tokens.digests == NULL) {
        token_set_make(&tokens, 1, 2 * TOKENS_MAX, 0, 0);
    }
    struct sym_span rest = sym_read_span(&in, in.left);
    if ((flags & 0x80u) != 0) {
        struct rig_sizes sizes = {own + padding, peer + padding};
        /* zero sizes stand for none in a rig */
        if (sizes.responder > 0) {
            run_together(kind, own, peer, sizes, rest);
        }
        return 0;
    }
    struct sym_overlap_config config = {.kind = kind,
                                        .role = (flags & 2u) != 0 ? SYM_SESSION_INITIATOR
                                                                  : SYM_SESSION_RESPONDER,
                                        .with = &toy_group,
                                        .digests = tokens.digests[0],
                                        .n = own,
                                        .own_size = own + padding,
                                        .peer_size = peer};
    run_alone(&config, rest);
    return 0;
}
