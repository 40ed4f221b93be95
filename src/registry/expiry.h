/* What ends when: certificates and CA certificates by their last moment, from an index, so that a
 * look at the next 30 days costs what it finds and not what is registered.
 *
 * AWS has no status for what has expired [AWS identity 1.3]; its audit tells of what will have
 * within 30 days [AWS identity 1.8]. So do we, and closer to the end again: each certificate is due
 * once 30 days, 7 days and a day before, and when it has expired; one that is registered later than
 * that, then. This needs no memory of what was told but the time of the last look. */
#pragma once
#include "registry/ca_certificate.h"

enum expiry_kind { EXPIRY_CERTIFICATE, EXPIRY_CA, EXPIRY_KIND_COUNT };

/* A stretch of the index, read a page at a time. */
struct expiry_window {
    int64_t after_ms, until_ms; /* after_ms < notAfter <= until_ms */
    /* set by expiry_list: the last one given */
    bool has_last;
    int64_t last_ms;
    uint8_t last_id[CERTIFICATE_ID_LEN];
};
struct expiry {
    bytes id;
    int64_t not_after_ms;
    int64_t created_ms; /* expiry_load */
    bool in_use;        /* … neither switched off nor withdrawn: ACTIVE or on its way to be */
};
/* expiry_load completes what a list gave. */
NODISCARD
status expiry_load(const struct registry *r, enum expiry_kind kind, struct expiry *e);
enum { EXPIRY_PAGE_MAX = STORE_SCAN_ROWS_MAX };
/* expiry_list gives the next of `kind` in the account, soonest first; none: the end was reached. */
NODISCARD
status expiry_list(const struct registry *r, enum expiry_kind kind, struct expiry_window *window,
                   struct expiry **out_items, size_t *out_count);

/* expiry_list_registered goes through what was registered in the window (by creation instead) and
 * gives those that end at `ends_until_ms` or before: what came too late for a stage. *out_more says
 * whether there is another page. */
NODISCARD
status expiry_list_registered(const struct registry *r, enum expiry_kind kind,
                              struct expiry_window *window, int64_t ends_until_ms,
                              struct expiry **out_items, size_t *out_count, bool *out_more);

/* The stages of being due, the last one first. */
enum { EXPIRY_STAGE_COUNT = 4 };
/* expiry_stage_days is how long before its end something is due: 0 (it has expired), 1, 7, 30. */
unsigned expiry_stage_days(unsigned stage);
/* expiry_stage_window is what has become due at this stage since the last look, and not yet for a
 * later stage. Without a last look (0) nothing that had expired before it is due. */
struct expiry_window expiry_stage_window(unsigned stage, int64_t last_look_ms, int64_t now_ms);

/* The time of the last look; 0: never. */
NODISCARD
status expiry_load_last_look(struct txn *t, struct arena *arena, int64_t *out_ms);
NODISCARD
status expiry_save_last_look(struct txn *t, int64_t now_ms);

/* expiry_index_all adds what was registered before there was an index, once per store, some
 * thousand rows per transaction. */
NODISCARD
status expiry_index_all(struct store *s);

/* Inside registry/: kept by whoever adds and removes. */
bytes expiry_key(const struct registry *r, int64_t not_after_ms, bytes id);
NODISCARD
status expiry_add(const struct registry *r, enum expiry_kind kind, bytes id, int64_t not_after_ms);
NODISCARD
status expiry_remove(const struct registry *r, enum expiry_kind kind, bytes id,
                     int64_t not_after_ms);
