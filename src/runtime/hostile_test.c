/* Functions that mean harm get nowhere, and others are served meanwhile [AWS rules-and-functions
 * 10]. Each runs in every way of confinement that this machine and user allow. */
#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "runtime/environment.h"
#include "runtime/fixture.h"
#include "support/testing.h"

/* ---- ways ---- */

/* false: namespaces and all; true: as in a container that allows none */
static bool without_namespaces;

static void open_hostile(struct fixture *f, const char *text) {
    fixture_open(f, "python3.11", "index.py", text);
    if (!without_namespaces)
        return;
    f->runtimes->has_abilities = true;
    f->runtimes->abilities =
        (struct abilities){.user = geteuid() == 0, .seccomp = true, .landlock = landlock_version()};
}

static bool both_ways(void (*check)(void)) {
    without_namespaces = false;
    check();
    without_namespaces = true;
    if (landlock_version() >= LANDLOCK_SCOPES)
        check();
    without_namespaces = false;
    return true;
}

#define HOSTILE(sentence)               \
    static void check_##sentence(void); \
    TEST(sentence) {                    \
        both_ways(check_##sentence);    \
    }                                   \
    static void check_##sentence(void)

static void check_part(bytes text, const char *part) {
    if (bytes_search(text, bytes_from(part)) < text.len)
        return;
    print_error("\"%.*s\" does not contain \"%s\"\n", BYTES_ARG(text), part);
    CHECK(false);
}

/* How many processes have this name. */
static unsigned count_named(const char *name) {
    DIR *folder = opendir("/proc");
    const struct dirent *entry;
    unsigned count = 0;
    while (folder && (entry = readdir(folder))) {
        char path[300], text[32] = "";
        (void)snprintf(path, sizeof path, "/proc/%s/comm", entry->d_name);
        FILE *file = fopen(path, "re");
        if (file && fgets(text, sizeof text, file))
            count += strncmp(text, name, strlen(name)) == 0;
        if (file)
            (void)fclose(file);
    }
    if (folder)
        (void)closedir(folder);
    return count;
}

/* Nothing is left of processes called that. */
static void check_gone(const char *name) {
    for (int i = 0; i < 500 && count_named(name) > 0; i++)
        usleep(10000);
    CHECK_INT(count_named(name), 0);
}

/* ---- others meanwhile ---- */

struct other {
    struct fixture *f;
    struct runtime_code code;
    char folder[80];
};

static void other_open(struct other *o, struct fixture *f) {
    char path[120];
    o->f = f;
    o->code = f->code;
    (void)snprintf(o->folder, sizeof o->folder, "%s/other", f->folder);
    CHECK(mkdir(o->folder, 0755) == 0);
    (void)snprintf(path, sizeof path, "%s/index.py", o->folder);
    CHECK_OK(file_write(path, BYTES("def handler(e, c): return 'served'\n"), 0644));
    o->code.folder = o->folder;
    o->code.name = BYTES("other");
    o->code.function_arn = BYTES("arn:aws:lambda:us-east-1:123456789012:function:other");
}

static void other_call(const struct other *o) {
    AUTO(arena) a = {0};
    struct runtime_event e = {.event = BYTES("{}")};
    struct runtime_result r;
    CHECK_OK(runtime_invoke(o->f->runtimes, &o->code, &e, &a, &r));
    CHECK_BYTES(r.payload, BYTES("\"served\""));
}

static void *attack(void *fixture) {
    struct fixture *f = fixture;
    (void)fixture_call(f, "{}", NULL);
    return NULL;
}

/* The function runs into its time-out; the other one answers before, during and after. */
static void check_others_served(const char *code, const char *name) {
    struct fixture f = {0};
    struct other o;
    pthread_t attacker;
    open_hostile(&f, code);
    f.code.timeout_ms = 2000;
    other_open(&o, &f);
    other_call(&o);
    CHECK(pthread_create(&attacker, NULL, attack, &f) == 0);
    for (int i = 0; i < 5; i++) {
        usleep(200000);
        other_call(&o);
    }
    pthread_join(attacker, NULL);
    other_call(&o);
    check_gone(name);
    fixture_close(&f);
}

#define NAME_SELF(name)                          \
    "import ctypes, os, time\n"                  \
    "libc = ctypes.CDLL(None, use_errno=True)\n" \
    "libc.prctl(15, b'" name "')\n"

HOSTILE(who_forks_endlessly_is_stopped_with_all_its_children) {
    check_others_served(NAME_SELF("kedge-t-fork") "def handler(e, c):\n"
                                                  "    while True:\n"
                                                  "        try: os.fork()\n"
                                                  "        except OSError: pass\n",
                        "kedge-t-fork");
}

HOSTILE(who_spins_is_stopped) {
    check_others_served(
        NAME_SELF("kedge-t-spin") "import threading\n"
                                  "def spin():\n"
                                  "    while True: pass\n"
                                  "def handler(e, c):\n"
                                  "    for i in range(20): threading.Thread(target=spin).start()\n"
                                  "    spin()\n",
        "kedge-t-spin");
}

HOSTILE(who_leaves_a_daemon_behind_takes_it_along) {
    struct fixture f = {0};
    open_hostile(&f, NAME_SELF("kedge-t-left") "def handler(e, c):\n"
                                               "    if os.fork() == 0:\n"
                                               "        try: os.setsid()\n"
                                               "        except OSError: pass\n"
                                               "        if os.fork() == 0:\n"
                                               "            while True: time.sleep(0.1)\n"
                                               "        os._exit(0)\n"
                                               "    os.wait()\n"
                                               "    return 'left'\n");
    CHECK_BYTES(fixture_call(&f, "{}", NULL), BYTES("\"left\""));
    CHECK(count_named("kedge-t-left") == 2);
    runtime_forget(f.runtimes, f.code.function_arn);
    check_gone("kedge-t-left");
    fixture_close(&f);
}

HOSTILE(who_eats_memory_is_killed_and_the_log_says_why) {
    struct fixture f = {0};
    open_hostile(&f, "import time\n"
                     "def handler(e, c):\n"
                     "    eaten = []\n"
                     "    while True:\n"
                     "        eaten.append(bytearray(b'x') * (1 << 20))\n"
                     "        time.sleep(0.005)\n");
    check_part(fixture_call(&f, "{}", NULL), "Runtime exited with error: signal: killed");
    CHECK(fixture_logged(&f, "used more than its 128 MB of memory"));
    fixture_close(&f);
}

HOSTILE(memory_of_its_children_counts) {
    struct fixture f = {0};
    open_hostile(&f, "import os, time\n"
                     "def handler(e, c):\n"
                     "    for i in range(8):\n"
                     "        if os.fork() == 0:\n"
                     "            eaten = bytearray(b'x') * (32 << 20)\n"
                     "            time.sleep(60)\n"
                     "    time.sleep(60)\n");
    check_part(fixture_call(&f, "{}", NULL), "Runtime exited with error: signal: killed");
    fixture_close(&f);
}

/* ---- files ---- */

HOSTILE(who_writes_elsewhere_finds_no_place) {
    struct fixture f = {0};
    open_hostile(&f, "import os, tempfile\n"
                     "def handler(e, c):\n"
                     "    done = []\n"
                     "    here = os.environ['LAMBDA_TASK_ROOT']\n"
                     "    for path in [here + '/x', here + '/index.py', '/x', '/usr/x', '/etc/x', "
                     "'/var/x', '/var/tmp/x',\n"
                     "                 '/dev/x', '/proc/self/oom_score_adj', "
                     "'/proc/sys/kernel/core_pattern', '/run/x',\n"
                     "                 '/sys/x', os.path.dirname(here) + '/x']:\n"
                     "        try:\n"
                     "            open(path, 'a').write('0')\n"
                     "            done.append(path)\n"
                     "        except OSError: pass\n"
                     "    with tempfile.NamedTemporaryFile() as t: t.write(b'x')\n"
                     "    return done\n");
    CHECK_BYTES(fixture_call(&f, "{}", NULL), BYTES("[]"));
    fixture_close(&f);
}

HOSTILE(who_fills_its_tmp_fills_no_disk) {
    struct fixture f = {0};
    open_hostile(&f, "import tempfile\n"
                     "def handler(e, c):\n"
                     "    files, size = [], 0\n"
                     "    try:\n"
                     "        for i in range(e):\n"
                     "            files.append(tempfile.TemporaryFile(buffering=0))\n"
                     "            for j in range(4):\n"
                     "                size += files[-1].write(bytes(1 << 20))\n"
                     "    except OSError: return size\n"
                     "    return 'all'\n");
    f.code.storage_mb = 2;
    uint64_t size;
    /* without a mount of its own only each file is bounded: said as lacking */
    CHECK_OK(
        bytes_to_u64(fixture_call(&f, without_namespaces ? "1" : "10", NULL), UINT64_MAX, &size));
    CHECK(size <= 2 << 20);
    fixture_close(&f);
}

HOSTILE(the_data_of_the_server_is_out_of_sight) {
    struct fixture f = {0};
    char folder[] = "/tmp/kedge-data-XXXXXX", path[64], *event;
    CHECK(mkdtemp(folder) != NULL && chmod(folder, 0755) == 0);
    (void)snprintf(path, sizeof path, "%s/kedge.db", folder);
    CHECK_OK(file_write(path, BYTES("secret"), 0644));
    open_hostile(&f, "import os\n"
                     "def handler(e, c):\n"
                     "    seen = []\n"
                     "    for way in ['', '/proc/1/root', '/proc/self/root', "
                     "'/proc/self/cwd/../..', '/proc/%d/root' % os.getppid()]:\n"
                     "        try: seen.append(open(way + e['file']).read())\n"
                     "        except OSError: pass\n"
                     "        try: seen.append(os.listdir(way + os.path.dirname(e['file'])))\n"
                     "        except OSError: pass\n"
                     "    for path in ['/proc/%d/environ' % e['pid'], '/proc/%d/mem' % e['pid'], "
                     "'/etc/shadow', '/root']:\n"
                     "        try: seen.append(open(path, 'rb').read(1))\n"
                     "        except OSError: pass\n"
                     "    return repr(seen)\n");
    event = arena_printf(&f.memory, "{\"file\":\"%s\",\"pid\":%d}", path, (int)getpid());
    CHECK_BYTES(fixture_call(&f, event, NULL), BYTES("\"[]\""));
    fixture_close(&f);
    CHECK_OK(folder_remove(folder));
}

/* ---- processes and calls ---- */

HOSTILE(the_server_cannot_be_signalled_or_traced) {
    struct fixture f = {0};
    open_hostile(&f, "import ctypes, os, signal\n"
                     "libc = ctypes.CDLL(None, use_errno=True)\n"
                     "def handler(pid, c):\n"
                     "    done = []\n"
                     "    for number in [0, signal.SIGSTOP, signal.SIGKILL]:\n"
                     "        try:\n"
                     "            os.kill(pid, number)\n"
                     "            done.append(number)\n"
                     "        except OSError: pass\n"
                     "    if libc.ptrace(16, pid, 0, 0) == 0: done.append('ptrace')\n"
                     "    if libc.process_vm_readv(pid, 0, 0, 0, 0, 0) == 0: done.append('read')\n"
                     "    return done\n");
    CHECK_BYTES(fixture_call(&f, arena_printf(&f.memory, "%d", (int)getpid()), NULL), BYTES("[]"));
    fixture_close(&f);
}

HOSTILE(calls_into_the_depths_of_the_kernel_are_refused) {
    struct fixture f = {0};
    open_hostile(&f,
                 "import ctypes, os, socket\n"
                 "libc = ctypes.CDLL(None, use_errno=True)\n"
                 "def handler(e, c):\n"
                 "    done = []\n"
                 "    if libc.unshare(0x10000000) == 0: done.append('user namespace')\n"
                 "    if libc.mount(b'x', b'/tmp', b'tmpfs', 0, 0) == 0: done.append('mount')\n"
                 "    for name, number in [('keyctl', 250), ('bpf', 321), ('perf', 298), "
                 "('io_uring', 425), ('clone3', 435)]:\n"
                 "        if libc.syscall(number, 0, 0, 0, 0, 0) >= 0 or ctypes.get_errno() not in "
                 "(1, 38): done.append(name)\n"
                 "    for family, kind in [(17, 3), (2, 3), (10, 3), (38, 5), (40, 1), (16, 3)]:\n"
                 "        try: socket.socket(family, kind, 1 if family == 2 else 15 if family == "
                 "16 else 0); done.append(family)\n"
                 "        except OSError: pass\n"
                 "    return done\n");
    CHECK_BYTES(fixture_call(&f, "{}", NULL), BYTES("[]"));
    fixture_close(&f);
}

HOSTILE(descriptors_end_at_1024) {
    struct fixture f = {0};
    open_hostile(&f, "import os\n"
                     "def handler(e, c):\n"
                     "    n = 0\n"
                     "    try:\n"
                     "        while n < 5000: n = os.open('/dev/null', os.O_RDONLY)\n"
                     "    except OSError: pass\n"
                     "    os.closerange(10, n + 1)\n"
                     "    return n\n");
    CHECK_BYTES(fixture_call(&f, "{}", NULL), BYTES("1023"));
    fixture_close(&f);
}

/* ---- network ---- */

static int listen_somewhere(unsigned *out_port) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(fd >= 0 && bind(fd, (struct sockaddr *)&at, len) == 0 && listen(fd, 4) == 0);
    CHECK(getsockname(fd, (struct sockaddr *)&at, &len) == 0);
    *out_port = ntohs(at.sin_port);
    return fd;
}

