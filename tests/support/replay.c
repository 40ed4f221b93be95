/* Replays a fuzz corpus without a fuzzer: each file named, and each file of each folder named, is
 * given once to LLVMFuzzerTestOneInput in a heap block of exactly its size, and once per proper
 * prefix while it is short. Fails when there was nothing to replay. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PREFIXES_UP_TO_BYTES = 512 };

static size_t inputs;

static void give(const uint8_t *data, size_t size) {
    uint8_t *copy = malloc(size ? size : 1);
    if (!copy)
        abort();
    if (size)
        memcpy(copy, data, size);
    (void)LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static void replay_file(const char *path) {
    FILE *f = fopen(path, "rb");
    if (!f) {
        perror(path);
        exit(EXIT_FAILURE);
    }
    static uint8_t data[1 << 20];
    size_t size = fread(data, 1, sizeof data, f);
    (void)fclose(f);
    give(data, size);
    for (size_t len = 0; size <= PREFIXES_UP_TO_BYTES && len < size; len++)
        give(data, len);
    inputs++;
}

static void replay(const char *path) {
    struct stat s;
    if (stat(path, &s) != 0) {
        perror(path);
        exit(EXIT_FAILURE);
    }
    if (!S_ISDIR(s.st_mode)) {
        replay_file(path);
        return;
    }
    struct dirent **entries;
    int n = scandir(path, &entries, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        char child[4096];
        int len = snprintf(child, sizeof child, "%s/%s", path, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.' && len > 0 && (size_t)len < sizeof child)
            replay(child);
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
}

int main(int argc, char **argv) {
    for (int i = 1; i < argc; i++)
        replay(argv[i]);
    (void)printf("%zu inputs replayed\n", inputs);
    return inputs ? EXIT_SUCCESS : EXIT_FAILURE;
}
