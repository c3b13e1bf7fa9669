/* import: what it hands over to the node, what it tells, and how it ends badly. */
#include "cli/handover.h"
#include "tests/cli/fake_node.h"

#include <cjson/cJSON.h>

#define ROWS_MANY 30000

static void note(const struct fake_call *call, const char *format, ...) SYM_PRINTF(2, 3);
static void note(const struct fake_call *call, const char *format, ...)
{
    char line[512];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(line, sizeof line, format, args);
    va_end(args);
    fake_note(call->node, line);
}

/* What the core, a process of its own, knows of the import. */
static struct {
    uint64_t due, records;
    uint8_t id[SYM_IMPORT_ID_BYTES];
} core;

static enum sym_err takes_chunk(const struct fake_call *call)
{
    const struct sym_import_chunk *chunk = call->arguments;
    if (sym_import_chunk_check(chunk) != SYM_OK || chunk->number > core.due) {
        return SYM_BAD_VALUE;
    }
    core.due = chunk->number == core.due ? core.due + 1 : core.due;
    core.records += chunk->id_lengths.len;
    note(call, "chunk %llu: %zu records, first %.*s", (unsigned long long)chunk->number,
         chunk->id_lengths.len, (int)chunk->id_lengths.data[0], (const char *)chunk->ids.data);
    return SYM_OK;
}

static void takes_begin(const struct fake_call *call)
{
    const struct sym_import_begin *begin = call->arguments;
    if (sym_span_equal(begin->id, sym_span(core.id, sizeof core.id))) {
        return;
    }
    memcpy(core.id, begin->id.data, sizeof core.id);
    core.due = core.records = 0;
    note(call, "%.*s %.*s append=%d", (int)begin->dataset.len, (const char *)begin->dataset.data,
         (int)begin->profile.len, (const char *)begin->profile.data, begin->append);
}

/* A core that takes an import and checks the order and the columns of its chunks. */
static enum sym_err takes(struct fake_call *call, bool known)
{
    static struct sym_import_next next;
    static struct sym_dataset_row row;
    enum sym_err err = SYM_OK;
    if (call->verb == SYM_VERB_IMPORT_BEGIN) {
        takes_begin(call);
    } else if (call->verb == SYM_VERB_IMPORT_CHUNK) {
        err = takes_chunk(call);
    } else if (call->verb == SYM_VERB_IMPORT_END) {
        const struct sym_import_end *end = call->arguments;
        note(call, "keep=%d chunks=%llu", end->keep, (unsigned long long)end->chunks);
    } else if (call->verb == SYM_VERB_DATASET_SHOW && !known) {
        (void)snprintf(call->fault, sizeof call->fault, "suspects: does not exist");
        err = SYM_NOT_FOUND;
    }
    next.chunk = core.due;
    row = (struct sym_dataset_row){.name = sym_span_text("suspects"),
                                   .kind = SYM_DATASET_IDENTIFIERS,
                                   .records = core.records};
    bool counts = call->verb == SYM_VERB_IMPORT_BEGIN || call->verb == SYM_VERB_IMPORT_CHUNK;
    call->answer = counts ? (const void *)&next : (const void *)&row;
    return err;
}

static enum sym_err a_new_dataset(struct fake_call *call)
{
    return takes(call, false);
}

static enum sym_err a_known_dataset(struct fake_call *call)
{
    return takes(call, true);
}

static void write_csv(const struct fake_node *node, const char *text)
{
    fake_write(node->dir, "s.csv", sym_span_text(text), 0600);
}

/* "import|DIR/s.csv|--dataset|suspects|--profile|accounts" and more. */
static void import(struct run *r, const struct fake_node *node, const char *more)
{
    char words[1024];
    (void)snprintf(words, sizeof words, "import|%s/s.csv|--dataset|suspects|--profile|accounts%s",
                   node->dir, more);
    run(r, words);
}

static const char small[] = "id,iban\n"
                            "r1,GB82 WEST 1234 5698 7654 32\n"
                            "r2,GB82WEST12345698765433\n"
                            "r3,DE89370400440532013000\n"
                            "r3,DE89 3704 0044 0532 0130 00\n"
                            "r4,DE89370400440532013000\n";

