/* limits.h - every maximum of the language that nodes, processes and the command line speak,
 * each with its unit and its reason. Nothing that a peer, a file or a user drives grows without a
 * name in this file.
 */
#ifndef SYM_PROTO_LIMITS_H
#define SYM_PROTO_LIMITS_H

/* Links ------------------------------------------------------------------------------------ */

/* One SP payload between nodes, bytes. Large enough that per-frame costs vanish, small enough that
 * a link needs a few MiB of buffer at most. */
#define SYM_FRAME_BYTES_MAX 1048576u
/* Header that every frame between cores starts with: version, type, exchange id. */
#define SYM_ENVELOPE_BYTES 18u
/* In front of and behind the payload of a sealed frame: envelope and type byte; tag. */
#define SYM_FRAME_HEAD_BYTES (SYM_ENVELOPE_BYTES + 1u)
#define SYM_FRAME_TAIL_BYTES 16u
/* The payload of one sealed data frame, bytes. */
#define SYM_DATA_BYTES_MAX (SYM_FRAME_BYTES_MAX - SYM_FRAME_HEAD_BYTES - SYM_FRAME_TAIL_BYTES)
/* Links that carry traffic at once: nanomsg allows 512 sockets in a process. */
#define SYM_LINKS_MAX 400u
/* Connections that have not finished their handshake, in all and from one address. A newer one
 * replaces one drawn at random, so that idle ones cannot lock a partner out. */
#define SYM_HALF_OPEN_MAX             192u
#define SYM_HALF_OPEN_PER_ADDRESS_MAX 96u
/* Time for TCP and TLS handshake together, milliseconds. */
#define SYM_HANDSHAKE_MS 5000u
/* A link without frames is closed after this, unless the setting says otherwise, milliseconds. */
#define SYM_IDLE_MS 120000u
/* Unacknowledged TCP data or a silent peer ends the link after this, milliseconds. */
#define SYM_TCP_USER_TIMEOUT_MS 20000u
/* First and longest pause between dials of one peer, milliseconds; the pause doubles, with jitter.
 */
#define SYM_DIAL_PAUSE_MS     200u
#define SYM_DIAL_PAUSE_MAX_MS 10000u
/* Addresses one host name may resolve to, and addresses tried for one peer. */
#define SYM_ADDRESSES_MAX 8u
/* "host:port" as text, terminator included, bytes. */
#define SYM_ADDRESS_BYTES 262u

/* Partners --------------------------------------------------------------------------------- */

/* Pinned peers. A federation has some hundreds. */
#define SYM_PEERS_MAX 1024u
/* Local name of a peer, dataset or user: 1 to 63 characters a-z A-Z 0-9 . _ - and a terminator. */
#define SYM_ALIAS_BYTES 64u
#define SYM_USERS_MAX   256u

/* Identifiers and the files they come from --------------------------------------------------- */

/* The canonical form of one identifier, bytes: the longest web address that browsers share. */
#define SYM_CANONICAL_BYTES_MAX 2048u
/* The owner's own id of a record, bytes. */
#define SYM_RECORD_ID_BYTES_MAX 128u
/* Identifiers of one record: each is a chance for the other side to recognise it. */
#define SYM_TOKENS_PER_RECORD_MAX 16u
/* Records that an import hands over at once. With all their tokens they fit one control request. */
#define SYM_IMPORT_BATCH_RECORDS 1024u
/* One chunk of an import: some batches, so that fewer commits are needed. Records, tokens, and
 * bytes of their columns, which fit one control request. */
#define SYM_IMPORT_ID_BYTES   16u
#define SYM_CHUNK_RECORDS_MAX 8192u
#define SYM_CHUNK_TOKENS_MAX  24576u
#define SYM_CHUNK_BYTES_MAX   983040u
/* Records whose ids one answer to an import tells the prints of. */
#define SYM_IMPORT_PRINTS_MAX 32768u
/* Datasets of one node. */
#define SYM_DATASETS_MAX 128u
/* Records that are kept as one sealed value: enough that sealing costs little, few enough that
 * forgetting one does too. */
