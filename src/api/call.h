/* A call: one operation being answered, as its handler sees it.
 *
 * A handler is business only. It finds its input decoded and valid in `in`, fills `out`, and
 * returns a status whose sentence goes to the peer. The engine opens and ends the transaction of
 * `registry.txn`, and answers only after a durable commit. */
#pragma once
#include "api/api.h"
#include "api/generated/iot.h"
#include "api/record.h"
#include "function/code.h"
#include "iam/caller.h"
#include "identity/issuer.h"
#include "registry/registry.h"
#include "template/plan.h"

enum access {
    NO_STORE, /* registry.txn is NULL */
    READ,
    WRITE
};

/* A URL that rules are to send to. */
struct wanted_destination {
    bytes url;
    bool is_private; /* of this machine or its network: needs nobody's confirmation */
};

struct call {
    const struct api_config *config;
    const struct model_operation *operation;
    const struct http_request *request; /* as it came: `in` is what it says */
    struct arena *arena;
    const struct record *in;  /* NULL when the operation takes nothing */
    struct record *out;       /* NULL when it answers nothing */
    struct registry registry; /* of the caller's account */
    const struct iam_caller *caller;
    const char *request_id; /* as the answer has it */
    bytes host;             /* as the caller wrote it: where links lead */
    int64_t now_ms;
    /* What `prepare` leaves for the handler, wiped when the answer is written. */
    struct issued issued;
    struct plan plan;     /* of RegisterThing */
    uint64_t input_bytes; /* of StartThingRegistrationTask */
    struct code code;     /* unpacked for a function */
    bytes code_replaced;  /* … and what it took the place of */
    bytes secret;         /* in the arena, for the answer: wiped when that is written */
    bool is_secret;       /* set by a handler whose answer holds one: it is wiped, never logged */
    const struct wanted_destination *destinations; /* of topic rules; destination_count of them */
    size_t destination_count;
    /* Of a ResourceAlreadyExistsException: which one [AWS control-plane 2]. */
    bytes resource_id, resource_arn;
};

typedef status call_function(struct call *c);

struct handler {
    call_function *answer;  /* NULL: not written yet */
    call_function *prepare; /* what takes long and needs no transaction; or NULL */
    enum access access;
};

/* call_page reads the paging members the operation has, of either convention
 * [AWS control-plane 5]. */
struct page call_page(const struct call *c);
/* call_put_next puts the token of the next page where the operation has it; none at the end. */
void call_put_next(struct call *c, bytes next);
