/* The part of exchange_rig.c, which includes it, that is about the link: who sends what over it,
 * and what both logs then hold. */
#define ROOM 3u

struct rig_frame {
    uint8_t *bytes;
    size_t len;
};

struct sym_link {
    unsigned side; /* whose end it is */
    struct rig_frame out[ROOM];
    size_t n;
    bool wants_room;
    unsigned hung_up; /* how often its owner has said so */
    uint8_t exporter[SYM_HASH_BYTES];
};

static struct sym_link ends[2];

struct sym_link *sym_links_of(const struct sym_links *links, const struct sym_node_id *id)
{
    (void)links;
    for (unsigned side = 0; the_rig->linked && side < 2; side++) {
        if (sym_node_id_equal(id, &the_rig->sides[1 - side].self.id)) {
            return &ends[side];
        }
    }
    return NULL; /* whoever else is pinned cannot be reached */
}

void sym_links_want(struct sym_links *links, const struct sym_peer *peer)
{
    (void)links;
    (void)peer;
}

enum sym_err sym_link_send(struct sym_link *link, uint8_t *frame, size_t len)
{
    if (!the_rig->linked) {
        return SYM_CLOSED;
    }
    if (link->n == ROOM) {
        return SYM_AGAIN;
    }
    link->out[link->n++] = (struct rig_frame){.bytes = frame, .len = len};
    if (the_rig->tap != NULL) {
        the_rig->tap(the_rig, link->side, len);
    }
    return SYM_OK;
}

void sym_link_want_room(struct sym_link *link)
{
    link->wants_room = true;
}

void sym_link_hang_up(struct sym_link *link)
{
    link->hung_up++;
}

const struct sym_node_id *sym_link_peer(const struct sym_link *link)
{
    return &the_rig->sides[1 - link->side].self.id;
}

bool sym_link_was_dialled(const struct sym_link *link)
{
    return link->side == 0;
}

struct sym_link_counts sym_link_counts(const struct sym_link *link)
{
    (void)link;
    return (struct sym_link_counts){.since_ms = sym_wall_ms()};
}

const uint8_t *sym_link_exporter(const struct sym_link *link)
{
    return link->exporter;
}

static void drop_frames(struct sym_link *link)
{
    for (size_t i = 0; i < link->n; i++) {
        sym_bus_release(link->out[i].bytes);
    }
    link->n = 0;
}

static void deliver(struct exchange_rig *rig, unsigned from)
{
    struct sym_link *link = &ends[from];
    bool room = link->wants_room;
    if (link->n > 0 && !rig->holds[from]) {
        struct rig_frame f = link->out[0];
        link->n--;
        memmove(&link->out[0], &link->out[1], link->n * sizeof link->out[0]);
        rig->frames[from]++;
        if (from == 0 && rig->liar != NULL) {
            rig->liar(rig, f.bytes, f.len);
            sym_bus_release(f.bytes);
        } else {
            sym_exchanges_frame(rig->sides[1 - from].exchanges, &ends[1 - from], f.bytes, f.len);
        }
        room = true;
    }
    link->wants_room = false;
    if (room && rig->linked) {
        sym_exchanges_room(rig->sides[from].exchanges, link);
    }
}

/* What the one side waits for since a message was lost, the other one proves. */
static void prove(struct rig_side *from, struct rig_side *to)
{
    uint64_t wants[SYM_WITNESS_WANTS_MAX];
    struct sym_witnessed with;
    struct sym_witnessed by;
    struct sym_fault fault = {.text = ""};
    size_t n = sym_witness_wants(to->witness, &from->self.id, wants);
    sym_exchange_witnessed(&with, from->peers.items[0]);
    sym_exchange_witnessed(&by, to->peers.items[0]);
    for (size_t i = 0; i < n; i++) {
        const struct sym_evidence *evidence = NULL;
        assert_int_equal(sym_witness_prove(from->witness, &evidence, &with, SYM_NO_LEAF, wants[i]),
                         SYM_OK);
        assert_int_equal(
            sym_witness_take(to->witness, &by, evidence, sym_span(NULL, 0), false, NULL, &fault),
            SYM_OK);
    }
}

