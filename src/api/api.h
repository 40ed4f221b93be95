/* The control plane: one HTTP request in, one answer out.
 *
 *     struct api_response answer;
 *     api_answer(api, &request, &arena, &answer);
 *     … write answer.status, content_type, headers and body (http/response.h) …
 *     api_response_done(&answer);
 *
 * Who asks (SigV4) → which account → which service and operation → is it what the model allows →
 * the operation itself, in one transaction → the answer, in AWS's form. What goes wrong on the way
 * becomes an answer too, so api_answer always has one.
 *
 * One per server. api_answer blocks (store, keys): it is for workers, any number at once. */
#pragma once
#include "base/arena.h"
#include "http/request.h"
#include "store/store.h"
#include "web/reach.h"

struct api;
struct bulk;                /* provisioning/bulk.h */
struct connectivity_source; /* registry/connectivity.h */
struct function_later;      /* function/asynchronous.h */
struct function_host;       /* function/host.h */
struct functions;           /* function/function.h */
struct issuer;              /* identity/issuer.h */
struct key_pool;            /* identity/key_pool.h */
struct logs;                /* logs/logs.h */
struct publisher;           /* broker/publisher.h */
struct outbox;              /* outbox/outbox.h */

/* All borrowed; the store, the issuer and the pool must outlive the api. */
struct api_config {
    struct store *store;
    bytes region; /* "eu-central-1": of ARNs, endpoints and credential scopes */
    const struct issuer *issuer;
    struct key_pool *keys;                    /* NULL: every key is made when it is asked for */
    struct functions *functions;              /* NULL: this server runs none */
    struct function_later *function_later;    /* asynchronous invocations; NULL: none */
    struct function_host *function_host;      /* likewise; what Lambda's operations change */
    bool without_quotas;                      /* profile standard: policy documents of any length */
    struct connectivity_source *connectivity; /* NULL: nobody is ever connected */
    struct logs *logs;                        /* NULL: this server keeps none */
    struct publisher *publisher;              /* NULL: nothing can be published */
    struct outbox *outbox;                    /* NULL: this server delivers nothing */
    enum web_reach outbound;                  /* where rules may send to */
    bool has_tables;                          /* … and write rows */
    struct bulk *bulk; /* NULL: this server runs no thing registration tasks */
};

struct api *api_new(const struct api_config *config);
void api_free(struct api *api); /* NULL does nothing */

enum { API_HEADERS_MAX = 6 };

struct api_response {
    int status;
    const char *content_type; /* NULL: the body is empty */
    struct http_header headers[API_HEADERS_MAX];
    size_t header_count;
    struct buf body;
    bool is_secret; /* the body holds a private key: api_response_done wipes it */
    /* for logs and statistics: */
    const char *service, *operation; /* "iot", "CreateThing"; "" when not known */
    const char *error;               /* "ResourceNotFoundException"; "" when it went well */
    char account[13];                /* "" when not known */
    /* Of a caller whose policies did not allow it: who, and why it is so, for people; both in the
     * arena, none otherwise. */
    bytes caller, reason;
};

/* api_answer writes *out whatever happens; what it borrows lives in `a` or in `request`. It logs
 * one line per failed request, and one per successful one at level debug. */
void api_answer(struct api *api, const struct http_request *request, struct arena *a,
                struct api_response *out);
void api_response_done(struct api_response *r);

/* api_ask answers a request that comes from within the server, such as the functions of rules: of
 * the service iot, unsigned, in the name of the account itself. The answer's body lives in `a`; a
 * failure is that of the operation. Nothing is logged. Blocks as api_answer does. */
NODISCARD
status api_ask(struct api *api, bytes account, const struct http_request *request, struct arena *a,
               bytes *out);

/* What a request may bring that is larger than others: the code of functions and their events. */
enum {
    API_CODE_BYTES_MAX = 70167211, /* CreateFunction [AWS rules 7]: 50 MB of zip as base64 */
    API_EVENT_BYTES_MAX = 6291556 + 1
};
/* api_body_max is how many bytes the body of this request may have when api_may_upload lets it; 0:
 * no more than any other. Pure; the request has no body yet. */
size_t api_body_max(const struct http_request *head);
/* api_may_upload tells from the head of a request whether it names credentials that there are, for
 * this region and now: strangers cannot make this server hold much. The signature covers the body,
 * so it is verified when that is there. Blocks; fails as authenticating does. */
NODISCARD
status api_may_upload(struct api *api, const struct http_request *head, struct arena *a);

/* api_pace_of tells what a request may take if it is signed rightly, so that others need not wait
 * behind it: API_MAKES_KEYS takes a thousand times as long as most, API_MAY_CALL waits up to
 * seconds for a function, API_INVOKES up to a quarter of an hour, API_UNPACKS reads a whole
 * package. Pure; any thread. */
enum api_pace { API_QUICK, API_MAKES_KEYS, API_MAY_CALL, API_INVOKES, API_UNPACKS };
enum api_pace api_pace_of(const struct http_request *request);

/* api_coverage appends the table of all operations, marked "done" or "not yet", and the counts:
 * what `kedge api --coverage` prints. */
void api_coverage(struct buf *out);
