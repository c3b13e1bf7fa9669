/* Incidents and aggregates: what rows become, what they do not, and the files of the IOM and CTDC.
 */
#include "cli/ingest/import.h"
#include "tests/cli/text_file.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define HEAD "[profile]\nkind = incidents\nid = id\ncolumns = optional\n"

static struct {
    char records[65536]; /* "id date|code code|persons/count;" of the first records */
    char remarks[16384]; /* "line reason$" */
    uint64_t n_records;
    uint64_t several, at_sea; /* origins, countries */
    uint64_t persons;
} seen;

static struct sym_profile profile;
static struct sym_import_counts counts;
static struct sym_unknowns unknowns;
static struct sym_repeats held; /* what incidents are added to; max 0: nothing */
static struct sym_fault fault;

static void append(char *text, size_t size, const char *format, ...) SYM_PRINTF(3, 4);

static void append(char *text, size_t size, const char *format, ...)
{
    size_t used = strlen(text);
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text + used, size - used, format, args);
    va_end(args);
}

static void show(struct sym_span id, const struct sym_incident *i)
{
    static const enum sym_dimension times[] = {SYM_DIMENSION_YEAR, SYM_DIMENSION_YEAR,
                                               SYM_DIMENSION_QUARTER, SYM_DIMENSION_MONTH,
                                               SYM_DIMENSION_MONTH};
    char room[SYM_CODE_BYTES_MAX];
    struct sym_span date = sym_incident_derived(room, i, times[i->precision]);
    append(seen.records, sizeof seen.records, "%.*s %.*s|", (int)id.len, (const char *)id.data,
           (int)date.len, (const char *)date.data);
    for (size_t c = 0; c < i->n_codes; c++) {
        append(seen.records, sizeof seen.records, "%s%.*s", c > 0 ? " " : "",
               (int)i->codes[c].text.len, (const char *)i->codes[c].text.data);
    }
    append(seen.records, sizeof seen.records, "|%" PRIu32 "/%" PRIu64 ";", i->persons, i->count);
}

static enum sym_err take_batch(void *context, const struct sym_import_batch *b, struct sym_fault *f)
{
    (void)context;
    (void)f;
    assert_int_equal(b->n_tokens, 0);
    for (size_t r = 0; r < b->n_records; r++) {
        struct sym_incident i;
        size_t id = r > 0 ? b->id_ends[r - 1] : 0;
        size_t row = r > 0 ? b->row_ends[r - 1] : 0;
        assert_int_equal(sym_incident_read(&i, sym_span(b->rows + row, b->row_ends[r] - row)),
                         SYM_OK);
        if (seen.n_records++ < 100) {
            show(sym_span(b->ids + id, b->id_ends[r] - id), &i);
        }
        for (size_t c = 0; c < i.n_codes; c++) {
            seen.several += i.codes[c].field == SYM_FIELD_OF_ORIGIN &&
                            sym_span_equal(i.codes[c].text, sym_span_text(SYM_CODE_SEVERAL));
            seen.at_sea += i.codes[c].field == SYM_FIELD_OF_COUNTRY &&
                           sym_span_equal(i.codes[c].text, sym_span_text(SYM_CODE_AT_SEA));
        }
        seen.persons += i.persons;
    }
    return SYM_OK;
}

static void take_remark(void *context, const struct sym_import_remark *r)
{
    (void)context;
    append(seen.remarks, sizeof seen.remarks, "%" PRIu64 " %s$", r->line, r->reason);
}

static const struct sym_import_calls calls = {.batch = take_batch, .remark = take_remark};

static enum sym_err import_path(const char *path)
{
    const struct sym_import_source source = {.path = path,
                                             .profile = &profile,
                                             .unknowns = &unknowns,
                                             .threads = 2,
                                             .held = held.max > 0 ? &held : NULL};
    memset(&seen, 0, sizeof seen);
    sym_unknowns_clear(&unknowns);
    fault = (struct sym_fault){SYM_OK, ""};
    return sym_import(&counts, &source, &calls, &fault);
}

static enum sym_err import_text(const char *csv)
{
    struct text_file file;
    text_file_new(&file, sym_span_text(csv));
    enum sym_err err = import_path(file.path);
    text_file_free(&file);
    return err;
}

static void use_profile(const char *text)
{
    if (sym_profile_parse(&profile, "my.ini", sym_span_text(text), &fault) != SYM_OK) {
        fail_msg("%s", fault.text);
    }
}

