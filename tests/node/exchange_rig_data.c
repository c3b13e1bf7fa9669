/* The part of exchange_rig.c, which includes it, that stands in the place of datasets and grants:
 * what a side holds, and what is decided about requests, as the test says. */
/* Datasets -------------------------------------------------------------------------------------
 */

/* A sym_datasets is a side here. */
static struct rig_side *side_of(const struct sym_datasets *d)
{
    return (const void *)d == &the_rig->sides[0] ? &the_rig->sides[0] : &the_rig->sides[1];
}

enum sym_err sym_datasets_find(const struct sym_datasets *d, size_t *at, struct sym_span name,
                               struct sym_fault *fault)
{
    (void)d;
    *at = 0;
    return sym_span_equal(name, sym_span_text("list"))
               ? SYM_OK
               : sym_fail(fault, SYM_NOT_FOUND, "dataset: does not exist");
}

void sym_datasets_row(const struct sym_datasets *d, size_t at, struct sym_dataset_row *row)
{
    static struct sym_type_count types[SYM_TOKEN_TYPE_COUNT];
    const struct rig_list *l = &side_of(d)->list;
    (void)at;
    memset(types, 0, sizeof types);
    for (size_t i = 0; i < l->n; i++) {
        struct sym_type_count *count = &types[l->tokens[i].type % SYM_TOKEN_TYPE_COUNT];
        count->type = l->tokens[i].type;
        count->tokens++;
    }
    *row = (struct sym_dataset_row){.name = sym_span_text("list"),
                                    .kind = SYM_DATASET_IDENTIFIERS,
                                    .records = l->records,
                                    .tokens = l->n,
                                    .types = types,
                                    .n_types = SYM_TOKEN_TYPE_COUNT};
}

bool sym_datasets_is_outdated(const struct sym_datasets *d, size_t at)
{
    (void)at;
    return side_of(d)->list.outdated;
}

void sym_datasets_basis(const struct sym_datasets *d, size_t at, uint8_t out[SYM_DIGEST_BYTES])
{
    (void)at;
    memset(out, 0, SYM_DIGEST_BYTES);
    sym_put_u64(out, side_of(d)->content);
}

uint64_t sym_datasets_tokens(const struct sym_datasets *d, size_t at, enum sym_token_type type)
{
    const struct rig_list *l = &side_of(d)->list;
    uint64_t n = 0;
    (void)at;
    for (size_t i = 0; i < l->n; i++) {
        n += type == SYM_TOKEN_NONE || l->tokens[i].type == (uint8_t)type;
    }
    return n;
}

struct sym_content {
    struct rig_list *list;
};

enum sym_err sym_content_hold(struct sym_content **out, struct sym_datasets *d,
                              struct sym_span name, struct sym_fault *fault)
{
    size_t at = 0;
    enum sym_err err = sym_datasets_find(d, &at, name, fault);
    if (err == SYM_OK) {
        *out = calloc(1, sizeof **out);
        assert_non_null(*out);
        (*out)->list = &side_of(d)->list;
        (*out)->list->held++;
    }
    return err;
}

void sym_content_release(struct sym_content *c)
{
    c->list->held--;
    free(c);
}

bool sym_content_is_cancelled(const struct sym_content *c)
{
    return c->list->gone;
}

size_t sym_content_segments(const struct sym_content *c)
{
    return (c->list->records + PER_SEGMENT - 1) / PER_SEGMENT;
}

uint64_t sym_content_tokens(const struct sym_content *c, enum sym_token_type type)
{
    uint64_t n = 0;
    for (size_t i = 0; i < c->list->n; i++) {
        n += type == SYM_TOKEN_NONE || c->list->tokens[i].type == (uint8_t)type;
    }
    return n;
}

static void digest_of(uint8_t out[SYM_DIGEST_BYTES], const struct rig_token *t)
{
    uint8_t bytes[9] = {t->type};
    struct sym_span part = sym_span(bytes, sizeof bytes);
    sym_put_u64(bytes + 1, t->number);
    sym_digest(out, "symbolon-tests-1", &part, 1);
}

/* One block that the segment's columns lie in. */
struct columns {
    uint8_t id_lengths[PER_SEGMENT];
    uint8_t ids[PER_SEGMENT * 16u];
    uint8_t token_counts[PER_SEGMENT];
    uint8_t types[PER_SEGMENT * SYM_TOKENS_PER_RECORD_MAX];
    uint8_t digests[PER_SEGMENT * SYM_TOKENS_PER_RECORD_MAX][SYM_DIGEST_BYTES];
};

enum sym_err sym_content_segment(const struct sym_content *c, size_t at, struct sym_segment *out)
{
    struct rig_list *l = c->list;
    if (l->gone) {
        return SYM_CANCELLED;
    }
    if (l->unreadable > 0) {
        l->unreadable--;
        return SYM_BAD_TAG;
    }
    l->gone = ++l->reads == l->gone_after;
    sym_segment_clear(out);
    assert_int_equal(sym_secret_new(&out->value, sizeof(struct columns)), SYM_OK);
    struct columns *k = (void *)out->value.data;
    size_t first = at * PER_SEGMENT;
    size_t end = first + PER_SEGMENT < l->records ? first + PER_SEGMENT : l->records;
    size_t ids_len = 0;
    for (size_t r = first; r < end; r++) {
        int len = snprintf((char *)k->ids + ids_len, 16, "r%zu", r);
        k->id_lengths[r - first] = (uint8_t)len;
        ids_len += (size_t)len;
    }
    for (size_t i = 0; i < l->n; i++) {
        const struct rig_token *t = &l->tokens[i];
        if (t->record >= first && t->record < end) {
            k->types[out->n_tokens] = t->type;
            digest_of(k->digests[out->n_tokens++], t);
            k->token_counts[t->record - first]++;
        }
    }
    out->n_records = end - first;
    out->id_lengths = k->id_lengths;
    out->ids = k->ids;
    out->token_counts = k->token_counts;
    out->types = k->types;
    out->digests = (const uint8_t(*)[SYM_DIGEST_BYTES])k->digests;
    return SYM_OK;
}

