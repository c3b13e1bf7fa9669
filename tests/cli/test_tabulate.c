/* Joint tabulations: questions made from options, plans and previews. */
#include "tests/cli/fake_joint.h"

#include <cjson/cJSON.h>

static void shows_the_plan_then_ranks_what_was_released(void **state)
{
    static struct run r;
    char notes[8192];
    fake_node_start(*state, tabulates);
    run(&r, SMALL);
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows(r.err, "participants      5: this node, bank-b, bank-b, bank-b, bank-b\n");
    assert_shows(r.err, "needed            5 of them; the others may ask for more\n");
    assert_shows(r.err, "cells             9\n  country         3\n  country x year  6\n");
    assert_shows(r.err, "sensitivity       2: 1 (cells per incident) x 1 (persons) x 2 (levels)\n");
    assert_shows(r.err, "noise             95 % of counts within 7 of the true sum\n");
    assert_shows(r.err, "budget left       7.5 of 8 of the own dataset; renews 2027-01-01T");
    assert_shows(r.err, "With 5 participants, one that drops out ends it without a result.\n");
    assert_shows(r.err, "the budget is spent all the same");
    assert_shows(r.out, "asked by      node 000000000000, not pinned\n");
    assert_shows(r.out, "participants  4 of 5; 4 were needed\nmissing       ngo-north\n");
    assert_shows(r.out, "epsilon       1 spent; 3 for an incident that 3 organisations hold\n");
    assert_shows(r.out, "\ncountry\n#  country   count  95 % interval  \n"
                        "1  IT Italy    100  93 to 107      ████████████████████████\n"
                        "2  MT Malta     40  33 to 47       █████████▌\n"
                        "1 of 3 cells are below 25 or empty and not shown\n");
    assert_shows(r.out, "1  IT Italy  2019    100  93 to 107");
    assert_shows(r.out, "2  LY Libya  2019     40  33 to 47");
    fake_notes(notes, *state);
    assert_string_equal(notes,
                        "TABULATE_PLAN\n"
                        "incidents peers=0 own=1 purpose=7 basis=1 case=C-17 shape=hotspots unit=0 "
                        "p=1 k=1 epsilon=1000000000 cells=9 levels=2\n"
                        "country: IT .. MT, 3 alone\nyear: 2019 .. 2020, 2 alone\n"
                        "TABULATE_START\nEXCHANGE_STATE\nEXCHANGE_SHOW\nRELEASE_SHOW\n"
                        "PEER_LIST\n"
                        "RELEASE_EVIDENCE\nRELEASE_CELLS\n");
}

/* Released in the second in which it was asked, too. */
static void what_was_answered_before_says_that_nothing_was_spent(void **state)
{
    static struct run r;
    fake_node_start(*state, tabulates);
    run(&r, SMALL);
    assert_shows_not(r.err, "answered before");
    assert_shows(r.out, "1 spent; 3 for an incident that 3 organisations hold\n");
    answered_before = true;
    fake_node_start(*state, tabulates);
    answered_before = false;
    run(&r, SMALL);
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows(r.err, "The same question was answered before, about the same data: this is that "
                        "answer, and nothing was spent.\n");
    assert_shows(r.out, "1 spent when it was first answered, and nothing for this exchange; 3 for "
                        "an incident that 3 organisations hold\n");
}

static enum sym_err without_budget(struct fake_call *call)
{
    static struct sym_tabulate_plan plan;
    enum sym_err err = tabulates(call);
    if (call->verb == SYM_VERB_TABULATE_PLAN) {
        plan = *(const struct sym_tabulate_plan *)call->answer;
        plan.budget_left_nano = 0;
        plan.released = answered_before ? sym_span(id, sizeof id) : sym_span(NULL, 0);
        call->answer = &plan;
    }
    return err;
}

static void a_repeated_question_needs_no_budget(void **state)
{
    static const char refused[] = "The budget that is left does not suffice";
    static struct run r;
    fake_node_start(*state, without_budget);
    run(&r, SMALL);
    assert_shows(r.err, refused);
    assert_shows_not(r.err, "after the counts were sent");
    answered_before = true;
    fake_node_start(*state, without_budget);
    answered_before = false;
    run(&r, SMALL);
    assert_shows(r.err, "the same answer comes again and costs nothing");
    assert_shows_not(r.err, refused);
    assert_shows_not(r.err, "after the counts were sent");
}