#define SYM_SEGMENT_RECORDS_MAX 4096u
/* Imports at once, each with some MiB in memory; one that hears nothing for so long is given up,
 * milliseconds. The user who began it may begin it again much sooner: a command that was killed
 * must not block the next; one that lives is heard twice a second. */
#define SYM_IMPORTS_MAX        8u
#define SYM_IMPORT_IDLE_MS     600000u
#define SYM_IMPORT_TAKEOVER_MS 2000u
/* Rows and tokens of one import: counting repetitions takes 24 to 48 bytes of memory for each. */
#define SYM_IMPORT_ROWS_MAX 33554432u
/* One field and one row of a CSV file, bytes, and its columns: an unclosed quotation mark would
 * otherwise swallow the file. */
#define SYM_CSV_FIELD_BYTES_MAX 65536u
#define SYM_CSV_ROW_BYTES_MAX   1048576u
#define SYM_CSV_COLUMNS_MAX     512u
/* A mapping profile, bytes, and its columns; inih takes lines of fewer than 200 bytes. */
#define SYM_PROFILE_BYTES_MAX      65536u
#define SYM_PROFILE_LINE_BYTES_MAX 197u
#define SYM_PROFILE_COLUMNS_MAX    64u

/* Exchanges -------------------------------------------------------------------------------- */

#define SYM_EXCHANGE_ID_BYTES 16u
/* In flight with one peer and in all: each may hold some frames in memory. */
#define SYM_EXCHANGES_PER_PEER_MAX 8u
#define SYM_EXCHANGES_MAX          256u
/* A request is valid for at most this long after it was issued, milliseconds. */
#define SYM_REQUEST_LIFE_MS_MAX 600000u
/* Clocks of two partners may differ by this, milliseconds. */
#define SYM_CLOCK_SKEW_MS 120000u
/* A request, receipt, close or abort, signature included, bytes. Evidence and parameters take the
 * most, about 50 KiB; a Noise handshake message (65535 with its 48 of overhead) has room for that.
 */
#define SYM_SIGNED_BYTES_MAX 65536u
/* Kind-specific parameters inside a request or receipt, bytes (a cohort of 255 and its query). */
#define SYM_PARAMETERS_BYTES_MAX 32768u
/* Hashes in one inclusion or consistency proof: a tree of 2^63 entries. */
#define SYM_PROOF_HASHES_MAX 64u
/* A checkpoint with its cosignatures, and one log leaf, bytes. */
#define SYM_CHECKPOINT_BYTES_MAX 4096u
#define SYM_LEAF_BYTES_MAX       512u
/* Name of a dataset that travels, bytes. */
#define SYM_DATASET_BYTES_MAX 63u
/* A reason that travels in a denial or abort, bytes of text. */
#define SYM_REASON_BYTES_MAX 160u
/* Elements of one side of an overlap, padding included: 2 GiB of group elements. */
#define SYM_SET_MAX 67108864u
/* Elements or tags in one data frame: 128 KiB of elements, so that links are shared fairly and a
 * frame is some 100 ms of work for one processor without vector instructions. */
#define SYM_OVERLAP_ITEMS_MAX 4096u
/* Elements of a query against a standing list, padding included, and tags of such a list: 34 MB of
 * blocks at most are on their way in one exchange. */
#define SYM_STANDING_QUERY_MAX 4096u
#define SYM_STANDING_LIST_MAX  4194304u
/* Such lists of this node, and as many that it has received; what those may take in the store. */
#define SYM_STANDING_KEPT_MAX           64u
#define SYM_STANDING_RECEIVED_BYTES_MAX 1073741824u
/* How long such a list may stand, days, and elements that may be evaluated against it in one. */
#define SYM_STANDING_DAYS_MAX    366u
#define SYM_STANDING_PER_DAY_MAX 16777216u
/* Frames of blinded elements on their way that are not answered: 1 MiB at either side. */
#define SYM_OVERLAP_WINDOW 8u
/* One message of engine `vole` goes in frames of so many bytes: 16384 masks. */
#define SYM_VOLE_FRAME_BYTES 262144u
/* Batches whose M5 engine `vole` sends before their M6 have come: each keeps 17 MiB at S. */
#define SYM_VOLE_AHEAD 3u
/* Pieces of pure work that one exchange has given to worker threads at once; all exchanges
 * together then fill the workers' queue at most. */