/* As kind WITNESS does it at the beginning of a link. */
static void meet(struct exchange_rig *rig)
{
    for (unsigned i = 0; i < 2; i++) {
        struct rig_side *s = &rig->sides[i];
        struct rig_side *to = &rig->sides[1 - i];
        const struct sym_evidence *evidence = NULL;
        struct sym_witnessed with;
        struct sym_witnessed from;
        struct sym_fault fault = {.text = ""};
        sym_group_flush(s->group);
        sym_witness_link_up(s->witness, &to->self.id);
        sym_exchange_witnessed(&with, s->peers.items[0]);
        sym_exchange_witnessed(&from, to->peers.items[0]);
        assert_int_equal(sym_witness_give(s->witness, &evidence, &with, SYM_NO_LEAF), SYM_OK);
        if (sym_witness_take(to->witness, &from, evidence, sym_span(NULL, 0), false, NULL,
                             &fault) != SYM_OK) {
            fail_msg("%s", fault.text);
        }
        sym_witness_set_met(s->witness, &to->self.id);
    }
    prove(&rig->sides[0], &rig->sides[1]);
    prove(&rig->sides[1], &rig->sides[0]);
}

void exchange_rig_relink(struct exchange_rig *rig)
{
    rig->linked = true;
    sym_random(ends[0].exporter, sizeof ends[0].exporter);
    memcpy(ends[1].exporter, ends[0].exporter, sizeof ends[0].exporter);
    meet(rig);
    for (unsigned i = 0; i < 2; i++) {
        sym_exchanges_met(rig->sides[i].exchanges, &rig->sides[1 - i].self.id);
    }
}

struct told {
    uint8_t bytes[80][SYM_STATEMENT_BYTES];
    size_t len[80];
    size_t n;
};

static enum sym_err note_statement(void *context, struct sym_span statement)
{
    struct told *t = context;
    assert_true(t->n < 80 && statement.len <= SYM_STATEMENT_BYTES);
    memcpy(t->bytes[t->n], statement.data, statement.len);
    t->len[t->n++] = statement.len;
    return SYM_OK;
}

void exchange_rig_tell(struct exchange_rig *rig, unsigned to)
{
    struct rig_side *from = &rig->sides[1 - to];
    struct rig_side *s = &rig->sides[to];
    struct told *told = calloc(1, sizeof *told);
    assert_non_null(told);
    assert_int_equal(sym_opens_each(from->opens, &s->self.id, note_statement, told), SYM_OK);
    for (size_t i = 0; i < told->n; i++) {
        struct sym_span answer;
        struct sym_span again;
        struct sym_fault fault = {.text = ""};
        if (sym_opens_take(s->opens, &from->self.id, from->self.card.identity,
                           sym_span(told->bytes[i], told->len[i]), &answer, &fault) != SYM_OK) {
            fail_msg("%s", fault.text);
        }
        if (answer.len > 0) {
            assert_int_equal(sym_opens_take(from->opens, &s->self.id, s->self.card.identity, answer,
                                            &again, &fault),
                             SYM_OK);
        }
    }
    free(told);
}

const struct sym_evidence *exchange_rig_evidence(struct exchange_rig *rig, enum sym_entry_kind kind,
                                                 const uint8_t id[SYM_EXCHANGE_ID_BYTES],
                                                 bool initiates)
{
    struct rig_side *s = &rig->sides[1];
    const struct sym_node_id *peer = &rig->sides[0].self.id;
    const struct sym_entry_body body = {.event = sym_span_text("a liar's")};
    const struct sym_entry entry = {.kind = kind,
                                    .exchange_id = id,
                                    .initiator = initiates ? &s->self.id : peer,
                                    .responder = initiates ? peer : &s->self.id,
                                    .body = &body};
    struct sym_witnessed with;
    const struct sym_evidence *out = NULL;
    assert_int_equal(sym_log_add(s->log, &entry), SYM_OK);
    sym_exchange_witnessed(&with, s->peers.items[0]);
    assert_int_equal(sym_witness_give(s->witness, &out, &with, sym_log_head(s->log)->size - 1),
                     SYM_OK);
    return out;
}

