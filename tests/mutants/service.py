# The node as a service: what its tests must catch. Each: what is broken, the test that must fail, and edits of (file,
# text, replacement).
MUTANTS = [
    (
        "a line waits for a reader of stderr that has stopped",
        "node/test_log:does_not_wait_for_a_reader_that_has_stopped",
        ("node/log.c", "    return n != 0;", "    return n != 7;"),
    ),
    (
        "nobody learns that lines were lost",
        "node/test_log:does_not_wait_for_a_reader_that_has_stopped",
        ("node/log.c", "(void)atomic_fetch_add(&lost, 1);", "(void)atomic_fetch_add(&lost, 0);"),
    ),
    (
        "the sockets lie where a logout removes them",
        "node/test_rundir:that_of_a_login_is_not_used",
        ("node/supervisor/rundir.c", "(getenv(\"XDG_SESSION_ID\") != NULL) == of_login &&", "of_login == false &&"),
    ),
    (
        "another directory at its place passes for the run directory",
        "node/test_rundir:it_is_there_until_its_socket_or_itself_is_removed",
        ("node/supervisor/rundir.c", "held.st_dev == found.st_dev && held.st_ino == found.st_ino &&", "held.st_dev == found.st_dev &&"),
    ),
    (
        "a run directory without its socket passes for one",
        "node/test_rundir:it_is_there_until_its_socket_or_itself_is_removed",
        ("node/supervisor/rundir.c", "           fstatat(r->lock, socket, &found, AT_SYMLINK_NOFOLLOW) == 0;", "           socket != NULL;"),
    ),

    (
        "a name is taken for an address to listen at",
        "node/test_settings:refuses_what_is_no_numeric_address_with_a_port",
        ("node/listen.c", "    if (inet_pton(v6 ? AF_INET6 : AF_INET, host, &address) != 1) {", "    if (inet_pton(v6 ? AF_INET6 : AF_INET, host, &address) < 0) {"),
    ),
    (
        "peers that a clock that was ahead has shut out stay out",
        "node/test_links:a_peer_whose_card_holds_after_all_is_pinned_again",
        ("node/link/links.c", "if (peer->shut_out && !is_expired(peer) &&", "if (peer->shut_out && is_expired(peer) &&"),
    ),
    (
        "a partner that ends each link at once is dialled without a pause",
        "node/test_dials:pauses_longer_each_time_where_each_link_ends_at_once",
        ("node/link/dials.c", "if (sym_now_ms() - dial->linked_ms < dial->pause_ms) {", "if (sym_now_ms() < dial->linked_ms) {"),
    ),
    (
        "a dial runs out of patience while there is a link",
        "node/test_dials:goes_on_at_once_after_a_link_that_lasted",
        ("node/link/dials.c", "        dial->number = 0;\n        sym_timer_stop(dial->timer);", "        dial->number = 0;"),
    ),
    (
        "who waits for a link has to wait for somebody else to want one",
        "node/test_links:who_waits_for_a_link_that_went_is_linked_again",
        ("node/link/links.c", "        sym_dials_go_on(links->dials, peer); /* who waited for the link still does */", "        (void)peer;"),
    ),
    (
        "a node that hangs is said not to run",
        "cli/test_client:does_not_say_that_a_node_is_to_be_started_that_holds_its_directory",
        ("cli/nodedir.c", "    return found;\n}\n\nenum sym_err sym_nodedir_not_running", "    return false;\n}\n\nenum sym_err sym_nodedir_not_running"),
    ),
    (
        "lines that a full disk does not take are not counted",
        "node/test_log:counts_what_a_full_disk_does_not_take",
        ("node/log.c", "    return n == (ssize_t)l->len;", "    return n != 0;"),
    ),
    (
        "what was lost is forgotten where it cannot be told yet",
        "node/test_log:counts_what_a_full_disk_does_not_take",
        ("node/log.c", "(void)atomic_fetch_add(&lost, n);", "(void)atomic_fetch_add(&lost, 0);"),
    ),
    (
        "who has many jobs is served before all who came later",
        "node/test_workers:lets_those_who_have_few_jobs_take_turns_with_who_has_many",
        ("node/work/workers.c", "job->served = job->whose == whose ? w->turn : job->served;", "(void)whose;"),
    ),
    (
        "only the job that was served waits, and not the others of the same",
        "node/test_workers:lets_those_who_have_few_jobs_take_turns_with_who_has_many",
        ("node/work/workers.c", "job->served = job->whose == whose ? w->turn : job->served;", "job->served = job->whose == whose && job->next_item > 0 ? w->turn : job->served;"),
    ),
]