static void use_builtin(const char *name)
{
    assert_int_equal(sym_profile_load(&profile, name, &fault), SYM_OK);
}

static void becomes(const char *csv, const char *records)
{
    if (import_text(csv) != SYM_OK) {
        fail_msg("%s", fault.text);
    }
    assert_string_equal(seen.records, records);
}

static void not_understood(enum sym_profile_target target, const char *value, uint64_t times)
{
    for (size_t i = 0; i < unknowns.n; i++) {
        if (unknowns.list[i].target == target && strcmp(unknowns.list[i].value, value) == 0) {
            assert_int_equal(unknowns.list[i].n, times);
            return;
        }
    }
    fail_msg("\"%s\" is not reported", value);
}

/* Rows ---------------------------------------------------------------------------------------- */

static void a_row_of_the_standard_becomes_its_codes(void **state)
{
    (void)state;
    use_builtin("htcds");
    becomes("id,hte_Date,hte_Country,hte_State,hte_City,prs_Gender,prs_Citizenship,"
            "vic_AgeWhenTrafficked,vic_MethodOfRecruitment,vic_MethodsOfControl,"
            "vic_TypeOfExploitation,vic_ForcedLabourIndustry,vic_TypeOfSexExploitation\n"
            "7,2019-03-02,IT,Lombardy,Milan,Feminine,NGA,17,AtWork,DebtBondage;PhysicalThreats,"
            "ForcedLabour;Servitude,F_Construction,Prostitution\n",
            "7 2019-03|IT IT.09 IT.09.Milan NG forced-labour servitude construction prostitution "
            "female 9-17 at-work debt-or-earnings threats|0/1;");
    assert_int_equal(counts.unknown, 0);
    assert_int_equal(counts.known_by_field[SYM_FIELD_OF_DATE], 1);
    assert_int_equal(counts.known_by_field[SYM_FIELD_OF_TRANSPORT], 0);
}

static void a_row_of_the_codebook_becomes_its_codes(void **state)
{
    (void)state;
    use_builtin("ctdc");
    becomes("yearOfRegistration,gender,ageBroad,citizenship,CountryOfExploitation,isForcedLabour,"
            "isSexualExploit,typeOfLabourHospitality,meansThreats,recruiterRelationFamily\n"
            "2016,Woman,9\xe2\x80\x94"
            "17,PHL,USA,1,,1,1,1\n"
            "2017,,NULL,,,0,1,,,\n",
            "2 2016|US PH forced-labour hospitality female 9-17 family threats|0/1;"
            "3 2017|sexual-exploitation|0/1;");
}

static void what_is_not_understood_becomes_unknown_and_is_reported(void **state)
{
    (void)state;
    use_profile(HEAD
                "[columns]\ndate=date\ncountry=country\nadmin1=admin1\ncity=city\nx=exploitation\n"
                "sex=sex\nage=age\nflag=control.threats\nlat=latitude\nlon=longitude\n"
                "persons=persons\ntransit=transit\nyear=year\nmonth=month\n");
    becomes(
        "id,date,country,admin1,city,x,sex,age,flag,lat,lon,persons,transit,year,month\n"
        "1,tomorrow,Atlantis,Nowhere,Noplace,Work,Many,200,perhaps,91,1e3,-4,Foo;LY,99,Brumaire\n"
        "2,tomorrow,IT,,,,,,,,,,,,\n",
        "1 unknown|LY|0/1;2 unknown|IT|0/1;");
    not_understood(SYM_TARGET_DATE, "tomorrow", 2);
    not_understood(SYM_TARGET_COUNTRY, "Atlantis", 1);
    not_understood(SYM_TARGET_ADMIN1, "Nowhere", 1);
    not_understood(SYM_TARGET_CITY, "Noplace", 1);
    not_understood(SYM_TARGET_EXPLOITATION, "Work", 1);
    not_understood(SYM_TARGET_SEX, "Many", 1);
    not_understood(SYM_TARGET_AGE, "200", 1);
    not_understood(SYM_TARGET_CONTROL, "perhaps", 1);
    not_understood(SYM_TARGET_LATITUDE, "91", 1);
    not_understood(SYM_TARGET_LONGITUDE, "1e3", 1);
    not_understood(SYM_TARGET_PERSONS, "-4", 1);
    not_understood(SYM_TARGET_TRANSIT, "Foo", 1);
    not_understood(SYM_TARGET_YEAR, "99", 1);
    not_understood(SYM_TARGET_MONTH, "Brumaire", 1);
    assert_int_equal(counts.unknown, 15);
    assert_int_equal(unknowns.list[0].first_line, 2);
    assert_string_equal(seen.remarks, "");
}