struct seeking {
    enum sym_entry_kind kind;
    const uint8_t *id;
    size_t nth;
    size_t n;
    bool found;
    struct rig_logged *out;
};

static enum sym_err seek_entry(void *context, const struct sym_log_row *row)
{
    struct seeking *s = context;
    SYM_ARENA_AUTO arena = {0};
    struct sym_leaf leaf;
    assert_int_equal(sym_decode(&arena, &leaf, &sym_msg_leaf, row->leaf), SYM_OK);
    if ((s->kind != 0 && leaf.kind != (uint32_t)s->kind) ||
        (s->id != NULL &&
         !sym_span_equal(leaf.exchange_id, sym_span(s->id, SYM_EXCHANGE_ID_BYTES)))) {
        return SYM_OK;
    }
    if (s->n++ != s->nth || s->out == NULL) {
        return SYM_OK;
    }
    s->found = true;
    s->out->index = row->index;
    assert_int_equal(sym_decode(&s->out->leaf_arena, &s->out->leaf, &sym_msg_leaf, row->leaf),
                     SYM_OK);
    assert_int_equal(sym_decode(&s->out->body_arena, &s->out->body, &sym_msg_entry_body, row->body),
                     SYM_OK);
    return SYM_OK;
}

static void walk_log(struct exchange_rig *rig, unsigned side, struct seeking *s)
{
    struct sym_log_query q = {.bodies = true};
    for (bool more = true; more;) {
        assert_int_equal(sym_log_rows(rig->sides[side].log, &q, &q.first, &more, seek_entry, s),
                         SYM_OK);
    }
}

bool exchange_rig_logged(struct exchange_rig *rig, unsigned side, enum sym_entry_kind kind,
                         const uint8_t *id, size_t nth, struct rig_logged *out)
{
    struct seeking s = {.kind = kind, .id = id, .nth = nth, .out = out};
    *out = (struct rig_logged){.index = 0};
    walk_log(rig, side, &s);
    return s.found;
}

void rig_logged_clear(struct rig_logged *l)
{
    sym_arena_clear(&l->leaf_arena);
    sym_arena_clear(&l->body_arena);
}

size_t exchange_rig_count(struct exchange_rig *rig, unsigned side, unsigned kind)
{
    struct seeking s = {.kind = (enum sym_entry_kind)kind};
    walk_log(rig, side, &s);
    return s.n;
}

void exchange_rig_cancel(struct exchange_rig *rig, unsigned side)
{
    struct rig_side *s = &rig->sides[side];
    for (size_t i = 0; i < s->exchanges->table.n; i++) {
        struct sym_exchange *e = s->exchanges->table.items[i];
        enum sym_err err =
            sym_exchanges_cancel(s->exchanges, sym_span(e->handle, sizeof e->handle), NULL);
        assert_true(err == SYM_OK || err == SYM_WRONG_STATE);
    }
}

void exchange_rig_cut(struct exchange_rig *rig, const char *reason)
{
    rig->linked = false;
    for (unsigned i = 0; i < 2; i++) {
        drop_frames(&ends[i]);
        sym_exchanges_link_down(rig->sides[i].exchanges, &ends[i], sym_span_text(reason));
    }
}

void exchange_rig_send(struct exchange_rig *rig, const uint8_t *frame, size_t len)
{
    uint8_t *bytes = sym_bus_buffer(len);
    assert_non_null(bytes);
    memcpy(bytes, frame, len);
    rig->frames[1]++;
    sym_exchanges_frame(rig->sides[0].exchanges, &ends[0], bytes, len);
}

void exchange_rig_parties(struct exchange_rig *rig, struct sym_session_parties *out)
{
    struct partner *self = &rig->sides[1].self;
    struct partner *peer = &rig->sides[0].self;
    *out = (struct sym_session_parties){.self = self->id,
                                        .peer = peer->id,
                                        .identity = &self->keys.identity,
                                        .exchange = &self->keys.exchange[0]};
    memcpy(out->peer_identity, peer->card.identity, sizeof out->peer_identity);
    memcpy(out->peer_exchange, peer->card.exchange[0], sizeof out->peer_exchange);
    memcpy(out->exporter, ends[0].exporter, sizeof out->exporter);
}
