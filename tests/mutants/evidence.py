# The evidence log of a node: what its tests must catch. Each: what is broken, the test that must fail,
# and edits of (file, text, replacement).
MUTANTS = [
    (
        "a log that begins again is named by the one before alone",
        "node/test_evidence_log:a_new_generation_is_named_by_the_clock",
        ("node/evidence/log.c", "now_s > most && now_s <= UINT32_MAX ? (uint32_t)now_s : most + 1 + step", "now_s > 0 ? most + 1 : 0"),
    ),
    (
        "a log that begins again under a clock that is behind has the same name each time",
        "node/test_evidence_log:one_state_of_a_store_leads_to_logs_of_different_names",
        ("node/evidence/log.c", "most + 1 + step", "most + 1 + 0 * step"),
    ),
    (
        "a generation that partners know of is named once more",
        "node/test_witness_rows:skips_the_generations_that_were_used_up",
        ("node/evidence/log.c", "before > b->used ? before : b->used", "before"),
    ),
    (
        "who asked for a new log is not in it",
        "node/test_witness_rows:who_asked_is_the_second_entry_of_the_new_log",
        ("node/evidence/log.c", "err == SYM_OK && b->asked != NULL ?", "err != SYM_OK && b->asked != NULL ?"),
    ),
    (
        "a node that does not name its logs in order is asked for ever",
        "cli/test_log_verify:refuses_a_node_that_does_not_name_its_logs_in_order",
        ("cli/audit/keys.c", "list.later <= *generation", "list.later == UINT32_MAX"),
    ),
    (
        "a log that begins again is thawed before the store is looked at",
        "node/test_evidence_failing:a_log_begins_again_after_a_commit_of_unknown_fate",
        ("node/evidence/log.c", "    enum sym_err err = sym_log_begin(l, t); /* may find in the store that it is frozen */\n    l->frozen = false;", "    l->frozen = false;\n    enum sym_err err = sym_log_begin(l, t);"),
    ),
    (
        "erasing that was announced is forgotten when the log begins again",
        "node/test_evidence_failing:erasing_that_was_announced_is_finished_in_the_log_that_begins_again",
        ("node/evidence/log.c", "l->pending.erasing = erasing;", "(void)erasing;"),
    ),
    (
        "erasing bodies again leaves the key they lay under",
        "node/test_evidence_failing:erasing_again_renews_the_key_that_could_not_be_renewed",
        ("node/evidence/log_erase.c", "sym_log_finish_erasing(l, fault) : sym_log_sweep(l, fault)", "sym_log_finish_erasing(l, fault) : SYM_OK"),
    ),
    (
        "a sweep of the evidence log leaves bodies that were announced as erased",
        "node/test_evidence_failing:bodies_that_could_not_be_erased_are_erased_by_the_next_sweep",
        ("node/evidence/log_erase.c", "return l->durable.erasing ? sym_log_finish_erasing(l, fault) : sym_vault_sweep(l->vault, fault);", "return sym_vault_sweep(l->vault, fault);"),
    ),
    (
        "a key that could not be overwritten is taken for overwritten",
        "node/test_erasing:a_key_that_could_not_be_overwritten_is_due",
        ("node/store/vault.c", "s.due ||\n           !sym_erasure_is_alone(&v->file, s.generation)", "s.due"),
    ),
    (
        "a backup takes a key along that erased bodies lay under",
        "node/test_erasing:no_backup_takes_a_key_along_that_bodies_lay_under",
        ("node/core/backup.c", "sym_erasing_finish(b->config.vault, b->config.log, &why)", "sym_vault_sweep(b->config.vault, &why)"),
        ("node/core/backup.c", "#include \"node/core/erasing.h\"\n", ""),
    ),
    (
        "data that cannot be erased keeps bodies from being erased",
        "node/test_erasing:one_that_fails_does_not_keep_the_other",
        ("node/core/erasing.c", "sym_log_sweep(log, of_data == SYM_OK ? fault : NULL)", "of_data == SYM_OK ? sym_log_sweep(log, fault) : SYM_OK"),
    ),
    (
        "a clock that was ahead once keeps all bodies from being erased",
        "node/test_evidence_clock:all_until_now_are_erased_whatever_their_time_is",
        ("node/evidence/log_erase.c", "return l->durable.time_ms >= now_ms ? l->durable.time_ms + 1 : now_ms;", "return l->durable.time_ms >= now_ms ? now_ms : now_ms;"),
    ),
    (
        "the entry that announces erasing is erased with the rest",
        "node/test_evidence_clock:all_until_now_are_erased_whatever_their_time_is",
        ("node/evidence/log_erase.c", "job->before_ms > s->time_ms ? job->before_ms : s->time_ms; /* so that it stays */", "s->time_ms;"),
    ),
    (
        "log verify does not say that the log is ahead of the clock",
        "cli/test_log_verify:says_that_the_log_is_ahead_of_the_clock",
        ("cli/cmd_log_verify.c", "last_s > now_s + AHEAD_S ? last_s - now_s : 0", "last_s > now_s + AHEAD_S ? now_s - now_s : 0"),
    ),
    (
        "log verify asks for the head before it asks what partners hold",
        "cli/test_log_verify:a_log_that_grows_meanwhile_is_sound",
        ("cli/cmd_log_verify.c", "enum sym_err err = sym_client_ask(c->client, SYM_VERB_LOG_WITNESSES,", "enum sym_err first = sym_audit_head_fetch(&c->head, c->client, &c->findings, &c->fault);\n    enum sym_err err = first != SYM_OK ? first : sym_client_ask(c->client, SYM_VERB_LOG_WITNESSES,"),
        ("cli/cmd_log_verify.c", "return err == SYM_OK ? sym_audit_head_fetch(&c->head, c->client, &c->findings, &c->fault) : err;", "return err;"),
    ),
]
