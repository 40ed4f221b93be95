/* The seal of a backup: 128 bytes of text,
 *
 *     "\nkedge backup 1\nsha256 <64 digits>\n", filled up with spaces. */
#include "store/backup_internal.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>

static const char seal_head[] = "\nkedge backup 1\nsha256 ";
enum { DIGEST_BYTES = 32, PIECE_BYTES = 1 << 16, PIECES_PER_REPORT = 64 };

static void seal_format(const uint8_t digest[DIGEST_BYTES], char out[SEAL_BYTES]) {
    memset(out, ' ', SEAL_BYTES);
    memcpy(out, seal_head, sizeof seal_head - 1);
    char *at = out + sizeof seal_head - 1;
    for (size_t i = 0; i < DIGEST_BYTES; i++) {
        *at++ = "0123456789abcdef"[digest[i] >> 4];
        *at++ = "0123456789abcdef"[digest[i] & 15];
    }
    *at = '\n';
    out[SEAL_BYTES - 1] = '\n';
}

static uint64_t size_of(FILE *file) {
    struct stat about;
    return fstat(fileno(file), &about) == 0 ? (uint64_t)about.st_size : 0;
}

static status trouble(const char *what, const char *name) {
    return FAIL(E_UNAVAILABLE, "%s cannot be %s: %s", name, what, strerror(errno));
}

/* Reads `size` bytes from where `from` stands, copies them if wanted, gives their digest. */
static status digest(FILE *from, uint64_t size, FILE *to, const char *name,
                     const struct store_progress *progress, uint8_t out[DIGEST_BYTES]) {
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    uint8_t *piece = mem_new(PIECE_BYTES);
    status s = OK;
    bool fine = EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1;
    uint64_t pieces = 0;
    for (uint64_t done = 0, n; s == OK && done < size; done += n) {
        n = fread(piece, 1, size - done < PIECE_BYTES ? (size_t)(size - done) : PIECE_BYTES, from);
        fine = EVP_DigestUpdate(context, piece, (size_t)n) == 1 && fine;
        if (n == 0)
            s = trouble("read", name);
        else if (to && fwrite(piece, 1, (size_t)n, to) != n)
            s = FAIL(E_UNAVAILABLE, "the copy of %s cannot be written: %s", name, strerror(errno));
        if (progress && ++pieces % PIECES_PER_REPORT == 0)
            progress->at(progress->context, done + n, size);
    }
    fine = EVP_DigestFinal_ex(context, out, NULL) == 1 && fine;
    EVP_MD_CTX_free(context);
    mem_wipe(piece, PIECE_BYTES);
    mem_free(piece);
    if (s == OK && !fine)
        s = FAIL(E_INTERNAL, "SHA-256 is not to be had from the TLS library");
    return s;
}

static bool read_seal(FILE *file, uint64_t size, char out[SEAL_BYTES]) {
    return size >= SEAL_BYTES && fseeko(file, (off_t)(size - SEAL_BYTES), SEEK_SET) == 0 &&
           fread(out, 1, SEAL_BYTES, file) == SEAL_BYTES &&
           memcmp(out, seal_head, sizeof seal_head - 1) == 0;
}

bool seal_is_there(FILE *file) {
    char seal[SEAL_BYTES];
    return read_seal(file, size_of(file), seal);
}

status seal_copy(FILE *from, FILE *to, const char *name, const struct store_progress *progress) {
    char seal[SEAL_BYTES], expected[SEAL_BYTES];
    uint8_t sum[DIGEST_BYTES];
    uint64_t size = size_of(from);
    if (!read_seal(from, size, seal))
        return FAIL(E_INVALID,
                    "%s is not a backup, or its end is missing: kedge backup makes backups", name);
    rewind(from);
    TRY(digest(from, size - SEAL_BYTES, to, name, progress, sum));
    seal_format(sum, expected);
    if (memcmp(seal, expected, SEAL_BYTES) != 0)
        return FAIL(E_INVALID, "%s is damaged: it is not what was written. Take another backup",
                    name);
    if (to && (fflush(to) != 0 || fsync(fileno(to)) != 0))
        return trouble("copied", name);
    return OK;
}

status seal_append(FILE *file, const char *name, const struct store_progress *progress) {
    char seal[SEAL_BYTES];
    uint8_t sum[DIGEST_BYTES];
    rewind(file);
    TRY(digest(file, size_of(file), NULL, name, progress, sum));
    seal_format(sum, seal);
    if (fseeko(file, 0, SEEK_END) != 0 || fwrite(seal, 1, SEAL_BYTES, file) != SEAL_BYTES ||
        fflush(file) != 0 || fsync(fileno(file)) != 0)
        return trouble("written", name);
    return OK;
}
