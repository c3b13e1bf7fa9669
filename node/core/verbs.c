#include "node/core/verbs.h"
#include "node/core/warnings.h"
#include "node/walls.h"
#include "proto/codec.h"
#include "proto/version.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int64_t now_s(void)
{
    return (int64_t)(sym_wall_ms() / 1000);
}

static const struct sym_user *asker_of(struct sym_core *core, const struct sym_author *author)
{
    return sym_users_by_name(&core->users, sym_span_text(author->user));
}

struct sym_peer *sym_verb_peer(struct sym_core *core, struct sym_span alias,
                               struct sym_fault *fault)
{
    struct sym_peer *peer = sym_peers_by_alias(&core->peers, alias);
    if (peer == NULL) {
        (void)sym_fail(fault, SYM_NOT_FOUND,
                       "peer %.*s: is not pinned; \"symbolon peer list\" names those that are",
                       (int)alias.len, (const char *)alias.data);
    }
    return peer;
}

static void count_standing(struct sym_status *s, struct sym_core *core)
{
    struct sym_standing_row *rows = NULL;
    size_t n = 0;
    sym_standing_maker_count(core->maker, &s->standing_made, &s->standing_due);
    if (sym_standings_list(&core->standings, &rows, &n) == SYM_OK) {
        for (size_t i = 0; i < n; i++) {
            s->standing_received += rows[i].own ? 0 : 1;
            s->standing_bytes += rows[i].bytes;
        }
        free(rows);
    }
}

static enum sym_err verb_status(struct sym_core *core, const struct sym_author *author,
                                const void *arguments, struct sym_answer *answer,
                                struct sym_fault *fault)
{
    (void)arguments;
    (void)fault;
    struct sym_warnings w;
    sym_warnings_collect(&w, core);
    const struct sym_gate_counters *counters = sym_links_counters(core->links);
    struct sym_process_row processes[2] = {core->gate, sym_walls_row("core", &core->sandbox)};
    processes[0].name = sym_span_text("gate");
    const struct sym_user *asker = asker_of(core, author);
    struct sym_status s = {
        .version = sym_span_text(SYM_VERSION),
        .name = sym_span_text(core->card.card.name),
        .role = (uint32_t)core->card.card.role,
        .id = sym_span(core->card.id.bytes, SYM_NODE_ID_BYTES),
        .serial = core->card.card.serial,
        .expires_s = (uint64_t)core->card.card.expires_s,
        .listening = sym_span_text(core->listening),
        .started_ms = core->started_ms,
        .peers = (uint32_t)core->peers.n,
        .links = (uint32_t)sym_links_count(core->links),
        .exchanges = (uint32_t)sym_exchanges_in_flight(core->exchanges),
        .users = (uint32_t)core->users.n,
        .processes = core->gate.pid != 0 ? processes : processes + 1,
        .n_processes = core->gate.pid != 0 ? 2 : 1,
        .refused_connections = counters->refused,
        .half_open = counters->half_open,
        .ristretto = sym_span_text(sym_ristretto_name(core->ristretto)),
        .workers = sym_workers_count(core->workers),
        .warnings = w.spans,
        .n_warnings = w.n,
        .store_bytes = sym_store_bytes(core->store),
        .asker_roles = asker != NULL ? asker->roles : 0,
    };
    count_standing(&s, core);
    return sym_answer_write(answer, &s);
}

static enum sym_err answer_card(const struct sym_core *core, struct sym_answer *answer)
{
    struct sym_card_text t = {.text = sym_span(core->card.text, core->card.len)};
    return sym_answer_write(answer, &t);
}

static enum sym_err verb_card(struct sym_core *core, const struct sym_author *author,
                              const void *arguments, struct sym_answer *answer,
                              struct sym_fault *fault)
{
    (void)author;
    (void)arguments;
    (void)fault;
    return answer_card(core, answer);
}

static enum sym_err verb_card_renew(struct sym_core *core, const struct sym_author *author,
                                    const void *arguments, struct sym_answer *answer,
                                    struct sym_fault *fault)
{
    const struct sym_card_renew *asked = arguments;
    enum sym_err err =
        sym_own_card_renew(&core->card, &core->dir, &core->keys, asked, author, now_s(), fault);
    return err == SYM_OK ? answer_card(core, answer) : err;
}

static enum sym_err verb_setting_set(struct sym_core *core, const struct sym_author *author,
                                     const void *arguments, struct sym_answer *answer,
                                     struct sym_fault *fault)
{
    const struct sym_setting *s = arguments;
    enum sym_err err = sym_settings_set(&core->settings, s->name, s->value, author, fault);
    return err == SYM_OK ? sym_answer_write(answer, &(struct sym_empty){0}) : err;
}

