/* The Logs API: what CloudWatch's clients read, write and keep [AWS rules 9].
 *
 * Groups are in a store of their own (logs/book.h), so these handlers are given a transaction of
 * that one. Before reading, what was appended meanwhile is waited for: whoever looks after an event
 * finds it. */
#pragma once
#include "api/exchange.h"
#include "api/generated/logs.h"
#include "logs/event.h"

typedef status logs_function(struct call *c, const struct log_book *b);

/*    operation, handler, transaction */
#define HANDLERS_LOGS(X)                                     \
    /* logs_groups.c */                                      \
    X(CREATE_LOG_GROUP, logs_create_group, WRITE)            \
    X(DELETE_LOG_GROUP, logs_delete_group, WRITE)            \
    X(DESCRIBE_LOG_GROUPS, logs_describe_groups, READ)       \
    X(PUT_RETENTION_POLICY, logs_put_retention, WRITE)       \
    X(DELETE_RETENTION_POLICY, logs_delete_retention, WRITE) \
    X(TAG_LOG_GROUP, logs_tag_group, WRITE)                  \
    X(UNTAG_LOG_GROUP, logs_untag_group, WRITE)              \
    X(LIST_TAGS_LOG_GROUP, logs_list_group_tags, READ)       \
    X(TAG_RESOURCE, logs_tag_resource, WRITE)                \
    X(UNTAG_RESOURCE, logs_untag_resource, WRITE)            \
    X(LIST_TAGS_FOR_RESOURCE, logs_list_resource_tags, READ) \
    /* logs_streams.c */                                     \
    X(CREATE_LOG_STREAM, logs_create_stream, WRITE)          \
    X(DELETE_LOG_STREAM, logs_delete_stream, WRITE)          \
    X(DESCRIBE_LOG_STREAMS, logs_describe_streams, READ)     \
    /* logs_events.c */                                      \
    X(PUT_LOG_EVENTS, logs_put_events, WRITE)                \
    X(GET_LOG_EVENTS, logs_get_events, READ)                 \
    X(FILTER_LOG_EVENTS, logs_filter_events, READ)

#define LOGS_DECLARE(operation, function, access) logs_function function;
HANDLERS_LOGS(LOGS_DECLARE)
#undef LOGS_DECLARE

extern const struct handler handlers_logs[LOGS_OPERATIONS];
extern const struct error_name errors_logs[];

/* logs_group finds the group that logGroupName, or logGroupIdentifier (a name or an ARN), names. */
NODISCARD
status logs_group(const struct call *c, const struct log_book *b, struct log_group *out_group);
/* logs_group_arn is the ARN of a group, without the `:*` that some listings put behind it. */
const char *logs_group_arn(const struct call *c, bytes name);

/* Tokens of pages: a text of ours, wrapped. logs_token_open is E_INVALID in AWS's words for what
 * is none. */
bytes logs_token(struct arena *a, bytes text);
NODISCARD
status logs_token_open(struct arena *a, bytes token, bytes *out_text);
status logs_token_invalid(void);