static void several_names_become_several_and_unknown_ones_stay_unknown(void **state)
{
    (void)state;
    use_profile(HEAD "separator = comma\n[columns]\norigin=origin\ntransit=transit\n");
    becomes("id,origin,transit\n1,\"Iraq,Syrian Arab Republic\",\n2,\"Morocco,Unknown\",\n"
            "3,Unknown,\"NE,LY,LY\"\n4,\"Palestinian Territory, Occupied\",\n5,Mixed,\n"
            "6,\"IT,Italy\",\n",
            "1 unknown|several|0/1;2 unknown|several|0/1;3 unknown|NE LY|0/1;4 unknown|PS|0/1;"
            "5 unknown|several|0/1;6 unknown|IT|0/1;");
    assert_int_equal(counts.unknown, 0);
}

static void a_point_without_country_gets_that_of_the_nearest_town(void **state)
{
    (void)state;
    use_profile(HEAD "[columns]\ncountry=country\nat=coordinates\n");
    becomes("id,country,at\n"
            "1,,\"45.46, 9.19\"\n"
            "2,,\"34.253371600000, 14.498815300000\"\n" /* 150 km from Malta */
            "3,,\"0, -30\"\n"
            "4,FR,\"45.46, 9.19\"\n"
            "5,IT,\"45.46, 9.19\"\n"
            "6,,\"45.46\"\n",
            "1 unknown|IT IT.09 IT.09.Milan|0/1;"
            "2 unknown|MT|0/1;"
            "3 unknown|at-sea at-sea at-sea|0/1;"
            "4 unknown|FR|0/1;"
            "5 unknown|IT IT.09 IT.09.Milan|0/1;"
            "6 unknown||0/1;");
    not_understood(SYM_TARGET_COORDINATES, "45.46", 1);
}

static void a_point_may_have_commas_for_its_decimals(void **state)
{
    (void)state;
    use_profile(HEAD "delimiter = semicolon\n[columns]\nlat=latitude\nlon=longitude\n");
    becomes("id;lat;lon\n1;45,46;9,19\n2;45,46,1;9,19\n",
            "1 unknown|IT IT.09 IT.09.Milan|0/1;2 unknown||0/1;");
    not_understood(SYM_TARGET_LATITUDE, "45,46,1", 1);
}

/* A comma is between thousands, or before decimals: half a person is not five hundred. */
static void numbers_have_commas_between_thousands_alone(void **state)
{
    (void)state;
    use_profile(HEAD "[columns]\npersons=persons\nc=country\n");
    becomes("id,persons,c\n1,\"0,500\",IT\n2,\"1234,567\",IT\n3,\"1,234,56\",IT\n4,\",123\",IT\n"
            "5,\"1,234\",IT\n6,\"12,345\",IT\n",
            "1 unknown|IT|0/1;2 unknown|IT|0/1;3 unknown|IT|0/1;4 unknown|IT|0/1;"
            "5 unknown|IT|1234/1;6 unknown|IT|12345/1;");
    not_understood(SYM_TARGET_PERSONS, "0,500", 1);
    not_understood(SYM_TARGET_PERSONS, "1234,567", 1);
}

/* As a program writes them that knows no empty whole number. */
static void whole_numbers_may_have_a_zero_for_decimals(void **state)
{
    (void)state;
    use_profile(HEAD "[columns]\ny=year\nm=month\np=persons\na=age\nf=sex.female\n");
    becomes("id,y,m,p,a,f\n1,2019.0,5.0,3.0,17.0,1.0\n2,2019.5,.0,3.1,x.0,0.0\n",
            "1 2019-05|female 9-17|3/1;2 unknown||0/1;");
    not_understood(SYM_TARGET_YEAR, "2019.5", 1);
    not_understood(SYM_TARGET_MONTH, ".0", 1);
    not_understood(SYM_TARGET_PERSONS, "3.1", 1);
    not_understood(SYM_TARGET_AGE, "x.0", 1);
}