static void hands_over_what_the_file_holds_and_reports_it(void **state)
{
    struct fake_node *node = *state;
    static struct run r;
    char asked[8192];
    char expected[1024];
    write_csv(node, small);
    fake_node_start(node, a_new_dataset);
    import(&r, node, "");
    (void)snprintf(expected, sizeof expected,
                   "%s/s.csv:3: iban: check digits do not match (mod 97 = 28)\n", node->dir);
    assert_string_equal(r.err, expected);
    assert_int_equal(r.code, SYM_EXIT_DONE);
    (void)snprintf(expected, sizeof expected,
                   "suspects: %s/s.csv, profile accounts: new\n"
                   "rows             5\n"
                   "  repeated       1\n"
                   "  rejected       1\n"
                   "records          3\n"
                   "identifiers      3\n"
                   "  repeated       1\n"
                   "values refused   1\n"
                   "values doubtful  0\n"
                   "\n"
                   "TYPE  IDENTIFIERS  RECORDS  REFUSED\n"
                   "iban            3        3        1\n",
                   node->dir);
    assert_string_equal(r.out, expected);
    fake_notes(asked, node);
    assert_string_equal(asked, "DATASET_SHOW\nIMPORT_BEGIN\nsuspects accounts append=0\n"
                               "IMPORT_CHUNK\nchunk 0: 3 records, first r1\n"
                               "IMPORT_END\nkeep=1 chunks=1\n");
}

static void says_when_it_took_the_place_of_something_and_when_it_added(void **state)
{
    struct fake_node *node = *state;
    static struct run r;
    char asked[8192];
    write_csv(node, small);
    fake_node_start(node, a_known_dataset);
    import(&r, node, "");
    assert_shows(r.out, "profile accounts: took the place of what it held\n");
    import(&r, node, "|--append");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows(r.out, "profile accounts: added to what it holds\n");
    fake_notes(asked, node);
    assert_shows(asked, "suspects accounts append=1\n");
}

static void speaks_json(void **state)
{
    struct fake_node *node = *state;
    static struct run r;
    write_csv(node, small);
    fake_node_start(node, a_known_dataset);
    import(&r, node, "|--json");
    cJSON *json = cJSON_Parse(r.out);
    char *text = cJSON_PrintUnformatted(json);
    assert_string_equal(
        text, "{\"dataset\":\"suspects\",\"profile\":\"accounts\","
              "\"kind\":\"identifiers\",\"dry_run\":false,\"rows\":5,\"records\":3,\"rejected\":1,"
              "\"duplicate_rows\":1,\"tokens\":3,\"duplicate_tokens\":1,"
              "\"refused\":1,\"doubtful\":0,\"types\":[{\"type\":\"iban\","
              "\"tokens\":3,\"records\":3,\"refused\":1}],\"replaced\":true}");
    cJSON_free(text);
    cJSON_Delete(json);
}

static void a_dry_run_needs_no_node_and_reports_the_same(void **state)
{
    struct fake_node *node = *state;
    static struct run r;
    write_csv(node, small);
    (void)unsetenv("SYMBOLON_DIR");
    import(&r, node, "|--dry-run");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows(r.err, "/s.csv:3: iban: check digits");
    assert_shows(r.out, "profile accounts: dry run, nothing is stored\nrows             5\n");
    import(&r, node, "|--dry-run|--json");
    assert_shows(r.out, "\"dry_run\": true");
    assert_shows_not(r.out, "replaced");
}

static void write_many(const struct fake_node *node)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/s.csv", node->dir);
    FILE *to = fopen(path, "w");
    assert_non_null(to);
    (void)fprintf(to, "id,account\n");
    for (int i = 0; i < ROWS_MANY; i++) {
        (void)fprintf(to, "record-%d,%08d\n", i, i);
    }
    assert_int_equal(fclose(to), 0);
}

static void a_large_file_goes_in_chunks_that_are_numbered(void **state)
{
    struct fake_node *node = *state;
    static struct run r;
    char asked[8192];
    write_many(node);
    fake_node_start(node, a_new_dataset);
    import(&r, node, "|--bank|200001");
    assert_string_equal(r.err, "");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows(r.out, "records          30000\n");
    fake_notes(asked, node);
    assert_shows(asked, "chunk 0: 8192 records, first record-0\n");
    assert_shows(asked, "chunk 3: 5424 records, first record-24576\n");
    assert_shows(asked, "keep=1 chunks=4\n");
}