static enum sym_err without_the_dataset(struct fake_call *call)
{
    static struct sym_tabulate_plan plan;
    enum sym_err err = tabulates(call);
    if (call->verb == SYM_VERB_TABULATE_PLAN) {
        plan = *(const struct sym_tabulate_plan *)call->answer;
        plan.contributes = false;
        call->answer = &plan;
    }
    return err;
}

static void a_dataset_that_is_not_there_is_asked_about(void **state)
{
    struct run r;
    fake_node_start(*state, without_the_dataset);
    run(&r, SMALL);
    assert_shows(r.err, "This node has no dataset incidents and adds nothing: is that the name?");
    run(&r, SMALL "|--without-own");
    assert_shows_not(r.err, "is that the name?");
}

static void nothing_is_asked_without_agreement(void **state)
{
    static struct run r;
    char notes[8192];
    fake_node_start(*state, tabulates);
    run(&r, "trends|--peers|a,b|--dataset|incidents|--purpose|test|--basis|consent|--case|C-17");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_string_equal(r.out, "");
    assert_shows(r.err, "repeat the command with --yes");
    assert_shows(r.err, "as nothing was said; see --from and --to");
    fake_notes(notes, *state);
    assert_shows_not(notes, "TABULATE_START");
    assert_shows(notes, "peers=2 ");
}

static void a_preview_asks_nobody_and_waits_until_it_is_counted(void **state)
{
    static struct run r;
    char notes[8192];
    fake_node_start(*state, tabulates);
    run(&r, "hotspots|--dataset|incidents|--by|country|--only|country=IT,LY,MT|--preview");
    assert_string_equal(r.err, "");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_string_equal(
        r.out, "incidents: 140 of 145 records count; the others lie outside the time or the codes "
               "that were asked for.\n"
               "Counted are incidents.\n"
               "This is what the node would add, before noise. Nothing has left it.\n\ncountry\n#  "
               "country   count  \n"
               "1  IT Italy    100  ████████████████████████\n"
               "2  MT Malta     40  █████████▌\n1 of 3 cells are empty\n");
    run(&r, "hotspots|--dataset|incidents|--by|country|--only|country=IT,LY,MT|--preview|--json");
    cJSON *j = cJSON_Parse(r.out);
    assert_non_null(j);
    assert_string_equal(cJSON_GetObjectItem(j, "format")->valuestring, "symbolon-preview/1");
    cJSON *cells =
        cJSON_GetObjectItem(cJSON_GetArrayItem(cJSON_GetObjectItem(j, "levels"), 0), "cells");
    assert_int_equal(cJSON_GetArrayItem(cells, 1)->valueint, 0);
    assert_true(cJSON_IsNumber(cJSON_GetArrayItem(cells, 1)));
    cJSON_Delete(j);
    fake_notes(notes, *state);
    assert_shows_not(notes, "TABULATE_PLAN");
    assert_shows_not(notes, "TABULATE_START");
}

