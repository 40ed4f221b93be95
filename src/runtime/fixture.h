/* Functions for tests: code in a folder of its own, a host that remembers, and what came back. */
#pragma once
#include <pthread.h>

#include "runtime/runtime.h"

struct fixture {
    char folder[64];
    struct runtime_host host;
    struct runtime_options options;
    struct runtimes *runtimes;
    struct runtime_code code;
    struct arena memory;
    pthread_mutex_t mutex; /* guards what follows */
    struct buf log, notices;
    int64_t credentials_expire_ms; /* 0: in an hour */
    bool refuse_credentials;
    unsigned credentials_lent;
};

/* fixture_open makes a folder with `file` and a runtime for it; the handler is "index.handler". */
void fixture_open(struct fixture *f, const char *runtime, const char *file, const char *text);
void fixture_write(struct fixture *f, const char *file, const char *text, unsigned mode);
void fixture_close(struct fixture *f);

/* fixture_call invokes and gives the payload; the result is in *out when not NULL. */
bytes fixture_call(struct fixture *f, const char *event, struct runtime_result *out);
bool fixture_logged(struct fixture *f, const char *part);
void fixture_forget_log(struct fixture *f);
/* fixture_has is whether the machine has the interpreter. */
bool fixture_has(const char *runtime);