static enum sym_err starts_again_meanwhile(struct fake_call *call)
{
    enum sym_err err = takes(call, false);
    const struct sym_import_chunk *chunk = call->arguments;
    if (call->verb == SYM_VERB_IMPORT_CHUNK && chunk->number > 0) {
        (void)snprintf(call->fault, sizeof call->fault, "there is no such import");
        return SYM_NOT_FOUND;
    }
    return err;
}

static void a_node_that_was_started_again_ends_the_import(void **state)
{
    struct fake_node *node = *state;
    static struct run r;
    write_many(node);
    fake_node_start(node, starts_again_meanwhile);
    import(&r, node, "|--bank|200001");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_string_equal(r.err, "symbolon: suspects: the node no longer knows this import: it was "
                               "started again meanwhile; nothing of it was kept: import the file "
                               "again\n");
    assert_string_equal(r.out, "");
}

static enum sym_err starts_again_before_the_end(struct fake_call *call)
{
    enum sym_err err = takes(call, false);
    return call->verb == SYM_VERB_IMPORT_END ? SYM_NOT_FOUND : err;
}

static void does_not_claim_to_know_how_an_end_went_that_was_lost(void **state)
{
    struct fake_node *node = *state;
    static struct run r;
    write_csv(node, small);
    fake_node_start(node, starts_again_before_the_end);
    import(&r, node, "");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, "look with \"symbolon dataset show\" whether it was kept\n");
}

static enum sym_err miscounts(struct fake_call *call)
{
    static struct sym_import_next wrong = {.chunk = 7};
    enum sym_err err = takes(call, false);
    call->answer = call->verb == SYM_VERB_IMPORT_CHUNK ? &wrong : call->answer;
    return err;
}

static void a_node_that_loses_count_gets_no_end_that_keeps(void **state)
{
    struct fake_node *node = *state;
    static struct run r;
    char asked[8192];
    write_csv(node, small);
    fake_node_start(node, miscounts);
    import(&r, node, "");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, "suspects: the node lost count of this import");
    fake_notes(asked, node);
    assert_shows(asked, "keep=0");
    assert_shows_not(asked, "keep=1");
}

static enum sym_err has_no_space(struct fake_call *call)
{
    enum sym_err err = takes(call, false);
    if (call->verb == SYM_VERB_IMPORT_CHUNK) {
        (void)snprintf(call->fault, sizeof call->fault, "the store does not fit on the disk");
        return SYM_NO_SPACE;
    }
    return err;
}

static void a_refusal_of_the_node_ends_the_import_at_once(void **state)
{
    struct fake_node *node = *state;
    static struct run r;
    char asked[8192];
    write_many(node);
    fake_node_start(node, has_no_space);
    import(&r, node, "|--bank|200001");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_string_equal(r.err, "symbolon: the store does not fit on the disk\n");
    fake_notes(asked, node);
    assert_shows(asked, "IMPORT_CHUNK\n");
    assert_null(strstr(strstr(asked, "IMPORT_CHUNK") + 1, "IMPORT_CHUNK"));
    assert_shows(asked, "keep=0");
}

static enum sym_err denies(struct fake_call *call)
{
    (void)snprintf(call->fault, sizeof call->fault, "import: only an analyst may");
    return SYM_DENIED;
}

static void refuses_users_who_may_not(void **state)
{
    struct fake_node *node = *state;
    static struct run r;
    char asked[8192];
    write_csv(node, small);
    fake_node_start(node, denies);
    import(&r, node, "");
    assert_int_equal(r.code, SYM_EXIT_DENIED);
    assert_string_equal(r.err, "symbolon: import: only an analyst may\n");
    fake_notes(asked, node);
    assert_shows_not(asked, "IMPORT_CHUNK");
}

/* Incidents ------------------------------------------------------------------------------------ */

/* The rows of a chunk, one note each. */
static enum sym_err take_rows(const struct fake_call *call, const struct sym_import_chunk *chunk)
{
    struct sym_reader lengths = sym_reader(chunk->row_lengths);
    struct sym_reader rows = sym_reader(chunk->rows);
    if (sym_import_chunk_check(chunk) != SYM_OK || chunk->types.len > 0) {
        return SYM_BAD_VALUE;
    }
    for (size_t r = 0; r < chunk->id_lengths.len; r++) {
        struct sym_incident i;
        struct sym_span row = sym_read_span(&rows, sym_read_u16(&lengths));
        if (sym_incident_read(&i, row) != SYM_OK) {
            return SYM_BAD_VALUE;
        }
        note(call, "row of %zu codes, count %llu", i.n_codes, (unsigned long long)i.count);
    }
    return sym_read_end(&rows) == SYM_OK ? sym_read_end(&lengths) : SYM_BAD_VALUE;
}