HOSTILE(only_the_servers_own_ports_can_be_reached) {
    struct fixture f = {0};
    unsigned open, closed;
    int a = listen_somewhere(&open), b = listen_somewhere(&closed);
    open_hostile(
        &f, "import socket\n"
            "def attempt(do):\n"
            "    try: do(); return 'yes'\n"
            "    except PermissionError: return 'no'\n"
            "def handler(e, c):\n"
            "    s = socket.socket()\n"
            "    return [attempt(lambda: socket.create_connection(('127.0.0.1', e[0]))),\n"
            "            attempt(lambda: socket.create_connection(('127.0.0.1', e[1]))),\n"
            "            attempt(lambda: socket.create_connection(('192.0.2.1', 80))),\n"
            "            attempt(lambda: s.bind(('127.0.0.1', 0))),\n"
            "            attempt(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))]\n");
    f.host.ports[0] = (uint16_t)open;
    bytes got = fixture_call(&f, arena_printf(&f.memory, "[%u,%u]", open, closed), NULL);
    CHECK_BYTES(got, landlock_version() >= LANDLOCK_NETWORK
                         ? BYTES("[\"yes\", \"no\", \"no\", \"no\", \"no\"]")
                         : got);
    fixture_close(&f);
    (void)close(a);
    (void)close(b);
}