static void a_year_and_a_month_are_enough(void **state)
{
    (void)state;
    use_profile(HEAD "[columns]\nd=date\ny=year\nm=month\n");
    becomes("id,d,y,m\n1,,2019,Jan\n2,,2019,\n3,2018-05-01,2018,May\n4,,,Feb\n5,,,2019-07\n",
            "1 2019-01||0/1;2 2019||0/1;3 2018-05||0/1;4 unknown||0/1;5 2019-07||0/1;");
}

static void refuses_a_row_with_two_dates(void **state)
{
    static const char why[] = "date: lies in another year or month than their columns say; is the "
                              "order of day and month right (dates in the profile)?";
    char remarks[512];
    (void)state;
    use_profile(HEAD "dates = dmy\n[columns]\nd=date\ny=year\nm=month\n");
    assert_int_equal(import_text("id,d,y,m\n1,07/01/2022,2022,7\n2,07/01/2022,2022,1\n"
                                 "3,2018-05-01,2019,\n4,2018,2018,Jan\n5,05/05/2018,,May\n"),
                     SYM_OK);
    (void)snprintf(remarks, sizeof remarks, "2 %s$4 %s$", why, why);
    assert_string_equal(seen.remarks, remarks);
    assert_string_equal(seen.records, "2 2022-01||0/1;4 2018-01||0/1;5 2018-05||0/1;");
    assert_int_equal(counts.rejected, 2);
}

static void words_of_a_profile_go_before_all_others(void **state)
{
    (void)state;
    use_profile(HEAD
                "separator = pipe\n[columns]\nArt = exploitation\nLand = country\nw = sex.female\n"
                "[exploitation]\nZwangsarbeit = forced-labour\nother = servitude\nk. A. = unknown\n"
                "[country]\nWelschland = IT\n");
    becomes("id,Art,Land,w\n1,ZWANGSARBEIT|Other,Welschland,3\n2,k.A.,IT,no\n",
            "1 unknown|IT forced-labour servitude female|0/1;2 unknown|IT|0/1;");
    assert_int_equal(counts.unknown, 0);
}

static void rejects_rows_that_say_nothing(void **state)
{
    (void)state;
    use_profile(HEAD "[columns]\ncountry=country\nsex=sex\n");
    assert_int_equal(import_text("id,country,sex\n1,,\n,IT,\n3,IT\n4,IT,F\n"), SYM_OK);
    assert_string_equal(seen.remarks,
                        "2 none of the mapped columns has a value$3 the row has no id$"
                        "4 the row has 2 of 3 columns$");
    assert_string_equal(seen.records, "4 unknown|IT female|0/1;");
    assert_int_equal(counts.rejected, 3);
}

static void a_row_that_repeats_another_is_dropped(void **state)
{
    (void)state;
    use_profile(HEAD "[columns]\ncountry=country\n");
    assert_int_equal(import_text("id,country\n1,IT\n1,Italy\n2,IT\n"), SYM_OK);
    assert_int_equal(counts.duplicate_rows, 1);
    assert_int_equal(counts.records, 2);
    assert_int_equal(counts.rejected, 0);
}

#define EARLIER                                                                                    \
    " an earlier row has this id: give each row an id of its own (id = COLUMN in a profile), or "  \
    "make one row of those of one case$"
#define ALREADY                                                                                    \
    " the dataset has a record of this id already: leave the row out, or give it an id of its "    \
    "own$"

static void an_id_is_that_of_one_incident(void **state)
{
    (void)state;
    use_profile(HEAD "[columns]\ncountry=country\n");
    becomes("id,country\n1,IT\n,DE\n1,FR\n2,\n1,IT\n2,Atlantis\n2,ES\n3,IT\n",
            "1 unknown|IT|0/1;2 unknown||0/1;3 unknown|IT|0/1;");
    assert_string_equal(seen.remarks, "3 the row has no id$4" EARLIER
                                      "5 none of the mapped columns has a value$8" EARLIER);
    assert_int_equal(counts.rejected, 4);
    assert_int_equal(counts.taken, 2);
    assert_int_equal(counts.duplicate_rows, 1);
    assert_int_equal(counts.unknown, 1);
}

static void hold(const char *id)
{
    uint8_t print[SYM_ID_PRINT_BYTES];
    bool before = false;
    sym_id_print(print, sym_span_text(id));
    held.width = 2;
    held.max = 100;
    assert_int_equal(sym_repeats_add(&before, &held, print), SYM_OK);
}

