/* Strangers and a witness at the control-plane listener of a whole simulated server.
 *
 * The first byte of an input seeds the network. Then steps (gateway/strangers.h, and the enum
 * below). Whatever they are, every answer is well formed HTTP with a JSON or XML body of the length
 * it says, answers stop where the connection ends, and the witness is answered. The store of the
 * server is its own; nobody here can sign a request. */
#include <assert.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "gateway/fixture.h"
#include "gateway/strangers.h"
#include "identity/issuer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define API "127.0.0.1:4566"

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

static struct {
    struct gateway_fixture server;
    struct strangers strangers;
    bool last_answer[STRANGERS];
} world;

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
static size_t check_answer(bool *last_answer, bytes in) {
    static const bytes begins = {(const uint8_t *)"HTTP/1.1 ", 9};
    size_t blank = bytes_search(in, BYTES("\r\n\r\n"));
    uint64_t status_code = 0, length = 0;
    assert(bytes_equal(bytes_slice(in, 0, 9), bytes_slice(begins, 0, in.len)));
    if (blank == in.len)
        return 0;
    bytes head = bytes_slice(in, 0, blank);
    status result = bytes_to_u64(bytes_slice(head, 9, 3), 599, &status_code);
    assert(result == OK && status_code >= 100 && !*last_answer);
    if (status_code == 100)
        return blank + 4;
    result = bytes_to_u64(header_of(head, BYTES("content-length")), 1 << 24, &length);
    assert(result == OK && header_of(head, BYTES("x-amzn-ErrorType")).len > 0);
    if (in.len < blank + 4 + length)
        return 0;
    *last_answer = bytes_equal_nocase(header_of(head, BYTES("connection")), BYTES("close"));
    bytes body = bytes_slice(in, blank + 4, length);
    assert(length == 0 || body.ptr[0] == '{' || body.ptr[0] == '<');
    return blank + 4 + length;
}

static size_t check_answers(size_t stranger, bytes in) {
    size_t used = 0, one;
    while (used < in.len &&
           (one = check_answer(&world.last_answer[stranger], bytes_skip(in, used))))
        used += one;
    return used;
}

/* ---- what strangers do ---- */

static void write_requests(bytes target, unsigned times, struct buf *out) {
    while (times-- > 0)
        buf_printf(out, "GET /%.*s HTTP/1.1\r\nHost: localhost\r\n\r\n", BYTES_ARG(target));
}

static void request(size_t stranger, bytes target, unsigned times) {
    AUTO(buf) all = {0};
    write_requests(target, times, &all);
    stranger_say(&world.strangers, stranger, buf_bytes(&all));
}

static void take_step(uint8_t byte) {
    struct strangers *all = &world.strangers;
    size_t stranger = byte & 3;
    switch ((enum step)((byte >> 4) % STEPS)) {
    case SEND_LINE:
        stranger_say(all, stranger, strangers_take_some(all));
        stranger_say(all, stranger, BYTES("\r\n"));
        return;
    case SEND:
        stranger_say(all, stranger, strangers_take_some(all));
        return;
    case REQUEST:
        request(stranger, strangers_take_some(all), 1);
        return;
    case FLOOD:
        request(stranger, (bytes){0}, strangers_take_byte(all));
        return;
    case PASS:
        strangers_pass(all);
        return;
    case RESET:
        stranger_reset(all, stranger);
        world.last_answer[stranger] = false;
        return;
    case SHUT:
        stranger_shut_down(all, stranger);
        return;
    case SULK:
        all->all[stranger].sulks = !all->all[stranger].sulks;
        return;
    case WAIT:
    case STEPS:
        strangers_settle(all);
        return;
    }
}

/* ---- an input ---- */

static void witness_is_answered(void) {
    AUTO(buf) question = {0};
    AUTO(buf) answer = {0};
    bool last_answer = false;
    struct sim_end *witness = sim_connect(world.server.sim, BYTES(API));
    write_requests(BYTES("things"), 1, &question);
    ssize_t written = sim_write(witness, buf_bytes(&question));
    assert(written == (ssize_t)question.len);
    strangers_settle(&world.strangers);
    ssize_t n = sim_read(witness, &answer);
    assert(n > 0 && check_answer(&last_answer, buf_bytes(&answer)) == (size_t)n);
    sim_end_free(witness);
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
    struct strangers *all = &world.strangers;
    *all = (struct strangers){.door = API, .input = bytes_of(data, size), .check = check_answers};
    memset(world.last_answer, 0, sizeof world.last_answer);
    open_world(strangers_take_byte(all));
    all->sim = world.server.sim;
    for (int steps = 0; steps < STRANGER_STEPS_MAX && all->input.len > 0; steps++)
        take_step(strangers_take_byte(all));
    strangers_settle(all);
    witness_is_answered();
    for (size_t i = 0; i < STRANGERS; i++)
        stranger_leave(all, i);
    gateway_fixture_close(&world.server);
    return 0;
}