static enum sym_err verb_setting_list(struct sym_core *core, const struct sym_author *author,
                                      const void *arguments, struct sym_answer *answer,
                                      struct sym_fault *fault)
{
    (void)author;
    (void)arguments;
    (void)fault;
    struct sym_setting rows[SYM_SETTING_COUNT];
    for (size_t i = 0; i < SYM_SETTING_COUNT; i++) {
        rows[i] =
            (struct sym_setting){.name = sym_span_text(sym_setting_text((enum sym_setting_name)i)),
                                 .value = sym_span_text(core->settings.value[i])};
    }
    struct sym_setting_list list = {.settings = rows, .n_settings = SYM_SETTING_COUNT};
    return sym_answer_write(answer, &list);
}

/* Rows and what they point to. */
struct peer_rows {
    struct sym_peer_row rows[SYM_PEERS_MAX];
    struct sym_span endpoints[SYM_PEERS_MAX][SYM_CARD_ENDPOINTS_MAX];
    size_t n;
};

static void add_row(const struct sym_core *core, struct peer_rows *out, const struct sym_peer *peer)
{
    struct sym_span *endpoints = out->endpoints[out->n];
    struct sym_link *link = sym_links_of(core->links, &peer->id);
    struct sym_link_counts counts = {0};
    if (link != NULL) {
        counts = sym_link_counts(link);
    }
    for (size_t i = 0; i < peer->card.n_endpoint; i++) {
        endpoints[i] = sym_span_text(peer->card.endpoint[i]);
    }
    out->rows[out->n++] = (struct sym_peer_row){
        .alias = sym_span_text(peer->alias),
        .name = sym_span_text(peer->card.name),
        .role = (uint32_t)peer->card.role,
        .id = sym_span(peer->id.bytes, SYM_NODE_ID_BYTES),
        .serial = peer->card.serial,
        .expires_s = (uint64_t)peer->card.expires_s,
        .link = (uint32_t)sym_links_state(core->links, &peer->id),
        .has_psk = peer->psk.len > 0,
        .link_since_ms = counts.since_ms,
        .bytes_sent = counts.bytes_sent,
        .bytes_received = counts.bytes_received,
        .endpoints = endpoints,
        .n_endpoints = peer->card.n_endpoint,
        .expired = sym_peer_is_expired(peer, now_s()),
    };
}

static enum sym_err answer_peers(const struct sym_core *core, struct sym_answer *answer,
                                 struct sym_peer *const *peers, size_t n, struct sym_fault *fault)
{
    struct peer_rows *rows = calloc(1, sizeof *rows);
    if (rows == NULL) {
        return sym_fail(fault, SYM_NO_MEMORY, "peers: no memory for the answer");
    }
    for (size_t i = 0; i < n; i++) {
        add_row(core, rows, peers[i]);
    }
    struct sym_peer_list list = {.peers = rows->rows, .n_peers = rows->n};
    enum sym_err err = sym_answer_write(answer, &list);
    free(rows);
    return err;
}

static enum sym_err verb_peer_list(struct sym_core *core, const struct sym_author *author,
                                   const void *arguments, struct sym_answer *answer,
                                   struct sym_fault *fault)
{
    (void)author;
    (void)arguments;
    return answer_peers(core, answer, core->peers.items, core->peers.n, fault);
}

/* A node that is no peer any more loses its grants in the same commit. */
struct going {
    struct sym_core *core;
    const struct sym_author *author;
};

static enum sym_err drop_grants(struct sym_transaction *t, void *context,
                                const struct sym_node_id *id)
{
    const struct going *g = context;
    return sym_grants_put_dropped(g->core->grants, t, id, g->author);
}

/* Then nothing goes on with it, whatever else can still be done. */
static enum sym_err stop_with(struct sym_core *core, const struct sym_node_id *id)
{
    sym_grants_forget_peer(core->grants, id);
    sym_exchanges_drop_peer(core->exchanges, id);
    return sym_links_unpin(core->links, id);
}

