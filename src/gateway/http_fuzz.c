/* Three strangers and a witness at the control-plane listener of a whole simulated server.
 *
 * The first byte of an input seeds the network. Then steps: the low two bits of a byte name a
 * stranger, the high four what it does (enum below). Whatever that is, every answer is well formed
 * HTTP with a JSON or XML body of the length it says, answers stop where the connection ends, and
 * the witness is answered. The store of the server is its own; nobody here can sign a request. */
#include <assert.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "gateway/fixture.h"
#include "identity/issuer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define API "127.0.0.1:4566"

enum { STRANGERS = 4, STEPS_MAX = 200, SAY_TIMES_MAX = 64 };

enum step {
    SEND_LINE, /* a length, as many bytes, and CR LF */
    SEND,      /* a length, and as many bytes */
    REQUEST,   /* a length, and the request target: a whole GET */
    FLOOD,     /* how often such a whole GET of / */
    PASS,      /* seconds */
    RESET,
    SHUT, /* no more is written */
    SULK, /* it stops reading, or reads again */
    WAIT, /* until nothing moves */
    STEPS
};

struct stranger {
    struct sim_end *end;
    bool sulks, shut, last_answer;
    struct buf in;
};

static struct {
    struct gateway_fixture server;
    struct stranger strangers[STRANGERS];
    bytes input;
} world;

/* ---- the input; zeros follow its end ---- */

static uint8_t take_byte(void) {
    uint8_t byte = world.input.len ? world.input.ptr[0] : 0;
    world.input = bytes_skip(world.input, 1);
    return byte;
}

static bytes take_some(void) {
    size_t len = take_byte();
    bytes some = bytes_slice(world.input, 0, len);
    world.input = bytes_skip(world.input, len);
    return some;
}

/* ---- what the server says ---- */

static bytes header_of(bytes head, bytes name) {
    bytes line;
    while (bytes_split(&head, '\n', &line)) {
        size_t colon = bytes_find(line, ':');
        if (bytes_equal_nocase(bytes_slice(line, 0, colon), name))
            return bytes_trim(bytes_skip(line, colon + 1));
    }
    return (bytes){0};
}

/* The whole of the first answer in `in`; 0 while it has not come. */
static size_t check_answer(struct stranger *s, bytes in) {
    static const bytes begins = {(const uint8_t *)"HTTP/1.1 ", 9};
    size_t blank = bytes_search(in, BYTES("\r\n\r\n"));
    uint64_t status_code = 0, length = 0;
    assert(bytes_equal(bytes_slice(in, 0, 9), bytes_slice(begins, 0, in.len)));
    if (blank == in.len)
        return 0;
    bytes head = bytes_slice(in, 0, blank);
    status result = bytes_to_u64(bytes_slice(head, 9, 3), 599, &status_code);
    assert(result == OK && status_code >= 100 && !s->last_answer);
    if (status_code == 100)
        return blank + 4;
    result = bytes_to_u64(header_of(head, BYTES("content-length")), 1 << 24, &length);
    assert(result == OK && header_of(head, BYTES("x-amzn-ErrorType")).len > 0);
    if (in.len < blank + 4 + length)
        return 0;
    s->last_answer = bytes_equal_nocase(header_of(head, BYTES("connection")), BYTES("close"));
    bytes body = bytes_slice(in, blank + 4, length);
    assert(length == 0 || body.ptr[0] == '{' || body.ptr[0] == '<');
    return blank + 4 + length;
}

static bool read_all(struct stranger *s) {
    size_t used = 0, one;
    if (!s->end || s->sulks || sim_read(s->end, &s->in) <= 0)
        return false;
    while (used < s->in.len && (one = check_answer(s, bytes_skip(buf_bytes(&s->in), used))))
        used += one;
    buf_drop_front(&s->in, used);
    return true;
}

static void settle(void) {
    bool any = true;
    while (any) {
        any = false;
        sim_run_until_idle(world.server.sim);
        for (int i = 0; i < STRANGERS; i++)
            any |= read_all(&world.strangers[i]);
    }
}

/* ---- what strangers do ---- */

static void leave(struct stranger *s) {
    sim_end_free(s->end);
    buf_done(&s->in);
    *s = (struct stranger){0};
}

static void say(struct stranger *s, bytes data) {
    if (!s->end)
        s->end = sim_connect(world.server.sim, BYTES(API));
    for (int times = 0; !s->shut && data.len > 0 && times < SAY_TIMES_MAX; times++) {
        ssize_t n = sim_write(s->end, data);
        if (n < 0)
            return;
        data = bytes_skip(data, (size_t)n);
        if (data.len > 0)
            settle();
    }
}

static void request(struct stranger *s, bytes target, unsigned times) {
    AUTO(buf) all = {0};
    while (times-- > 0)
        buf_printf(&all, "GET /%.*s HTTP/1.1\r\nHost: localhost\r\n\r\n", BYTES_ARG(target));
    say(s, buf_bytes(&all));
}

static void shut_down(struct stranger *s) {
    if (s->end && !s->shut)
        sim_shutdown(s->end);
    s->shut = s->end != NULL;
}

static void take_step(uint8_t byte) {
    struct stranger *s = &world.strangers[byte & 3];
    switch ((enum step)((byte >> 4) % STEPS)) {
    case SEND_LINE:
        say(s, take_some());
        say(s, BYTES("\r\n"));
        return;
    case SEND:
        say(s, take_some());
        return;
    case REQUEST:
        request(s, take_some(), 1);
        return;
    case FLOOD:
        request(s, (bytes){0}, take_byte());
        return;
    case PASS:
        settle();
        sim_pass(world.server.sim, take_byte() * 1000u);
        return;
    case RESET:
        if (s->end)
            sim_reset(s->end);
        leave(s);
        return;
    case SHUT:
        shut_down(s);
        return;
    case SULK:
        s->sulks = !s->sulks;
        return;
    case WAIT:
    case STEPS:
        settle();
        return;
    }
}

/* ---- an input ---- */

static void witness_is_answered(void) {
    struct stranger witness = {0};
    request(&witness, BYTES("things"), 1);
    settle();
    ssize_t n = sim_read(witness.end, &witness.in);
    assert(n > 0 && check_answer(&witness, buf_bytes(&witness.in)) == (size_t)n);
    leave(&witness);
}

static int remove_one(const char *path, const struct stat *s, int type, struct FTW *at) {
    (void)s, (void)type, (void)at;
    return remove(path);
}

/* Made once: its files are needed no more when it is open. */
static const struct issuer *the_issuer(void) {
    static struct issuer *issuer;
    char directory[] = "/tmp/kedge-http-fuzz-XXXXXX";
    if (issuer)
        return issuer;
    if (!mkdtemp(directory) || issuer_open(directory, &issuer) != OK)
        abort();
    (void)nftw(directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    return issuer;
}

static void open_world(uint8_t seed) {
    struct gateway_fixture *f = &world.server;
    log_set_level(LOG_OFF);
    gateway_fixture_open(f, seed);
    f->settings.api = API;
    f->server.api = api_new(&(struct api_config){
        .store = f->server.store, .region = BYTES(TEST_REGION), .issuer = the_issuer()});
    gateway_fixture_start(f, 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    world.input = bytes_of(data, size);
    open_world(take_byte());
    for (int steps = 0; steps < STEPS_MAX && world.input.len > 0; steps++)
        take_step(take_byte());
    settle();
    witness_is_answered();
    for (int i = 0; i < STRANGERS; i++)
        leave(&world.strangers[i]);
    gateway_fixture_close(&world.server);
    return 0;
}