/* An accent is one character or stands behind its letter, as the system of who wrote it has it. */
static void an_id_is_one_however_its_accents_are_written(void **state)
{
    (void)state;
    use_profile(HEAD "[columns]\ncountry=country\n");
    becomes("id,country\nCas-\u00e9,IT\nCas-e\u0301,FR\nCas-e,FR\n",
            "Cas-\u00e9 unknown|IT|0/1;Cas-e unknown|FR|0/1;");
    assert_string_equal(seen.remarks, "3" EARLIER);
    becomes("id,country\nCas-e\u0301,FR\n", "Cas-\u00e9 unknown|FR|0/1;");
    hold("Cas-\u00e9");
    assert_int_equal(import_text("id,country\nCas-e\u0301,FR\n"), SYM_OK);
    assert_int_equal(counts.taken, 1);
    sym_repeats_clear(&held);
    held.max = 0;
}

static void an_id_is_that_of_one_row_of_counts(void **state)
{
    (void)state;
    use_builtin("aggregates");
    profile.fields.cells_per_incident = profile.fields.persons_max = 1;
    becomes("id,country,count\n1,IT,5\n1,IT,6\n2,IT,5\n", "1 unknown|IT|5/5;2 unknown|IT|5/5;");
    assert_string_equal(seen.remarks, "3" EARLIER);
}

/* As many rows as take several batches, whose ids all come again at the end. */
static void an_id_is_found_in_another_batch(void **state)
{
    static char csv[200000];
    (void)state;
    use_profile(HEAD "[columns]\ncountry=country\n");
    csv[0] = '\0';
    size_t used = 0;
    for (unsigned i = 0; i < 12000; i++) {
        used += (size_t)snprintf(csv + used, sizeof csv - used, "%s%u,%s\n",
                                 i == 0 ? "id,country\n" : "", i % 6000, i < 6000 ? "IT" : "FR");
    }
    assert_int_equal(import_text(csv), SYM_OK);
    assert_int_equal(counts.records, 6000);
    assert_int_equal(counts.taken, 6000);
}

static void what_the_dataset_has_is_not_added_again(void **state)
{
    (void)state;
    use_profile(HEAD "[columns]\ncountry=country\n");
    hold("1");
    hold("4");
    becomes("id,country\n1,IT\n1,FR\n2,IT\n3,IT\n4,IT\n", "2 unknown|IT|0/1;3 unknown|IT|0/1;");
    assert_string_equal(seen.remarks, "2" ALREADY "3" ALREADY "6" ALREADY);
    sym_repeats_clear(&held);
    held.max = 0;
}

static void rows_without_ids_are_not_added_to_others(void **state)
{
    (void)state;
    use_profile("[profile]\nkind = incidents\nid = id|@0\ncolumns = optional\n"
                "[columns]\ncountry=country\n");
    held = sym_repeats(2, 100);
    becomes("country\nIT\nIT\n", "2 unknown|IT|0/1;3 unknown|IT|0/1;"); /* it held nothing */
    hold("1");
    assert_int_equal(import_text("country\nIT\n"), SYM_BAD_VALUE);
    assert_non_null(strstr(fault.text, "--append: rows without an id of their own could be there "
                                       "already; give them one, or import all rows in one file"));
    sym_repeats_clear(&held);
    held.max = 0;
}

static void a_ninth_value_is_reported(void **state)
{
    (void)state;
    use_profile(HEAD "[columns]\nt=transit\n");
    becomes("id,t\n1,IT;FR;DE;ES;GB;NL;BE;LU;AT\n", "1 unknown|IT FR DE ES GB NL BE LU|0/1;");
    not_understood(SYM_TARGET_TRANSIT, "AT", 1);
}

/* Aggregates ---------------------------------------------------------------------------------- */

static void aggregates_carry_their_counts(void **state)
{
    (void)state;
    use_builtin("aggregates");
    profile.fields.cells_per_incident = 1;
    profile.fields.persons_max = 10;
    becomes("country,quarter,exploitation,count,persons\nIT,2019-Q2,forced-labour,12,30\n"
            "FR,2019,servitude,\"1,000\",\n",
            "2 2019-Q2|IT forced-labour|30/12;3 2019|FR servitude|1000/1000;");
}