TEST(an_open_network_is_a_setting) {
    struct fixture f = {.options.open_network = true};
    unsigned port;
    int fd = listen_somewhere(&port);
    open_hostile(&f, "import socket\n"
                     "def handler(e, c):\n"
                     "    socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
                     "    socket.create_connection(('127.0.0.1', e))\n"
                     "    return 'yes'\n");
    CHECK_BYTES(fixture_call(&f, arena_printf(&f.memory, "%u", port), NULL), BYTES("\"yes\""));
    fixture_close(&f);
    (void)close(fd);
}

/* ---- log and Runtime API ---- */

HOSTILE(a_flood_of_output_is_bounded) {
    struct fixture f = {0};
    open_hostile(&f, "def handler(e, c):\n"
                     "    for i in range(20000): print('x' * 1000)\n"
                     "    return 'done'\n");
    CHECK_BYTES(fixture_call(&f, "{}", NULL), BYTES("\"done\""));
    CHECK(f.log.len < RUNTIME_OUTPUT_BYTES_MAX + 100000);
    CHECK(fixture_logged(&f, " more bytes of output were not kept"));
    fixture_close(&f);
}

HOSTILE(garbage_in_the_Runtime_API_changes_nothing) {
    struct fixture f = {0};
    open_hostile(
        &f,
        "import os, socket\n"
        "host, port = os.environ['AWS_LAMBDA_RUNTIME_API'].split(':')\n"
        "P = '/2018-06-01/runtime/'\n"
        "def say(text):\n"
        "    s = socket.create_connection((host, int(port)))\n"
        "    s.sendall(text)\n"
        "    return s.recv(4096).split(b'\\r\\n')[0][9:12].decode()\n"
        "def post(path, body=b'\"forged\"'):\n"
        "    return say(b'POST %s HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: %d\\r\\n\\r\\n%s'\n"
        "               % ((P + path).encode(), len(body), body))\n"
        "def handler(e, c):\n"
        "    return [say(b'\\x16\\x03\\x01 garbage\\r\\n\\r\\n'), say(b'GET / HTTP/1.1\\r\\nHost: "
        "x\\r\\n\\r\\n'),\n"
        "            post('invocation/00000000-0000-0000-0000-000000000000/response'),\n"
        "            post('init/error'), post('invocation/next'),\n"
        "            say(b'GET /2018-06-01/runtime/invocation/next HTTP/1.1\\r\\nHost: "
        "x\\r\\n\\r\\n')]\n");
    for (int i = 0; i < 2; i++)
        CHECK_BYTES(fixture_call(&f, "{}", NULL),
                    BYTES("[\"400\", \"404\", \"400\", \"403\", \"404\", \"403\"]"));
    fixture_close(&f);
}

