/* Logs for tests of this folder and those above: in a folder of their own, gone afterwards. */
#pragma once
#include "logs/event.h"
#include "store/fixture.h"

struct logs_fixture {
    struct store_fixture place;
    struct logs_config config;
    struct logs *logs;
    struct arena arena;
    struct log_book book; /* of account 111111111111 */
    bool writes;
};
/* Opens empty logs of each kind of store and runs `check`; `group_bytes_max` 0: the default. */
void logs_fixture_each(uint64_t group_bytes_max, void (*check)(struct logs_fixture *f));
void logs_fixture_reopen(struct logs_fixture *f);
/* Appends one line at `timestamp_ms`. */
void logs_fixture_say(struct logs_fixture *f, const char *group, const char *stream,
                      int64_t timestamp_ms, const char *message);
/* Settles and begins a transaction; logs_fixture_end ends it. */
const struct log_book *logs_fixture_read(struct logs_fixture *f);
const struct log_book *logs_fixture_write(struct logs_fixture *f);
void logs_fixture_end(struct logs_fixture *f);
/* The messages of a group, or of one stream (NULL: all), oldest first, as one text with a comma
 * after each. Settles; the text lasts until the next call. */
const char *logs_fixture_lines(struct logs_fixture *f, const char *group, const char *stream);