/* A core that takes rows and says what they are. */
static enum sym_err takes_incidents(struct fake_call *call)
{
    static struct sym_import_next next;
    if (call->verb == SYM_VERB_IMPORT_BEGIN) {
        const struct sym_import_begin *begin = call->arguments;
        note(call, "kind %u, k %u, p %u", begin->kind, begin->cells_per_incident,
             begin->persons_max);
    }
    if (call->verb != SYM_VERB_IMPORT_CHUNK) {
        return takes(call, false);
    }
    const struct sym_import_chunk *chunk = call->arguments;
    next.chunk = chunk->number + 1;
    call->answer = &next;
    return take_rows(call, chunk);
}

static void import_as(struct run *r, const struct fake_node *node, const char *more)
{
    char words[1024];
    (void)snprintf(words, sizeof words, "import|%s/s.csv|--dataset|suspects|--profile|%s",
                   node->dir, more);
    run(r, words);
}

static void hands_over_incidents_and_says_what_it_did_not_understand(void **state)
{
    struct fake_node *node = *state;
    static struct run r;
    char asked[8192];
    write_csv(node, "yearOfRegistration,gender,CountryOfExploitation,isForcedLabour\n"
                    "2016,Woman,ITA,1\n2017,Mermaid,Atlantis,1\n2018,Mermaid,,\n");
    fake_node_start(node, takes_incidents);
    import_as(&r, node, "ctdc");
    assert_string_equal(r.err, "");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows(r.out, "records                3\n"
                        "values not understood  3\n");
    assert_shows(r.out, "country           1        2               1\n");
    assert_shows(r.out, "sex             Mermaid       2           3\n");
    fake_notes(asked, node);
    assert_shows(asked, "kind 2, k 0, p 0\n");
    assert_shows(asked, "row of 3 codes, count 1\nrow of 1 codes, count 1\nrow of 0 codes");
}

static void hands_over_aggregates_with_what_they_declare(void **state)
{
    struct fake_node *node = *state;
    static struct run r;
    char asked[8192];
    write_csv(node, "country,year,count\nIT,2019,12\n");
    fake_node_start(node, takes_incidents);
    import_as(&r, node, "aggregates|--cells-per-incident|2|--persons-max|5");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    fake_notes(asked, node);
    assert_shows(asked, "kind 3, k 2, p 5\n");
    assert_shows(asked, "row of 1 codes, count 12\n");
}

static void refuses_aggregates_that_declare_nothing(void **state)
{
    struct fake_node *node = *state;
    static struct run r;
    write_csv(node, "country,year,count\nIT,2019,12\n");
    import_as(&r, node, "aggregates|--persons-max|5|--dry-run");
    assert_int_equal(r.code, SYM_EXIT_USAGE);
    assert_shows(r.err, "--cells-per-incident is missing");
    import_as(&r, node, "aggregates|--cells-per-incident|1|--dry-run");
    assert_int_equal(r.code, SYM_EXIT_USAGE);
    assert_shows(r.err, "--persons-max is missing");
    import_as(&r, node, "aggregates|--cells-per-incident|0|--persons-max|5|--dry-run");
    assert_int_equal(r.code, SYM_EXIT_USAGE);
    assert_shows(r.err, "--cells-per-incident: has to be a number from 1 to 1000000");
    import_as(&r, node, "accounts|--cells-per-incident|1|--dry-run");
    assert_int_equal(r.code, SYM_EXIT_USAGE);
    assert_shows(r.err, "--cells-per-incident: belongs to a profile of aggregates");
}

static void a_dry_run_shows_the_first_records(void **state)
{
    struct fake_node *node = *state;
    static struct run r;
    write_csv(node, "id,hte_Date,hte_Country,vic_TypeOfExploitation\n"
                    "a1,2019-03-02,Italy,ForcedLabour;Other\n");
    import_as(&r, node, "htcds|--dry-run");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows(r.out, "The first records, as they would be kept:\n"
                        "RECORD  DATE        country  exploitation          PERSONS  COUNT\n"
                        "a1      2019-03-02  IT       forced-labour, other        0      1\n");
    import_as(&r, node, "htcds|--dry-run|--json");
    cJSON *json = cJSON_Parse(r.out);
    const cJSON *first = cJSON_GetArrayItem(cJSON_GetObjectItem(json, "first_records"), 0);
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(first, "date")), "2019-03-02");
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(first, "exploitation")), 2);
    cJSON_Delete(json);
}

