/* One process that runs a function's code, from start to end: AWS calls it an execution environment
 * [AWS rules-and-functions 8.1].
 *
 * Owned by one thread at a time: who invokes, the list of idle ones (then nobody touches it, the
 * process is frozen), or the keeper that ends it. */
#pragma once
#include <pthread.h>
#include <sys/types.h>

#include "base/list.h"
#include "runtime/confine.h"
#include "runtime/door.h"
#include "runtime/language.h"
#include "runtime/output.h"

struct pool;

/* What all processes share. */
struct runtimes {
    const struct runtime_host *host;
    struct runtime_options options;
    pthread_mutex_t mutex; /* guards all below, and the links of environments */
    pthread_cond_t woken;  /* the keeper's */
    pthread_t keeper;
    bool has_keeper, closing;
    struct list pools;      /* of struct pool, one a function */
    struct list all;        /* of struct environment.everywhere */
    unsigned process_count; /* started or being started, not yet ended */
    struct runtime_counts counts;
    unsigned first_uid; /* where this server begins in the range: two may share a machine */

    pthread_mutex_t finding;    /* guards what is found out once */
    struct list interpreters;   /* runtime/interpreter.h */
    struct abilities abilities; /* runtime/abilities.h */
    bool has_abilities;
};

struct environment {
    struct list link;       /* in its pool's idle list */
    struct list everywhere; /* in runtimes.all */
    struct runtimes *runtimes;
    struct pool *pool;
    struct arena memory; /* what is copied of the code */
    bytes account, version, revision;
    const char *log_group, *log_stream;
    enum family family;
    unsigned memory_mb;
    int64_t expires_ms;  /* its credentials do; 0: never */
    bool is_stale;       /* not to be used again */
    uint64_t generation; /* of its pool when it started */

    unsigned slot;         /* no other environment has it */
    unsigned uid;          /* its user; 0: the server's */
    bool has_root;         /* a root folder of its own */
    const char *temporary; /* a folder to remove, or NULL */

    /* pid and group change under the mutex: runtimes_close kills by them */
    pid_t pid;   /* of the process we started, leader of its group; not reaped while > 0 */
    pid_t group; /* of the function's processes when they are not in that group; 0: they are */
    pid_t inner; /* the function's own process; 0: not known */
    int handle;  /* pidfd of pid */
    int pipe;    /* its output */
    int report;  /* what confine tells; -1 when unconfined */
    bool has_ended, has_ending;
    char ending[64];           /* how, in AWS's words: "exit status 1", "signal: killed", or "" */
    char failure[512];         /* why it could not be confined and started, or "" */
    uint64_t born_us, init_us; /* init_us: how long until its first `next`; 0 before */
    uint64_t idle_since_us;
    _Atomic size_t peak_kb;
    _Atomic bool is_over_memory; /* the keeper ended it for that */

    struct door door;
    struct dialogue dialogue;
    struct transcript output;
};

struct interpreter; /* runtime/interpreter.h */

/* environment_start starts a process for the code. E_UNAVAILABLE when it cannot be started. */
NODISCARD
status environment_start(struct runtimes *r, const struct runtime_code *code,
                         const struct interpreter *interpreter,
                         struct environment **out_environment);

enum attended {
    ATTENDED_READY,  /* waits for an event */
    ATTENDED_RESULT, /* the dialogue has a result: ANSWERED or FAILED */
    ATTENDED_ENDED,  /* the process is gone */
    ATTENDED_LATE,   /* it is until_us */
};
/* environment_attend does input and output until one of `wanted` (bits by enum attended) holds; an
 * end and `until_us` (monotonic) always count. */
enum attended environment_attend(struct environment *e, uint64_t until_us, unsigned wanted);
#define WANTS(what) (1u << (what))

/* environment_is_alive is whether it still waits for an event, having waited unattended. */
bool environment_is_alive(struct environment *e);

/* environment_freeze stops the process until environment_thaw. */
void environment_freeze(struct environment *e);
void environment_thaw(struct environment *e);
/* environment_kill ends all processes at once; environment_attend then sees the end. */
void environment_kill(struct environment *e);
/* environment_free kills, waits and frees; NULL does nothing. */
void environment_free(struct environment *e);
/* environment_peak_kb is the most memory it ever had, as far as seen. */
size_t environment_peak_kb(struct environment *e);