/* Each question, and a line that the core notes of it. */
static void questions_are_what_the_options_say(void **state)
{
    static const char *const rows[][2] = {
        {"hotspots" JOINT "|--by|country,month,exploitation", "shape=hotspots"},
        {"hotspots" JOINT "|--by|country,month,exploitation", "month: "},
        {"hotspots" JOINT "|--by|country,quarter|--from|2019-04|--to|2020",
         "quarter: 2019-Q2 .. 2020-Q4, 7 alone"},
        {"trends" JOINT "|--by|year,month|--from|2019-04|--to|2020-Q1",
         "month: 2019-04 .. 2020-03, 12 alone"},
        {"trends" JOINT "|--by|year,quarter|--only|quarter=2019-Q2|--from|2019|--to|2020",
         "year: 2019 .. 2020, 2 alone"},
        {"trends" JOINT "|--by|month|--from|2019-Q4|--to|2020-02", "month: 2019-10 .. 2020-02, 5"},
        {"trends" JOINT "|--by|year|--to|2019", "year: 2015 .. 2019, 5 alone"},
        {"trends" JOINT "|--by|year|--only|year=2017,unknown", "year: 2017 .. unknown, 2"},
        {"tabulate" JOINT "|--by|country", " of all"},
        {"tabulate" JOINT "|--by|admin1|--only|country=IT", "admin1: IT.01 .. IT.20, 20 alone"},
        {"tabulate" JOINT "|--by|admin1|--only|admin1=IT.09,unknown",
         "admin1: IT.09 .. unknown, 2 alone"},
        {"tabulate" JOINT "|--by|city|--only|city=IT.09.Milan", "city: IT.09.Milan .. "},
        {"tabulate" JOINT "|--by|geohash-2|--only|geohash-2=u", "geohash-2: u0 .. uz, 32"},
        {"tabulate" JOINT "|--by|geohash-3", "geohash-3: 000 .. unknown, 32769"},
        {"tabulate" JOINT "|--by|sex,age|--levels|sex/age/sex,age", "levels=3"},
        {"tabulate" JOINT "|--by|sex,age", "levels=1"},
        {"tabulate" JOINT "|--by|sex|--unit|persons|--persons-max|3|--cells-per-incident|2",
         "unit=1 p=3 k=2 "},
        {"tabulate" JOINT "|--by|sex|--epsilon|0.25|--without-own", "own=0 "},
        {"tabulate" JOINT "|--by|sex|--epsilon|0.25", "epsilon=250000000 "},
        {"routes" JOINT "|--by|origin,country|--only|country=IT", "levels=1"},
        {"routes" JOINT "|--by|origin,transit,destination|--only|origin=NG|--only|transit=LY|"
         "--only|destination=IT",
         "cells=2 levels=2"},
    };
    static struct run r;
    char notes[8192];
    char asks[512];
    const struct fake_node *node = *state;
    fake_node_start(*state, tabulates);
    (void)snprintf(asks, sizeof asks, "%s/asked", node->dir);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        (void)unlink(asks);
        run(&r, rows[i][0]);
        if (r.code != SYM_EXIT_DONE) {
            print_error("%s\n", r.err);
        }
        assert_int_equal(r.code, SYM_EXIT_DONE);
        fake_notes(notes, *state);
        assert_shows(notes, rows[i][1]);
    }
}