static enum sym_err answers_chunks_slowly(struct fake_call *call)
{
    enum sym_err err = takes(call, false);
    if (call->verb == SYM_VERB_IMPORT_CHUNK) {
        (void)usleep(300000);
    }
    return err;
}

/* An import of many rows that has handed over two chunks. */
struct running {
    pid_t child;
    FILE *out, *err;
};

static void begin_and_wait(struct running *p, const struct fake_node *node)
{
    char words[512];
    char asked[8192] = "";
    p->out = tmpfile();
    p->err = tmpfile();
    (void)snprintf(words, sizeof words,
                   "import|%s/s.csv|--dataset|suspects|--profile|accounts|--bank|200001|--wait|1",
                   node->dir);
    (void)fflush(NULL);
    p->child = fork();
    assert_true(p->child >= 0);
    if (p->child == 0) {
        run_child(words, p->out, p->err);
    }
    for (int i = 0; i < 2000 && strstr(asked, "chunk 1: ") == NULL; i++) {
        (void)usleep(10000);
        fake_notes(asked, node);
    }
}

static int end_of(struct running *p, char err_text[2048])
{
    int code = run_code(p->child);
    run_read(err_text, 2048, p->err);
    (void)fclose(p->out);
    return code;
}

static void ctrl_c_gives_the_import_up(void **state)
{
    struct fake_node *node = *state;
    struct running import_of;
    char err_text[2048];
    char asked[8192];
    write_many(node);
    fake_node_start(node, answers_chunks_slowly);
    begin_and_wait(&import_of, node);
    assert_int_equal(kill(import_of.child, SIGINT), 0);
    assert_int_equal(end_of(&import_of, err_text), SYM_EXIT_FAILED);
    assert_shows(err_text, "the import was cancelled\n");
    fake_notes(asked, node);
    assert_shows(asked, "keep=0");
    assert_shows_not(asked, "keep=1");
}

static void finds_a_node_that_listens_elsewhere_after_a_start(void **state)
{
    struct fake_node *node = *state;
    struct running import_of;
    char err_text[2048];
    char path[512];
    write_many(node);
    fake_node_start(node, answers_chunks_slowly);
    begin_and_wait(&import_of, node);
    fake_node_stop(node);
    (void)snprintf(path, sizeof path, "%s/run", node->dir);
    (void)snprintf(node->run, sizeof node->run, "%s/r2", node->dir);
    assert_int_equal(mkdir(node->run, 0700), 0);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink(node->run, path), 0);
    fake_node_start(node, starts_again_meanwhile);
    assert_int_equal(end_of(&import_of, err_text), SYM_EXIT_FAILED);
    assert_string_equal(err_text, "symbolon: suspects: the node no longer knows this import: it "
                                  "was started again meanwhile; nothing of it was kept: import "
                                  "the file again\n");
}

/* The handover alone, with less patience than people have. */
struct handed {
    struct sym_client client;
    struct sym_handover *handover;
    struct sym_fault fault;
};

static enum sym_err hand_over(struct handed *h, const struct fake_node *node, unsigned busy_ms)
{
    static const struct sym_option options[] = {{.name = "as", .argument = "NAME"}, {0}};
    struct sym_call call = {.dir = node->dir, .wait_ms = 300};
    sym_args_know(&call.args, options);
    const struct sym_handover_terms terms = {
        .dataset = "suspects",
        .profile = "accounts",
        .patience = {.tries = 2, .pause_ms = 20, .busy_ms = busy_ms}};
    h->client = (struct sym_client){.request = NULL};
    h->handover = NULL;
    enum sym_err err = sym_client_open(&h->client, &call, &h->fault);
    return err == SYM_OK ? sym_handover_begin(&h->handover, &h->client, &terms, &h->fault) : err;
}