HOSTILE(nobody_answers_for_another) {
    struct fixture f = {0};
    struct other o;
    AUTO(arena) a = {0};
    struct runtime_event e = {.event = BYTES("{}")};
    struct runtime_result r;
    char path[120];
    open_hostile(&f, "import socket\n"
                     "def handler(e, c):\n"
                     "    host, port = e.split(':')\n"
                     "    try: socket.create_connection((host, int(port)), 1)\n"
                     "    except OSError as x: return type(x).__name__\n"
                     "    return 'connected'\n");
    other_open(&o, &f);
    (void)snprintf(path, sizeof path, "%s/index.py", o.folder);
    CHECK_OK(file_write(
        path, BYTES("import os\ndef handler(e, c): return os.environ['AWS_LAMBDA_RUNTIME_API']\n"),
        0644));
    CHECK_OK(runtime_invoke(f.runtimes, &o.code, &e, &a, &r));
    char *address = arena_string(&a, r.payload);
    if (landlock_version() >= LANDLOCK_NETWORK)
        CHECK_BYTES(fixture_call(&f, address, NULL), BYTES("\"PermissionError\""));
    fixture_close(&f);
}

/* ---- and all of it as an ordinary user ---- */

static void copy_program(const char *from, const char *to) {
    AUTO(arena) a = {0};
    char *command = arena_printf(&a, "cp '%s' '%s' && chmod 755 '%s'", from, to, to);
    CHECK(system(command) == 0); // NOLINT(cert-env33-c): a test's own words
}

TEST(all_of_it_holds_for_an_ordinary_user_too) {
    char confine[] = "/tmp/kedge-confine-XXXXXX";
    int how = 1, fd;
    const char *program = getenv("KEDGE_CONFINE");
    if (geteuid() != 0 || !program)
        return;
    fd = mkstemp(confine);
    CHECK(fd >= 0 && close(fd) == 0);
    copy_program(program, confine);
    (void)fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        (void)setenv("KEDGE_CONFINE", confine, 1);
        if (setresgid(65534, 65534, 65534) != 0 || setresuid(65534, 65534, 65534) != 0)
            _exit(1);
        (void)dup2(2, 1); /* one plan of tests is enough on standard output */
        (void)execl("/proc/self/exe", "hostile_test", NULL);
        _exit(1);
    }
    CHECK(child > 0 && waitpid(child, &how, 0) == child);
    (void)unlink(confine);
    CHECK_INT(how, 0);
}

TEST_MAIN("runtime/hostile")