static void refuses_questions_that_make_no_sense(void **state)
{
    static const char *const rows[][2] = {
        {"hotspots", "--dataset is missing"},
        {"hotspots|--dataset|d", "--peers is missing"},
        {"hotspots|--dataset|d|--peers|a,b c", "\"b c\" is not a name"},
        {"hotspots|--dataset|d|--peers|a,b,a", "names a twice"},
        {"hotspots|--dataset|d|--peers|all", "--purpose is missing"},
        {"hotspots|--dataset|d|--peers|all|--purpose|test", "--basis is missing"},
        {"hotspots|--dataset|d|--peers|all|--purpose|test|--basis|consent", "--case is missing"},
        {"hotspots" JOINT "|--by|contry", "did you mean country?"},
        {"hotspots" JOINT "|--by|weather", "there are country, admin1"},
        {"hotspots" JOINT "|--by|country,country", "names country twice"},
        {"hotspots" JOINT "|--by|year", "hotspots need a place"},
        {"hotspots" JOINT "|--by|country,year,sex,age,control,transport,month", "at most 6"},
        {"routes" JOINT "|--by|destination,year", "routes need origin"},
        {"trends" JOINT "|--by|sex", "trends need a period"},
        {"tabulate" JOINT, "--by is missing"},
        {"tabulate" JOINT "|--by|sex|--only|sex=femal", "did you mean female?"},
        {"tabulate" JOINT "|--by|sex|--only|sex=x", "there are female, male"},
        {"tabulate" JOINT "|--by|sex|--only|sex", "is not DIMENSION=CODE"},
        {"tabulate" JOINT "|--by|sex|--only|sex=male|--only|sex=female", "sex is there twice"},
        {"tabulate" JOINT "|--by|sex|--only|age=9-17", "age is not among the dimensions"},
        {"tabulate" JOINT "|--by|country|--only|country=Itlay", "did you mean \"Italy\"?"},
        {"tabulate" JOINT "|--by|admin1|--only|admin1=IT.99", "is no code of admin1"},
        {"tabulate" JOINT "|--by|city|--only|city=Milan", "is no code of city"},
        {"tabulate" JOINT "|--by|geohash-2|--only|geohash-2=uuu", "is no geohash"},
        {"tabulate" JOINT "|--by|year|--only|year=19", "is no code of year"},
        {"tabulate" JOINT "|--by|sex,age|--levels|sex", "age is in none of them"},
        {"tabulate" JOINT "|--by|sex|--levels|sex/age", "age is not among the dimensions"},
        {"tabulate" JOINT "|--by|sex|--from|2019", "is for questions by year"},
        {"trends" JOINT "|--from|2019-13", "\"2019-13\" is no period"},
        {"trends" JOINT "|--from|2020|--to|2019", "is later than"},
        {"trends" JOINT "|--by|year|--from|2019-06|--to|2020",
         "--from: the question is by year, so that all of 2019 would count; write --from 2019, or"},
        {"trends" JOINT "|--by|year|--from|2019|--to|2020-06", "write --to 2020, or"},
        {"trends" JOINT "|--by|year,quarter|--from|2019-Q2|--to|2020-05", "write --to 2020-Q2, or"},
        {"trends" JOINT "|--by|year,month|--only|month=2019-06|--from|2019-06", "all of 2019"},
        {"trends" JOINT "|--by|year|--only|year=2019|--from|2021", "leave --from and --to"},
        {"trends" JOINT "|--epsilon|0", "is not a number from 0.01 to 12"},
        {"trends" JOINT "|--epsilon|-1", "is not a number from 0.01 to 12"},
        {"trends" JOINT "|--epsilon|12.5", "is not a number from 0.01 to 12"},
        {"trends" JOINT "|--epsilon|1e1", "is not a number from 0.01 to 12"},
        {"trends" JOINT "|--unit|cases", "is not one of incidents, persons"},
        {"trends" JOINT "|--unit|persons", "--persons-max is missing"},
        {"trends" JOINT "|--persons-max|3", "is for --unit persons"},
        {"trends" JOINT "|--unit|persons|--persons-max|65", "from 1 to 64"},
        {"trends" JOINT "|--cells-per-incident|17", "from 1 to 16"},
        {"trends" JOINT "|--format|xml", "is not one of table, csv, json, geojson"},
        {"trends" JOINT "|--top|some", "--top"},
        {"trends" JOINT "|--hold|30", "--hold"}, /* approvers are not waited for */
        {"trends" JOINT "|--epsilon|0.01|--cells-per-incident|16", "raise --epsilon"},
    };
    static struct run r;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        run(&r, rows[i][0]);
        if (r.code != SYM_EXIT_USAGE) {
            print_error("%s: %s\n", rows[i][0], r.err);
        }
        assert_int_equal(r.code, SYM_EXIT_USAGE);
        assert_string_equal(r.out, "");
        assert_shows(r.err, rows[i][1]);
    }
    run(&r, "hotspots" JOINT "|--by|country,month,exploitation,sex,age");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err,
                 "more than the 1000000 that one query may have; narrow its codes with --only");
    run(&r, "tabulate" JOINT "|--by|city");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, "city: has more than 65000 codes; narrow it with --only city=");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_NODE(shows_the_plan_then_ranks_what_was_released),
        WITH_NODE(nothing_is_asked_without_agreement),
        WITH_NODE(what_was_answered_before_says_that_nothing_was_spent),
        WITH_NODE(a_repeated_question_needs_no_budget),
        WITH_NODE(a_dataset_that_is_not_there_is_asked_about),
        WITH_NODE(a_preview_asks_nobody_and_waits_until_it_is_counted),
        WITH_NODE(questions_are_what_the_options_say),
        WITH_NODE(refuses_questions_that_make_no_sense),
    };
    return cmocka_run_group_tests(tests, fake_node_start_tests, NULL);
}