static enum sym_err add_record(struct handed *h)
{
    static const uint8_t digests[1][SYM_DIGEST_BYTES];
    static const uint32_t id_end = 2;
    static const uint32_t record;
    static const uint8_t type = SYM_TOKEN_IBAN;
    const struct sym_import_batch batch = {.n_records = 1,
                                           .ids = (const uint8_t *)"r1",
                                           .id_ends = &id_end,
                                           .n_tokens = 1,
                                           .records = &record,
                                           .types = &type,
                                           .digests = digests};
    return sym_handover_add(h->handover, &batch, &h->fault);
}

static enum sym_err keep(struct handed *h)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_dataset_row row;
    return sym_handover_keep(h->handover, &arena, &row, &h->fault);
}

static void end(struct handed *h)
{
    sym_handover_end(h->handover);
    sym_client_close(&h->client);
}

static void gives_up_when_the_node_stays_away(void **state)
{
    struct fake_node *node = *state;
    struct handed h;
    fake_node_start(node, a_new_dataset);
    assert_int_equal(hand_over(&h, node, 0), SYM_OK);
    assert_int_equal(add_record(&h), SYM_OK);
    fake_node_stop(node);
    assert_int_equal(keep(&h), SYM_CLOSED);
    assert_shows(h.fault.text, " is not running; start it with: symbolond --dir ");
    end(&h);
}

static enum sym_err loses_an_answer(struct fake_call *call)
{
    static unsigned chunks;
    enum sym_err err = takes(call, false);
    call->silent = call->verb == SYM_VERB_IMPORT_CHUNK && chunks++ == 0;
    return err;
}

static void a_chunk_whose_answer_was_lost_is_sent_again(void **state)
{
    struct fake_node *node = *state;
    struct handed h;
    char asked[8192];
    fake_node_start(node, loses_an_answer);
    assert_int_equal(hand_over(&h, node, 0), SYM_OK);
    assert_int_equal(add_record(&h), SYM_OK);
    assert_int_equal(keep(&h), SYM_OK);
    end(&h);
    fake_notes(asked, node);
    const char *first = strstr(asked, "chunk 0: ");
    assert_non_null(first);
    assert_shows(first + 1, "chunk 0: 1 records, first r1\n");
    assert_shows(asked, "keep=1 chunks=1\n");
}

static size_t count_of(const char *text, const char *word)
{
    size_t n = 0;
    for (const char *at = text; (at = strstr(at, word)) != NULL; at++) {
        n++;
    }
    return n;
}

static void shows_life_while_the_file_is_silent(void **state)
{
    struct fake_node *node = *state;
    struct handed h;
    char asked[8192];
    fake_node_start(node, a_new_dataset);
    assert_int_equal(hand_over(&h, node, 0), SYM_OK);
    (void)usleep(1200000);
    fake_notes(asked, node);
    assert_in_range(count_of(asked, "IMPORT_BEGIN\n"), 3, 4);
    assert_int_equal(add_record(&h), SYM_OK);
    assert_int_equal(keep(&h), SYM_OK);
    end(&h);
    fake_notes(asked, node);
    assert_shows(asked, "keep=1 chunks=1\n");
    assert_int_equal(count_of(asked, "chunk 0: "), 1);
}

static enum sym_err is_taken_over(struct fake_call *call)
{
    static unsigned begins;
    if (call->verb == SYM_VERB_IMPORT_BEGIN && begins++ > 0) {
        (void)snprintf(call->fault, sizeof call->fault, "import of suspects: was given up");
        return SYM_WRONG_STATE;
    }
    return takes(call, false);
}

static void an_import_that_was_given_up_meanwhile_ends(void **state)
{
    struct fake_node *node = *state;
    struct handed h;
    fake_node_start(node, is_taken_over);
    assert_int_equal(hand_over(&h, node, 0), SYM_OK);
    (void)usleep(600000);
    assert_int_equal(add_record(&h), SYM_OK);
    assert_int_equal(keep(&h), SYM_WRONG_STATE);
    assert_string_equal(h.fault.text, "import of suspects: was given up");
    end(&h);
}

static enum sym_err is_busy_for_a_while(struct fake_call *call)
{
    static unsigned begins;
    if (call->verb == SYM_VERB_IMPORT_BEGIN && begins++ < 3) {
        (void)snprintf(call->fault, sizeof call->fault, "dataset suspects: is being imported");
        return SYM_EXISTS;
    }
    return takes(call, false);
}

