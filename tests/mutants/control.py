# The control socket: what its tests must catch.
# Each: what is broken, the test that must fail, and edits of (file, text, replacement).
MUTANTS = [
    (
        "a request runs again once its nonce is forgotten and the clock set back",
        "node/test_nonces:refuses_a_replay_after_the_clock_was_set_back",
        ("node/core/nonces.c", "if (expires_ms <= n->forgotten_ms) {", "if (false) {"),
    ),
    (
        "a nonce counts for as long as it is fresh only",
        "node/test_nonces:refuses_a_replay_after_the_clock_was_set_back",
        ("node/core/nonces.c", "if (s->expires_ms > 0 && sym_span_equal(", "if (now_ms - s->added_ms < SYM_CONTROL_LIFE_MS && s->expires_ms > 0 && sym_span_equal("),
    ),
    (
        "the nonce that expired last makes way first",
        "node/test_nonces:who_sets_the_clock_back_is_not_locked_out_while_there_is_room",
        ("node/core/nonces.c", "slot == NULL || s->expires_ms < slot->expires_ms", "slot == NULL || s->expires_ms > slot->expires_ms"),
    ),
    (
        "a node is made with a passphrase that nobody can type",
        "node/test_passphrase:refuses_a_new_one_that_nobody_can_type",
        ("node/supervisor/passphrase.c", "!sym_text_is_typed(sym_secret_span(secret))", "false"),
    ),
    (
        "a backup is made with a passphrase that nobody can type",
        "cli/test_backup_command:asks_nothing_when_the_file_or_the_passphrase_will_not_do",
        ("cli/cmd_backup.c", "if (!sym_text_is_typed(sym_span(text.data, len))) {", "if (false) {"),
    ),
    (
        "the beginning of an option is the option",
        "cli/test_options:refuses_an_option_that_is_cut",
        ("cli/options.c", "if (!is_name(word, option->name)) {", "if (false) {"),
    ),
    (
        "an option is the value of the one before",
        "cli/test_options:does_not_take_an_option_for_the_value_of_another",
        ("cli/options.c", "return apart && is_known(args, optarg)", "return false"),
    ),
    (
        "the beginning of a daemon's option is the option",
        "node/test_options:refuses_what_it_does_not_know",
        ("node/supervisor/options.c", "len == strlen(name) + 2", "len > 0"),
    ),
]
