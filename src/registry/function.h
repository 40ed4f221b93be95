/* Functions as stored: what each is made of and how it runs [AWS rules 7]. Their code lies in
 * folders of its own (function/code.h), which a record names; running them is for function/.
 *
 *     a function ── $LATEST, which changes
 *        ├─ versions 1, 2, …: $LATEST as it was when published; they never change
 *        ├─ aliases: names for versions
 *        └─ policies: who may invoke it, or a version or alias of it (function_policy.h)
 */
#pragma once
#include "registry/registry.h"

enum {
    FUNCTION_TIMEOUT_S = 3, /* what is not said [AWS rules 7] */
    FUNCTION_TIMEOUT_S_MAX = 900,
    FUNCTION_MEMORY_MB = 128,
    FUNCTION_MEMORY_MB_MAX = 10240,
    FUNCTION_STORAGE_MB = 512,
    FUNCTION_STORAGE_MB_MAX = 10240,
    FUNCTION_VARIABLES_BYTES_MAX = 4096,
    FUNCTION_NAME_LEN_MAX = 64,
    FUNCTION_PAGE = 50, /* items of a listing, at most */
};
#define FUNCTION_LATEST "$LATEST"

/* How a function is named: "f", "f:live", "111111111111:function:f", a whole ARN; parts that are
 * not there have no bytes. */
struct function_name {
    bytes region, account, name, qualifier;
};
/* function_name_parse borrows from `text`; E_INVALID. */
NODISCARD
status function_name_parse(bytes text, struct function_name *out_name);
/* function_name_require takes a name that must be of this account and region; `qualifier` is what
 * came beside it, or none. E_INVALID; E_NOT_FOUND for a function of others. */
NODISCARD
status function_name_require(const struct registry *r, bytes text, bytes qualifier,
                             struct function_name *out_name);
/* function_arn names a function, or with a qualifier its version or alias. */
bytes function_arn(const struct registry *r, bytes name, bytes qualifier);

struct function_record {
    bytes name;       /* not kept: the key */
    uint64_t version; /* 0: $LATEST */
    bytes runtime, handler, role_arn, description;
    int64_t timeout_s, memory_mb, storage_mb;
    bool has_variables;
    bytes variables; /* record_list: name, value, name, value … */
    bytes architecture, log_format, log_group, tracing;
    bytes code_id;                     /* the folder of its code (function/code.h) */
    bytes code_sha256;                 /* of the zip, base64 */
    int64_t code_size;                 /* of the zip */
    bytes source_folder, source_stamp; /* of a function under development: reloaded from there */
    bytes revision_id;
    int64_t modified_ms;
    /* of $LATEST only: */
    uint64_t last_version; /* the highest published so far */
    bool has_reserved;
    int64_t reserved; /* concurrent executions, when has_reserved */
};
/* "$LATEST" or the number. */
bytes function_version_text(const struct registry *r, const struct function_record *f);

/* function_create adds $LATEST; fills modified_ms and revision_id. E_EXISTS. */
NODISCARD
status function_create(const struct registry *r, struct function_record *f);
/* function_load reads $LATEST. This and the calls below: E_NOT_FOUND in AWS's words. */
NODISCARD
status function_load(const struct registry *r, bytes name, struct function_record *out_function);
/* function_save replaces $LATEST, with a new revision id and time. */
NODISCARD
status function_save(const struct registry *r, struct function_record *f);
/* function_save_reserved keeps what only concerns how often it runs at a time: no new revision. */
NODISCARD
status function_save_reserved(const struct registry *r, const struct function_record *f);
/* function_delete removes a function with all its versions, aliases, policies and tags. */
NODISCARD
status function_delete(const struct registry *r, bytes name);
/* function_is_unchanged: E_VERSION_CONFLICT when a caller expects another revision. */
NODISCARD
status function_is_unchanged(bytes revision_id, bytes expected);

struct function_list {
    struct function_record *items;
    size_t count;
    bytes next;
};
/* By name. */
NODISCARD
status function_list(const struct registry *r, const struct page *page,
                     struct function_list *out_list);

/* ---- versions ---- */

/* function_publish makes a version of $LATEST, with `description` unless it is none; the same as
 * the last one when nothing has changed since. */
NODISCARD
status function_publish(const struct registry *r, bytes name, bytes description,
                        struct function_record *out_version);
NODISCARD
status function_version_load(const struct registry *r, bytes name, uint64_t version,
                             struct function_record *out_version);
/* E_UPDATE_CONFLICT while an alias leads to it. */
NODISCARD
status function_version_delete(const struct registry *r, bytes name, uint64_t version);
/* The published ones, oldest first. */
NODISCARD
status function_version_list(const struct registry *r, bytes name, const struct page *page,
                             struct function_list *out_list);

/* ---- aliases ---- */

struct function_alias {
    bytes function, name; /* not kept: the key */
    bytes version;        /* "$LATEST" or a number */
    bytes description;
    bytes other_version;   /* that some invocations go to; or none */
    int64_t other_percent; /* … in hundredths of a percent */
    bytes revision_id;
};
bytes function_alias_arn(const struct registry *r, const struct function_alias *alias);
/* E_EXISTS; E_NOT_FOUND when there is no such function or version. */
NODISCARD
status function_alias_create(const struct registry *r, struct function_alias *alias);
NODISCARD
status function_alias_load(const struct registry *r, bytes function, bytes name,
                           struct function_alias *out_alias);
NODISCARD
status function_alias_save(const struct registry *r, struct function_alias *alias);
/* One that is not there is fine, as on AWS. */
NODISCARD
status function_alias_delete(const struct registry *r, bytes function, bytes name);
struct function_alias_list {
    struct function_alias *items;
    size_t count;
    bytes next;
};
/* By name; `version` none: all. */
NODISCARD
status function_alias_list(const struct registry *r, bytes function, bytes version,
                           const struct page *page, struct function_alias_list *out_list);

/* function_resolve finds what a qualifier leads to: none and "$LATEST", a number, or an alias,
 * which is weighed by chance when it has two versions. */
NODISCARD
status function_resolve(const struct registry *r, bytes name, bytes qualifier,
                        struct function_record *out_function);

/* function_codes_in_use tells every folder of code that any record of any account names, as often
 * as one does. */
NODISCARD
status function_codes_in_use(struct txn *t, struct arena *a,
                             void (*use)(void *context, const struct function_record *f),
                             void *context);