static enum sym_err verb_peer_add(struct sym_core *core, const struct sym_author *author,
                                  const void *arguments, struct sym_answer *answer,
                                  struct sym_fault *fault)
{
    const struct sym_peer_add *asked = arguments;
    struct sym_peer *peer = NULL;
    struct sym_node_id replaced;
    struct going going = {.core = core, .author = author};
    struct sym_peer_addition addition = {.card = asked->cards,
                                         .alias = asked->alias,
                                         .psk = asked->psk,
                                         .replace_identity = asked->replace_identity,
                                         .self = &core->card.id,
                                         .author = author,
                                         .now_s = now_s(),
                                         .gone = drop_grants,
                                         .context = &going};
    enum sym_err err = sym_peers_add(&core->peers, &peer, &replaced, &addition, fault);
    if (err != SYM_OK) {
        return err;
    }
    bool moved = !sym_node_id_equal(&replaced, &peer->id);
    enum sym_err told = moved ? stop_with(core, &replaced) : SYM_OK;
    if (told == SYM_OK) {
        told = sym_links_pin(core->links, peer);
    }
    if (moved) {
        err = sym_standings_drop_peer(&core->standings, &replaced, fault);
    }
    if (told != SYM_OK) {
        return sym_fail(fault, told,
                        "peer %s: is pinned, but gate could not be told (%s); restart "
                        "the node",
                        peer->alias, sym_err_text(told));
    }
    if (err != SYM_OK) {
        return sym_fail(fault, err,
                        "peer %s: is pinned, but standing lists of its earlier identity are not "
                        "erased yet (it %s): that is done at the next start",
                        peer->alias, sym_err_text(err));
    }
    return answer_peers(core, answer, &peer, 1, fault);
}

static enum sym_err verb_peer_remove(struct sym_core *core, const struct sym_author *author,
                                     const void *arguments, struct sym_answer *answer,
                                     struct sym_fault *fault)
{
    const struct sym_peer_name *asked = arguments;
    struct sym_peer *peer = sym_verb_peer(core, asked->alias, fault);
    if (peer == NULL) {
        return SYM_NOT_FOUND;
    }
    const struct sym_node_id id = peer->id;
    struct going going = {.core = core, .author = author};
    enum sym_err err = sym_peers_remove(&core->peers, peer, drop_grants, &going, author, fault);
    if (err != SYM_OK) {
        return err;
    }
    enum sym_err told = stop_with(core, &id);
    err = sym_standings_drop_peer(&core->standings, &id, fault);
    if (told != SYM_OK) {
        return sym_fail(fault, told,
                        "peer: is removed, but gate could not be told (%s); restart "
                        "the node",
                        sym_err_text(told));
    }
    if (err != SYM_OK) {
        return sym_fail(fault, err,
                        "peer: is removed, but its standing lists are not erased yet (it %s): that "
                        "is done at the next start",
                        sym_err_text(err));
    }
    return sym_answer_write(answer, &(struct sym_empty){0});
}

static enum sym_err verb_peer_secret(struct sym_core *core, const struct sym_author *author,
                                     const void *arguments, struct sym_answer *answer,
                                     struct sym_fault *fault)
{
    const struct sym_peer_secret *asked = arguments;
    struct sym_peer *peer = sym_verb_peer(core, asked->alias, fault);
    if (peer == NULL) {
        return SYM_NOT_FOUND;
    }
    enum sym_err err = sym_peers_set_psk(&core->peers, peer, asked->psk, author, fault);
    struct sym_link *link = sym_links_of(core->links, &peer->id);
    if (err == SYM_OK && link != NULL && !sym_witness_is_met(core->witness, &peer->id)) {
        sym_link_hang_up(link); /* heads are being told with the key from before: begin anew */
    }
    return err == SYM_OK ? sym_answer_write(answer, &(struct sym_empty){0}) : err;
}

static enum sym_err verb_ping_start(struct sym_core *core, const struct sym_author *author,
                                    const void *arguments, struct sym_answer *answer,
                                    struct sym_fault *fault)
{
    const struct sym_ping_start *asked = arguments;
    uint8_t parameters[32];
    size_t len = 0;
    uint8_t id[SYM_EXCHANGE_ID_BYTES];
    struct sym_peer *peer = sym_verb_peer(core, asked->alias, fault);
    if (peer == NULL) {
        return SYM_NOT_FOUND;
    }
    struct sym_ping ping = {.bytes = asked->bytes};
    enum sym_err err = sym_encode(parameters, sizeof parameters, &len, &sym_msg_ping, &ping);
    if (err != SYM_OK) {
        return sym_fail(fault, err, "ping: too many bytes; at most %u MiB",
                        (unsigned)(SYM_PING_BYTES_MAX >> 20));
    }
    struct sym_exchange_plan plan = {.peer = peer,
                                     .kind = SYM_KIND_PING,
                                     .parameters = sym_span(parameters, len),
                                     .timeout_ms = asked->timeout_ms,
                                     .user = author->user};
    err = sym_exchanges_start(core->exchanges, id, &plan, fault);
    struct sym_exchange_name name = {.id = sym_span(id, sizeof id)};
    return err == SYM_OK ? sym_answer_write(answer, &name) : err;
}