#define SYM_WORKS_OUT_MAX 4u
/* Identifier types are numbers from 1 to this; 0 stands for any. */
#define SYM_TOKEN_TYPES_MAX 63u
/* From the grant to the end of one exchange, milliseconds: 67 million elements on one processor. */
#define SYM_EXCHANGE_MS_MAX 86400000u
/* What stays local about an exchange, bytes of text: the case, a note. */
#define SYM_CASE_BYTES_MAX 127u
#define SYM_NOTE_BYTES_MAX 1023u
/* Grants of one node; requests of peers that wait for an approver or were decided within a day. */
#define SYM_GRANTS_MAX 512u
#define SYM_HELD_MAX   512u
/* Own commands that wait for an approver or were decided within a day; of one user that wait. The
 * longest such command, bytes. */
#define SYM_PROPOSALS_MAX          128u
#define SYM_PROPOSALS_PER_USER_MAX 16u
#define SYM_PROPOSAL_BYTES_MAX     4096u
/* Exchanges a day that one grant can allow. */
#define SYM_EXCHANGES_PER_DAY_MAX 100000u
/* Privacy budget that one grant can allow within 365 days, millionths: 1000. */
#define SYM_EPSILON_MICRO_MAX 1000000000u
/* Rows of one answer about exchanges, and of one page of a result as it is kept. */
#define SYM_EXCHANGE_ROWS_MAX 128u
#define SYM_RESULT_ROWS_MAX   3072u
/* Pages of a result in one answer, and their bytes in all: with the exchange they fit one control
 * reply. Two pages always do. */
#define SYM_RESULT_ANSWER_PAGES_MAX 16u
#define SYM_RESULT_ANSWER_BYTES_MAX 1572864u
/* What one measuring ping may send, bytes: enough to measure 10 Gbit/s for some seconds. */
#define SYM_PING_BYTES_MAX 4294967296u

/* Tabulations ------------------------------------------------------------------------------ */

/* Participants of one tabulation: places are one byte, and 0 is no share. Fewer than the least are
 * refused whatever the setting: with two, each would learn the other's counts. */
#define SYM_TAB_MEMBERS_MAX 255u
#define SYM_TAB_MEMBERS_MIN 3u
/* Cells of one query over all levels. */
#define SYM_TAB_CELLS_MAX 1000000u
/* Dimensions of a query, its levels, the codes of all its dimensions together (so many as the
 * shortest can be decoded in the memory that codec.c gives a message), and its bytes. */
#define SYM_TAB_DIMENSIONS_MAX  6u
#define SYM_TAB_LEVELS_MAX      8u
#define SYM_TAB_CODES_MAX       65000u
#define SYM_TAB_QUERY_BYTES_MAX 917504u
/* Cells in which one incident counts per level, persons it is clipped to, and the product with the
 * levels. */
#define SYM_TAB_CELLS_PER_INCIDENT_MAX 16u
#define SYM_TAB_PERSONS_MAX            64u
#define SYM_TAB_SENSITIVITY_MAX        256u
/* Privacy budget of one query, thousand millionths: from 0.01 to the hard cap of a dataset and
 * year. */
#define SYM_EPSILON_NANO_MIN 10000000u
#define SYM_EPSILON_NANO_MAX 12000000000u
/* What a request to take part says of the query: codes of one dimension, and bytes of all of it, so
 * many as six lists of the longest codes take. The whole request, bytes. */
#define SYM_TAB_OUTLINED_CODES    12u
#define SYM_TAB_OUTLINE_BYTES_MAX 6144u
#define SYM_TABULATE_BYTES_MAX    14592u
/* Cells in one frame of a masked vector, 256 KiB. */
#define SYM_TAB_TILE_CELLS 32768u
/* One sealed pair of shares, bytes: two of 32, a nonce and a tag. */
#define SYM_TAB_BOX_BYTES 104u
/* Masked vectors that an initiator holds at once until their hashes verify, bytes. */
#define SYM_TAB_HELD_BYTES_MAX 25165824u
/* Tabulations that one node runs as an initiator at once, and takes part in: each holds up to some
 * 8 MB of cells. Of the latter one peer may have so many: those that it runs, an attempt of each
 * that ends meanwhile, and a release that it brings. */