void sym_segment_clear(struct sym_segment *s)
{
    sym_secret_clear(&s->value);
    memset(s, 0, sizeof *s);
}

/* Nothing here is tabulated. */
size_t sym_segment_row_length(const struct sym_segment *s, size_t i)
{
    (void)s;
    (void)i;
    return 0;
}

enum sym_err sym_snapshot_hold(struct sym_content **out, struct sym_dataset_row *row,
                               struct sym_datasets *d, struct sym_span name,
                               struct sym_fault *fault)
{
    (void)out;
    (void)row;
    (void)d;
    return sym_fail(fault, SYM_UNSUPPORTED, "dataset %.*s: holds identifiers", (int)name.len,
                    (const char *)name.data);
}

/* Grants ---------------------------------------------------------------------------------------
 */

/* Nothing waits here. */
enum sym_err sym_grants_withdraw(struct sym_grants *g, const struct sym_node_id *peer,
                                 const uint8_t id[SYM_EXCHANGE_ID_BYTES])
{
    (void)g;
    (void)peer;
    (void)id;
    return SYM_NOT_FOUND;
}

/* A sym_grants is a side here, and so is its step. */
enum sym_err sym_grants_begin(struct sym_grants *g, struct sym_grants_step **out,
                              struct sym_policy_verdict *verdict, struct sym_approval *approval,
                              const struct sym_ask *ask)
{
    struct rig_side *side = (void *)g;
    side->asked++;
    side->held_back += ask->must_hold != NULL;
    side->last = *ask->request;
    if (ask->request->commitments != NULL) {
        struct sym_span hash = ask->request->commitments->case_ref;
        assert_int_equal(hash.len, sizeof side->case_hash);
        memcpy(side->case_hash, hash.data, sizeof side->case_hash);
    }
    *verdict = side->verdict;
    verdict->engines = ask->engines & side->engines;
    *approval = side->approval;
    *out = (void *)side;
    assert_int_equal(ask->dataset_known,
                     sym_span_equal(ask->request->dataset, sym_span_text("list")));
    return SYM_OK;
}

void sym_grants_look(struct sym_grants *g, struct sym_policy_verdict *out,
                     const struct sym_ask *ask)
{
    const struct rig_side *side = (void *)g;
    (void)ask;
    *out = side->verdict;
}

enum sym_err sym_grants_put(const struct sym_grants_step *s, struct sym_transaction *t)
{
    (void)s;
    (void)t;
    return SYM_OK;
}

void sym_grants_end(struct sym_grants_step *s, enum sym_err err)
{
    struct rig_side *side = (void *)s;
    if (side != NULL) {
        side->taken_back += err != SYM_OK;
    }
}

void sym_grants_keep_approval(struct sym_grants_step *s, uint64_t wall_ms)
{
    (void)s;
    (void)wall_ms;
}

enum sym_err sym_grants_give_back(struct sym_grants *g, struct sym_grants_step **out,
                                  const uint8_t held_id[SYM_EXCHANGE_ID_BYTES])
{
    (void)g;
    (void)held_id;
    *out = NULL;
    return SYM_OK;
}

size_t sym_grants_offers(struct sym_grants *g, struct sym_standing_offer *out, size_t max)
{
    struct rig_side *side = (void *)g;
    const struct rig_side *other = &the_rig->sides[side == &the_rig->sides[0] ? 1 : 0];
    if (side->standing_days == 0 || max == 0) {
        return 0;
    }
    *out =
        (struct sym_standing_offer){.peer = other->self.id,
                                    .dataset = sym_span_text("list"),
                                    .types = side->standing_types != 0 ? side->standing_types : 1,
                                    .days = side->standing_days,
                                    .elements_per_day = side->elements_per_day,
                                    .number = 1,
                                    .restored_ms = side->restored_ms};
    return 1;
}

enum sym_err sym_grants_charge(struct sym_grants *g, const struct sym_node_id *peer,
                               struct sym_span dataset, uint32_t elements)
{
    struct rig_side *side = (void *)g;
    (void)peer;
    assert_true(sym_span_equal(dataset, sym_span_text("list")));
    if (elements > side->elements_per_day - side->evaluated) {
        return SYM_LIMIT;
    }
    side->evaluated += elements;
    return SYM_OK;
}

enum sym_err sym_grants_put_charge(struct sym_grants *g, struct sym_transaction *t,
                                   const struct sym_node_id *peer, struct sym_span dataset)
{
    struct rig_side *side = (void *)g;
    (void)t;
    (void)peer;
    (void)dataset;
    side->evaluated_put = side->evaluated;
    return SYM_OK;
}