static void waits_for_an_import_that_was_cut_off(void **state)
{
    struct fake_node *node = *state;
    static struct run r;
    char asked[8192];
    write_csv(node, "id,iban\nr1,GB82WEST12345698765432\n");
    fake_node_start(node, is_busy_for_a_while);
    import(&r, node, "");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_string_equal(r.err, "");
    fake_notes(asked, node);
    assert_int_equal(count_of(asked, "IMPORT_BEGIN\n"), 4);
    assert_shows(asked, "keep=1 chunks=1\n");
}

static enum sym_err is_busy(struct fake_call *call)
{
    (void)snprintf(call->fault, sizeof call->fault, "dataset suspects: is being imported");
    return call->verb == SYM_VERB_IMPORT_BEGIN ? SYM_EXISTS : takes(call, false);
}

static void an_import_that_goes_on_is_not_waited_for_without_end(void **state)
{
    struct fake_node *node = *state;
    struct handed h;
    char asked[8192];
    fake_node_start(node, is_busy);
    assert_int_equal(hand_over(&h, node, 600), SYM_EXISTS);
    assert_string_equal(h.fault.text, "dataset suspects: is being imported");
    end(&h);
    fake_notes(asked, node);
    assert_int_equal(count_of(asked, "IMPORT_BEGIN\n"), 4);
    assert_shows_not(asked, "IMPORT_END");
    assert_int_equal(sym_handover_patience.busy_ms, 5000);
}

static void lists_the_first_refused_values_and_saves_all_when_asked(void **state)
{
    struct fake_node *node = *state;
    static struct run r;
    static char text[8192] = "id,iban\nr,GB82WEST12345698765432\n";
    char more[512];
    char path[512];
    static char saved[16384];
    for (int i = 0; i < 25; i++) {
        size_t used = strlen(text);
        (void)snprintf(text + used, sizeof text - used, "r%d,XX\n", i);
    }
    write_csv(node, text);
    import(&r, node, "|--dry-run");
    assert_shows(r.err, "/s.csv:22: iban: ");
    assert_shows_not(r.err, "/s.csv:23: iban: ");
    assert_shows(r.err, "/s.csv: and 5 more refused values or rows; --rejects FILE saves all of "
                        "them\n");
    (void)snprintf(more, sizeof more, "|--dry-run|--rejects|%s/bad.csv", node->dir);
    import(&r, node, more);
    assert_shows(r.err, "/s.csv: and 5 more refused values or rows\n");
    (void)snprintf(path, sizeof path, "%s/bad.csv", node->dir);
    FILE *from = fopen(path, "r");
    assert_non_null(from);
    run_read(saved, sizeof saved, from);
    assert_shows(saved, "\"27\",\"no\",");
    import(&r, node, more);
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, "bad.csv: exists already and is not overwritten");
}

static void a_file_without_anything_to_import_changes_nothing(void **state)
{
    struct fake_node *node = *state;
    static struct run r;
    char asked[8192];
    fake_node_start(node, a_known_dataset);
    write_csv(node, "id,iban\nr1,XX\n");
    import(&r, node, "");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, "no row has an identifier that can be used\n");
    write_csv(node, "id,iban\n");
    import(&r, node, "");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, "has no rows behind its first\n");
    write_csv(node, "");
    import(&r, node, "");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    fake_notes(asked, node);
    assert_shows(asked, "keep=0");
    assert_shows_not(asked, "keep=1");
}

static void a_dry_run_that_finds_nothing_reports_and_fails(void **state)
{
    struct fake_node *node = *state;
    static struct run r;
    write_csv(node, "id,iban\nr1,XX\n");
    import(&r, node, "|--dry-run");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.out, "records          0\n");
}

static void a_file_that_breaks_off_is_not_kept(void **state)
{
    struct fake_node *node = *state;
    static struct run r;
    char asked[8192];
    fake_node_start(node, a_new_dataset);
    write_csv(node, "id,iban,bic\nr1,GB82WEST12345698765432,\nr2,GB82WE");
    import(&r, node, "");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, "the file ends in the middle of this row");
    fake_notes(asked, node);
    assert_shows(asked, "keep=0");
}

static void refuses_profiles_that_do_not_exist_and_names_those_that_do(void **state)
{
    struct fake_node *node = *state;
    static struct run r;
    char words[512];
    write_csv(node, small);
    (void)snprintf(words, sizeof words, "import|%s/s.csv|--dataset|d|--profile|acounts|--dry-run",
                   node->dir);
    run(&r, words);
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, "acounts: there is no such file, and the profiles that are built in are "
                        "accounts, persons, person-keys, htcds, ctdc, iom-missing-migrants and "
                        "aggregates");
}