static void rejects_aggregates_that_do_not_count(void **state)
{
    (void)state;
    use_builtin("aggregates");
    profile.fields.persons_max = 2;
    assert_int_equal(import_text("country,count,persons\nIT,0,\nIT,,\nIT,x,\nIT,1000000001,\n"
                                 "IT,3,7\nIT,3,6\n"),
                     SYM_OK);
    assert_string_equal(seen.records, "7 unknown|IT|6/3;");
    assert_int_equal(counts.rejected, 5);
    assert_non_null(strstr(seen.remarks, "6 persons: more than --persons-max"));
    assert_int_equal(import_text("country,persons\nIT,3\n"), SYM_NOT_FOUND);
    assert_non_null(strstr(fault.text, "has no column \"count\""));
}

/* Profiles ------------------------------------------------------------------------------------ */

static void refuses(const char *text, const char *reason)
{
    assert_int_not_equal(sym_profile_parse(&profile, "my.ini", sym_span_text(text), &fault),
                         SYM_OK);
    if (strstr(fault.text, reason) == NULL) {
        fail_msg("\"%s\" instead of \"%s\"", fault.text, reason);
    }
}

static void refuses_profiles_that_cannot_be_meant(void **state)
{
    (void)state;
    refuses(HEAD "[columns]\nx=exploitatoin\n", "my.ini:6: an incident has no field "
                                                "\"exploitatoin\"; did you mean exploitation?");
    refuses(HEAD "[columns]\nx=sex.many\n", "sex has no code \"many\"; there are: female, male");
    refuses(HEAD "[columns]\nx=date.2019\n", "date has no codes");
    refuses(HEAD "[columns]\nx=country.Italy\n", "country has no code \"Italy\"");
    refuses(HEAD "[columns]\nx=sex\nx=sex\n", "line 6 says so already");
    refuses(HEAD "[columns]\nx=latitude\n", "latitude and longitude belong together");
    refuses(HEAD "[columns]\nx=count\n", "only aggregates have a count");
    refuses("[profile]\nkind=aggregates\n[columns]\nx=country\n", "mapped to count");
    refuses("[profile]\nkind=aggregates\npersons-max=0\n", "persons-max has to be a number from 1");
    refuses("[profile]\nkind=aggregates\ncells-per-incident=1000001\n",
            "cells-per-incident has to be a number");
    refuses("[profile]\nkind=incident\n", "kind has to be identifiers or incidents or aggregates");
    refuses("[profile]\nseparator=;\n", "separator has to be");
    refuses("[columns]\nx=iban\n[profile]\nkind=incidents\n", "kind has to stand before [columns]");
    refuses(HEAD, "[columns] maps no column to a field");
    refuses(HEAD "[columns]\nx=sex\n[sexes]\nfoo=male\n", "no field \"sexes\"; did you mean sex?");
    refuses(HEAD "[columns]\nx=sex\n[sex]\nfoo=male\nFOO=female\n", "[sex] has \"FOO\" already");
    refuses(HEAD "[columns]\nx=sex\n[sex]\n-=male\n", "a letter or a digit");
}

static void refuses_files_without_any_of_the_columns(void **state)
{
    (void)state;
    use_builtin("iom-missing-migrants");
    assert_int_equal(import_text("a,b\n1,2\n"), SYM_NOT_FOUND);
    assert_non_null(strstr(fault.text, "has no column \"Main ID\""));
    assert_int_equal(import_text("Web ID,b\n1,2\n"), SYM_NOT_FOUND);
    assert_non_null(strstr(fault.text, "has no column \"Reported Date\""));
    use_profile("[profile]\nkind=incidents\n[columns]\nx=sex\ny=age\n");
    assert_int_equal(import_text("x\nF\n"), SYM_NOT_FOUND);
}

static void every_built_in_profile_is_one(void **state)
{
    (void)state;
    const char *text = NULL;
    for (size_t i = 0; sym_profile_builtin(&text, i) != NULL; i++) {
        const char *name = sym_profile_builtin(&text, i);
        use_builtin(name);
        assert_string_equal(profile.name, name);
    }
}

/* What was published -------------------------------------------------------------------------- */

static const char *shared(char *path, size_t size, const char *file)
{
    const char *root = getenv("SYMBOLON_SHARED");
    if (root == NULL) {
        print_message("SYMBOLON_SHARED is not set\n");
        skip();
    }
    (void)snprintf(path, size, "%s/data/%s", root, file);
    if (access(path, R_OK) != 0) {
        print_message("%s is not there\n", path);
        skip();
    }
    return path;
}

