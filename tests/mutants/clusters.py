# Questions, and clusters of places: what the tests of --from and --to, the scan statistic and Gi* must catch.
# Each: what is broken, the test that must fail, and edits of (file, text, replacement).
MUTANTS = [
    (
        "repetitions of the scan leave out the noise",
        "cli/test_scan:noise_and_suppression_alone_are_rarely_called_a_cluster",
        ("cli/tabulate/scan.c", "sym_chance_noise(chance, &rules->noise);", "0;"),
    ),
    (
        "repetitions of the scan show what would be suppressed",
        "cli/test_scan:repetitions_suppress_as_the_release_did",
        ("cli/tabulate/scan.c", "rules->threshold <= 0 || count >= rules->threshold", "true"),
    ),
    (
        "a place that is not shown holds more than the threshold",
        "cli/test_scan:places_not_shown_hold_what_is_usual_but_not_the_threshold",
        ("cli/tabulate/scan.c", "usual < most ? usual : most", "usual"),
    ),
    (
        "a circle ends between places that are as far",
        "cli/test_scan:circles_end_behind_all_places_that_are_as_far",
        ("cli/tabulate/scan.c", "(tied ? TIED : 0u)", "0u"),
    ),
    (
        "the ratio forgets what lies outside of a circle",
        "cli/test_scan:five_places_in_a_row_give_the_ratio_of_a_calculator",
        ("cli/tabulate/scan.c", "llr + outside * log(outside / (all - expected))", "llr"),
    ),
    (
        "a place without a known population takes part",
        "cli/test_clusters:clusters_are_tables_after_the_counts",
        ("cli/tabulate/spatial.c", "!l->has_point || people == 0", "!l->has_point"),
    ),
    (
        "Gi* takes a place that is not shown for an empty one",
        "cli/test_clusters:gi_star_alone_is_of_counts_and_needs_no_population",
        ("cli/tabulate/spatial.c", "(s->rules.threshold - 1) / 2", "0"),
    ),
    (
        "a question that has no clusters is asked, and spends",
        "cli/test_clusters:refuses_what_has_no_clusters",
        ("cli/tabulate/spatial.c", "if (level == query->n_levels)", "if (level > query->n_levels)"),
    ),
    (
        "a question by year is of all of a year of which a part was asked for",
        "cli/test_tabulate:refuses_questions_that_make_no_sense",
        ("cli/tabulate/periods.c", "if (begins && (p->last + 1) % months == 0) {", "if (begins || months > 0) {"),
    ),
    (
        "a time that was said is not heard where the codes were named",
        "cli/test_tabulate:refuses_questions_that_make_no_sense",
        ("cli/tabulate/question.c", "if (finest == SYM_DIMENSION_NONE && said) {", "if (finest == SYM_DIMENSION_NONE) {\n        return SYM_OK;\n    }\n    if (finest == SYM_DIMENSION_NONE && said) {"),
    ),
]