static enum sym_err verb_user_add(struct sym_core *core, const struct sym_author *author,
                                  const void *arguments, struct sym_answer *answer,
                                  struct sym_fault *fault)
{
    const struct sym_user_add *asked = arguments;
    enum sym_err err = sym_users_add(&core->users, asked, asker_of(core, author), author,
                                     (uint64_t)now_s(), fault);
    return err == SYM_OK ? sym_answer_write(answer, &(struct sym_empty){0}) : err;
}

static enum sym_err verb_user_list(struct sym_core *core, const struct sym_author *author,
                                   const void *arguments, struct sym_answer *answer,
                                   struct sym_fault *fault)
{
    (void)author;
    (void)arguments;
    (void)fault;
    struct sym_user_row rows[SYM_USERS_MAX];
    for (size_t i = 0; i < core->users.n; i++) {
        const struct sym_user *u = &core->users.items[i];
        rows[i] = (struct sym_user_row){.name = sym_span_text(u->name),
                                        .roles = u->roles,
                                        .key = sym_span(u->key, sizeof u->key),
                                        .added_s = u->added_s};
    }
    struct sym_user_list list = {.users = rows, .n_users = core->users.n};
    return sym_answer_write(answer, &list);
}

static enum sym_err verb_user_remove(struct sym_core *core, const struct sym_author *author,
                                     const void *arguments, struct sym_answer *answer,
                                     struct sym_fault *fault)
{
    const struct sym_user_name *asked = arguments;
    enum sym_err err =
        sym_users_remove(&core->users, asked->name, asker_of(core, author), author, fault);
    return err == SYM_OK ? sym_answer_write(answer, &(struct sym_empty){0}) : err;
}

enum sym_err sym_verb_run(struct sym_core *core, enum sym_verb verb,
                          const struct sym_author *author, const void *arguments,
                          struct sym_answer *answer, struct sym_fault *fault)
{
    static sym_verb_fn *const own[SYM_VERB_COUNT] = {
        [SYM_VERB_STATUS] = verb_status,
        [SYM_VERB_CARD] = verb_card,
        [SYM_VERB_CARD_RENEW] = verb_card_renew,
        [SYM_VERB_PEER_ADD] = verb_peer_add,
        [SYM_VERB_PEER_LIST] = verb_peer_list,
        [SYM_VERB_PEER_REMOVE] = verb_peer_remove,
        [SYM_VERB_PEER_SECRET] = verb_peer_secret,
        [SYM_VERB_PING_START] = verb_ping_start,
        [SYM_VERB_USER_ADD] = verb_user_add,
        [SYM_VERB_USER_LIST] = verb_user_list,
        [SYM_VERB_USER_REMOVE] = verb_user_remove,
        [SYM_VERB_SETTING_SET] = verb_setting_set,
        [SYM_VERB_SETTING_LIST] = verb_setting_list,
    };
    sym_verb_fn *const *const tables[] = {own,
                                          sym_verbs_data,
                                          sym_verbs_grant,
                                          sym_verbs_approve,
                                          sym_verbs_exchange,
                                          sym_verbs_log,
                                          sym_verbs_backup,
                                          sym_verbs_witness,
                                          sym_verbs_tabulate,
                                          sym_verbs_table,
                                          sym_verbs_report};
    sym_verb_fn *run = NULL;
    for (size_t i = 0; i < sizeof tables / sizeof *tables && (size_t)verb < SYM_VERB_COUNT; i++) {
        run = tables[i][verb] != NULL ? tables[i][verb] : run;
    }
    if (run == NULL) {
        return sym_fail(fault, SYM_UNSUPPORTED, "this daemon does not know the command; update it");
    }
    enum sym_err err = run(core, author, arguments, answer, fault);
    if (err != SYM_OK && fault->text[0] == '\0') {
        (void)sym_fail(fault, err, "the answer %s", sym_err_text(err));
    }
    return err;
}

enum sym_err sym_core_run_verb(void *owner, enum sym_verb verb, const struct sym_author *author,
                               const void *arguments, struct sym_answer *answer,
                               struct sym_fault *fault)
{
    struct sym_core *core = owner;
    char what[SYM_DETAIL_BYTES_MAX + 1u];
    bool needed = false;
    enum sym_err err = sym_verb_needs_approval(&needed, what, core, verb, author, arguments, fault);
    if (err != SYM_OK) {
        return err;
    }
    return needed ? sym_verb_hold(core, author, verb, what, answer, fault)
                  : sym_verb_run(core, verb, author, arguments, answer, fault);
}