#define SYM_TABULATIONS_MAX         2u
#define SYM_TABULATIONS_IN_MAX      16u
#define SYM_TABULATIONS_IN_PEER_MAX 5u
/* How long a release may take that is brought later, at either side, milliseconds. */
#define SYM_DELIVERY_EACH_MS 120000u
/* Bytes of cells in one page of a release. */
#define SYM_CELLS_PAGE_BYTES 524288u
/* Participants that a release could not be brought to, which therefore come last. */
#define SYM_DELIVERIES_LATE_MAX 32u
/* Rows of one answer about budgets: as many of the shortest as can be decoded, likewise. */
#define SYM_BUDGETS_MAX 1000u

/* Overlap tables ---------------------------------------------------------------------------- */

/* Lists of one table: with two it would be a plain overlap; a table has 2^n - 1 cells. Parties: who
 * has a list, and the tallier. */
#define SYM_TABLE_LISTS_MIN   3u
#define SYM_TABLE_LISTS_MAX   16u
#define SYM_TABLE_PARTIES_MAX (SYM_TABLE_LISTS_MAX + 1u)
#define SYM_TABLE_CELLS_MAX   65535u
/* Elements of one list, padding included: the tallier holds 16 bytes of each of all lists. */
#define SYM_TABLE_SET_MAX 4194304u
/* Frames of SYM_OVERLAP_ITEMS_MAX elements of a list that are on their way to any of its
 * evaluators: 128 KiB each, and as much again for each answer. */
#define SYM_TABLE_WINDOW 4u
/* Tags in one frame to the tallier, 256 KiB. */
#define SYM_TABLE_ROWS_FRAME 16384u
/* Counts of one release as varints, bytes: five for each cell. */
#define SYM_TABLE_COUNTS_BYTES_MAX 327675u
/* A whole release and its signature, bytes. */
#define SYM_TABLE_RELEASE_BYTES_MAX 331776u
/* Tables that one node asks for at once, and in which it takes part, those included: each may hold
 * some hundred MB. Of those of others one peer may have so many, as many as it asks for at once,
 * and all together leave places for the own ones. */
#define SYM_TABLES_MAX           2u
#define SYM_TABLE_PARTS_MAX      8u
#define SYM_TABLE_PARTS_PEER_MAX 2u
/* How long a party waits for a table to end that another asks for, milliseconds. */
#define SYM_TABLE_MS_MAX 3600000u
/* What proves that an answer is wrong: elements and answers of a frame, and who signed what. */
#define SYM_TABLE_EXHIBIT_BYTES_MAX 272384u

/* Evidence --------------------------------------------------------------------------------- */

/* The first line of a checkpoint: "symbolon/" node id in hex "/evidence", and a generation. */
#define SYM_ORIGIN_BYTES_MAX 127u
/* A checkpoint with the cosignatures of all partners, bytes. */
#define SYM_CHECKPOINT_SHOWN_BYTES_MAX 262144u
/* Plain words in a body of the log, bytes. */
#define SYM_DETAIL_BYTES_MAX 511u
/* Exchanges of which one report shows the results: an entry of the log names them all. */
#define SYM_REPORT_EXCHANGES_MAX 15u
/* The file of a report, bytes: some million cells and the page around them. */
#define SYM_REPORT_BYTES_MAX 268435456u
/* A user's signed command that a body keeps as it came, bytes; of a longer one it keeps the hash.
 */