static void refuses_what_the_options_may_not_say(void **state)
{
    struct fake_node *node = *state;
    static struct run r;
    static const char *const more[][2] = {
        {"--profile|accounts", "--dataset is missing"},
        {"--dataset|d", "--profile is missing"},
        {"--dataset|a b|--profile|accounts", "--dataset: \"a b\" is not"},
        {"--dataset|../d|--profile|accounts", "--dataset: \"../d\" is not"},
        {"--dataset|d|--profile|accounts|--region|England|--dry-run", "England"},
        {"--dataset|d|--profile|accounts|--issuer|GB|--dry-run",
         "--issuer: the profile accounts maps no column to which that belongs"},
        {"--dataset|d|--profile|accounts|--bank|", "--bank: "},
    };
    write_csv(node, small);
    for (size_t i = 0; i < sizeof more / sizeof *more; i++) {
        char words[512];
        (void)snprintf(words, sizeof words, "import|%s/s.csv|%s", node->dir, more[i][0]);
        run(&r, words);
        assert_int_equal(r.code, SYM_EXIT_USAGE);
        assert_shows(r.err, more[i][1]);
        assert_string_equal(r.out, "");
    }
    (void)unsetenv("SYMBOLON_DIR");
    import(&r, node, "");
    assert_int_equal(r.code, SYM_EXIT_USAGE);
    assert_shows(r.err, "which node?");
}

static void a_region_lets_telephone_numbers_in(void **state)
{
    struct fake_node *node = *state;
    static struct run r;
    char words[512];
    write_csv(node, "id,phone\nr1,020 7946 0018\n");
    (void)snprintf(words, sizeof words, "import|%s/s.csv|--dataset|d|--profile|persons|--dry-run",
                   node->dir);
    run(&r, words);
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, "Give --region, such as --region GB");
    (void)strcat(words, "|--region|GB");
    run(&r, words);
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows(r.out, "\nphone            1        1        0\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_NODE(hands_over_what_the_file_holds_and_reports_it),
        WITH_NODE(says_when_it_took_the_place_of_something_and_when_it_added),
        WITH_NODE(speaks_json),
        WITH_NODE(a_dry_run_needs_no_node_and_reports_the_same),
        WITH_NODE(a_large_file_goes_in_chunks_that_are_numbered),
        WITH_NODE(a_chunk_whose_answer_was_lost_is_sent_again),
        WITH_NODE(a_node_that_was_started_again_ends_the_import),
        WITH_NODE(does_not_claim_to_know_how_an_end_went_that_was_lost),
        WITH_NODE(a_node_that_loses_count_gets_no_end_that_keeps),
        WITH_NODE(a_refusal_of_the_node_ends_the_import_at_once),
        WITH_NODE(refuses_users_who_may_not),
        WITH_NODE(hands_over_incidents_and_says_what_it_did_not_understand),
        WITH_NODE(hands_over_aggregates_with_what_they_declare),
        WITH_NODE(refuses_aggregates_that_declare_nothing),
        WITH_NODE(a_dry_run_shows_the_first_records),
        WITH_NODE(ctrl_c_gives_the_import_up),
        WITH_NODE(finds_a_node_that_listens_elsewhere_after_a_start),
        WITH_NODE(gives_up_when_the_node_stays_away),
        WITH_NODE(shows_life_while_the_file_is_silent),
        WITH_NODE(an_import_that_was_given_up_meanwhile_ends),
        WITH_NODE(waits_for_an_import_that_was_cut_off),
        WITH_NODE(an_import_that_goes_on_is_not_waited_for_without_end),
        WITH_NODE(lists_the_first_refused_values_and_saves_all_when_asked),
        WITH_NODE(a_file_without_anything_to_import_changes_nothing),
        WITH_NODE(a_dry_run_that_finds_nothing_reports_and_fails),
        WITH_NODE(a_file_that_breaks_off_is_not_kept),
        WITH_NODE(refuses_profiles_that_do_not_exist_and_names_those_that_do),
        WITH_NODE(refuses_what_the_options_may_not_say),
        WITH_NODE(a_region_lets_telephone_numbers_in),
    };
    return cmocka_run_group_tests_name("import command", tests, fake_node_start_tests, NULL);
}