static void reads_all_of_the_incidents_of_europe(void **state)
{
    (void)state;
    char path[4096];
    use_builtin("iom-missing-migrants");
    assert_int_equal(import_path(shared(path, sizeof path,
                                        "iom-missing-migrants/iom_europe_origin_incident.csv")),
                     SYM_OK);
    assert_int_equal(counts.records, 6793);
    assert_int_equal(counts.taken, 9); /* four incidents are in several rows */
    assert_int_equal(counts.records - counts.known_by_field[SYM_FIELD_OF_ORIGIN], 4443);
    assert_int_equal(seen.several, 399 + 74); /* named, and "Mixed" */
    assert_int_equal(counts.known_by_field[SYM_FIELD_OF_DATE], 6793);
    assert_int_equal(counts.unknown, 7);
    not_understood(SYM_TARGET_COUNTRY, "Libya - presumed departure on 12-14 April", 4);
}

static void reads_all_of_the_incidents_of_the_world(void **state)
{
    (void)state;
    char path[4096];
    use_builtin("iom-missing-migrants");
    assert_int_equal(
        import_path(shared(path, sizeof path,
                           "iom-missing-migrants/MissingMigrants-Global-2020-01-08.csv")),
        SYM_OK);
    assert_int_equal(counts.records, 6249);
    assert_int_equal(counts.unknown, 0);
    assert_int_equal(counts.known_by_field[SYM_FIELD_OF_DATE], 6249);
    assert_int_equal(counts.known_by_field[SYM_FIELD_OF_COUNTRY], 6249);

    assert_int_equal(seen.at_sea, 34);
}

static void reads_all_of_the_codebook_s_derived_file(void **state)
{
    (void)state;
    char path[4096];
    use_builtin("ctdc");
    assert_int_equal(
        import_path(shared(path, sizeof path, "ctdc/ctdc_synth_v2025_north_america_derived.csv")),
        SYM_OK);
    assert_int_equal(counts.records, 91043);
    assert_int_equal(counts.unknown, 0);
    assert_int_equal(counts.known_by_field[SYM_FIELD_OF_EXPLOITATION], 90978);
    assert_int_equal(counts.known_by_field[SYM_FIELD_OF_AGE], 91043 - 47463);
}

static int forget(void **state)
{
    (void)state;
    sym_unknowns_clear(&unknowns);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_of_the_standard_becomes_its_codes),
        cmocka_unit_test(a_row_of_the_codebook_becomes_its_codes),
        cmocka_unit_test(what_is_not_understood_becomes_unknown_and_is_reported),
        cmocka_unit_test(several_names_become_several_and_unknown_ones_stay_unknown),
        cmocka_unit_test(a_point_without_country_gets_that_of_the_nearest_town),
        cmocka_unit_test(a_point_may_have_commas_for_its_decimals),
        cmocka_unit_test(numbers_have_commas_between_thousands_alone),
        cmocka_unit_test(whole_numbers_may_have_a_zero_for_decimals),
        cmocka_unit_test(a_year_and_a_month_are_enough),
        cmocka_unit_test(refuses_a_row_with_two_dates),
        cmocka_unit_test(words_of_a_profile_go_before_all_others),
        cmocka_unit_test(rejects_rows_that_say_nothing),
        cmocka_unit_test(a_row_that_repeats_another_is_dropped),
        cmocka_unit_test(an_id_is_that_of_one_incident),
        cmocka_unit_test(an_id_is_one_however_its_accents_are_written),
        cmocka_unit_test(an_id_is_that_of_one_row_of_counts),
        cmocka_unit_test(an_id_is_found_in_another_batch),
        cmocka_unit_test(what_the_dataset_has_is_not_added_again),
        cmocka_unit_test(rows_without_ids_are_not_added_to_others),
        cmocka_unit_test(a_ninth_value_is_reported),
        cmocka_unit_test(aggregates_carry_their_counts),
        cmocka_unit_test(rejects_aggregates_that_do_not_count),
        cmocka_unit_test(refuses_profiles_that_cannot_be_meant),
        cmocka_unit_test(refuses_files_without_any_of_the_columns),
        cmocka_unit_test(every_built_in_profile_is_one),
        cmocka_unit_test(reads_all_of_the_incidents_of_europe),
        cmocka_unit_test(reads_all_of_the_incidents_of_the_world),
        cmocka_unit_test(reads_all_of_the_codebook_s_derived_file),
    };
    return cmocka_run_group_tests(tests, NULL, forget);
}