#define SYM_COMMAND_KEPT_BYTES 16384u
/* The body of an entry: request, receipt, both statements and an approval, bytes. */
#define SYM_BODY_BYTES_MAX 327680u
/* Rows of the log, and findings of a comparison, in one answer. */
#define SYM_LOG_ROWS_MAX 256u
#define SYM_FINDINGS_MAX 512u
/* Hashes in a full tile, and levels of tiles: 256^8 entries (C2SP tlog-tiles). */
#define SYM_TILE_WIDTH      256u
#define SYM_TILE_LEVELS_MAX 8u
/* One file of portable evidence, bytes of text. */
#define SYM_EXHIBIT_BYTES_MAX 524288u
/* Heads of one other log that are remembered, so that a message that was overtaken is no alarm; and
 * heads that wait for their proof. */
#define SYM_WITNESS_RECENT_MAX  32u
#define SYM_WITNESS_PENDING_MAX 4u
/* Heads that one side may ask proofs for at once: those, and the newest one that is proven. */
#define SYM_WITNESS_WANTS_MAX (SYM_WITNESS_PENDING_MAX + 1u)
/* Logs that a partner may begin anew, as it must name what it has lost each time, before an
 * operator has to accept the next one; and the time after which it may one more, milliseconds: each
 * is an entry here. */
#define SYM_WITNESS_RESTORES_MAX    4u
#define SYM_WITNESS_RESTORE_EACH_MS 3600000u
/* Entries that one frame of a comparison shows, and bytes of it; what a comparison can hold of both
 * sides together, and the findings it lists: one that finds more has found enough. */
#define SYM_COMPARE_ENTRIES_MAX 64u
#define SYM_COMPARE_FRAME_BYTES 262144u
/* Frames that one comparison answers: twice what an initiator needs that holds as much as it can.
 */
#define SYM_COMPARE_ASKS_MAX 131072u
/* How long a comparison tries to reach the other node, milliseconds: an auditor asks again. */
#define SYM_COMPARE_REACH_MS     15000u
#define SYM_COMPARED_MAX         4194304u
#define SYM_COMPARE_FINDINGS_MAX 65536u
/* Exchanges with one peer that have ended without both sides' word for it, beyond those in flight.
 */
#define SYM_OPEN_PER_PEER_MAX 64u

/* Backups ----------------------------------------------------------------------------------- */

#define SYM_BACKUP_ID_BYTES 16u
/* What one answer carries of a file, bytes: it fits one control reply. */
#define SYM_BACKUP_PART_BYTES 2080768u
/* A small file of the data directory, and the store, bytes: as far as its map may grow. */
#define SYM_BACKUP_SMALL_BYTES_MAX 65536u
#define SYM_BACKUP_STORE_BYTES_MAX 4398046511104u
/* A backup of which nothing is heard for so long is given up, milliseconds: while it lasts, the
 * store cannot use the room of what was changed since. */
#define SYM_BACKUP_IDLE_MS 30000u

/* Control ---------------------------------------------------------------------------------- */

/* One control request or reply, bytes: the list of SYM_PEERS_MAX peers with four endpoints as long
 * as they can be (1.3 MiB) is the largest. */
#define SYM_CONTROL_BYTES_MAX 2097152u
/* What a reply needs beside its answer, bytes. */
#define SYM_CONTROL_OVERHEAD_BYTES 512u
#define SYM_NONCE_BYTES            16u
/* The text of a roster in one control request, bytes; larger ones come in parts. */
#define SYM_CARDS_BYTES_MAX 917504u
/* Settings of a node, and the value of one, bytes; warnings that `status` lists. */
#define SYM_SETTINGS_MAX      64u
#define SYM_SETTING_BYTES_MAX 255u
#define SYM_WARNINGS_MAX      32u
/* A control request expires so long after it was signed, milliseconds: never later, so that a node
 * that has forgotten its nonces can tell what was signed before it started. */
#define SYM_CONTROL_LIFE_MS 30000u
/* Nonces remembered, each as long as a request lives at least; more at once are refused. */
#define SYM_CONTROL_NONCES_MAX 4096u
/* Of them for one user who is not an operator; as many are left to operators. */
#define SYM_CONTROL_NONCES_PER_USER_MAX 1024u
/* One fault line that a person reads, bytes: SYM_FAULT_BYTES without the terminator. */
#define SYM_FAULT_TEXT_MAX 319u

#endif
