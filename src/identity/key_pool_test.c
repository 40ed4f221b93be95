#include "identity/key_pool.h"

#include <pthread.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "base/clock.h"
#include "support/testing.h"

static void wait_for_spare(struct key_pool *p, unsigned count) {
    for (int i = 0; i < 3000 && key_pool_spare(p) < count; i++)
        (void)usleep(10000);
    CHECK(key_pool_spare(p) >= count);
}

static void check_key(EVP_PKEY *key) {
    CHECK_INT(EVP_PKEY_get_base_id(key), EVP_PKEY_RSA);
    CHECK_INT(EVP_PKEY_get_bits(key), 2048);
}

TEST(makes_nothing_until_somebody_takes) {
    struct key_pool *p = key_pool_new(2);
    (void)usleep(50000);
    CHECK_INT(key_pool_spare(p), 0);
    key_pool_free(p);
    key_pool_free(NULL);
}

TEST(an_empty_pool_generates_and_then_keeps_spares) {
    struct key_pool *p = key_pool_new(2);
    EVP_PKEY *first, *second;
    CHECK_OK(key_pool_take(p, &first));
    check_key(first);
    wait_for_spare(p, 2);
    CHECK_OK(key_pool_take(p, &second));
    check_key(second);
    CHECK(EVP_PKEY_eq(first, second) != 1);
    wait_for_spare(p, 2); /* filled again */
    EVP_PKEY_free(first);
    EVP_PKEY_free(second);
    key_pool_free(p);
}

TEST(without_a_pool_a_key_is_generated_at_once) {
    EVP_PKEY *key;
    CHECK_OK(key_pool_take(NULL, &key));
    check_key(key);
    EVP_PKEY_free(key);
}

TEST(stops_amid_a_key) {
    struct key_pool *p = key_pool_new(1000);
    EVP_PKEY *key;
    CHECK_OK(key_pool_take(p, &key));
    EVP_PKEY_free(key);
    uint64_t began = clock_monotonic_us();
    key_pool_free(p);
    CHECK(clock_monotonic_us() - began < 2000000); /* 1,000 keys take minutes */
}

static struct key_pool *shared;
static void *take_three(void *keys) {
    for (EVP_PKEY **key = keys, **end = key + 3; key < end; key++)
        if (key_pool_take(shared, key) != OK)
            *key = NULL;
    return NULL;
}

TEST(nobody_gets_a_key_that_another_one_has) {
    EVP_PKEY *keys[2][3];
    pthread_t threads[2];
    shared = key_pool_new(2);
    for (size_t i = 0; i < 2; i++)
        CHECK(pthread_create(&threads[i], NULL, take_three, keys[i]) == 0);
    for (size_t i = 0; i < 2; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    EVP_PKEY **all = &keys[0][0];
    for (size_t i = 0; i < 6; i++) {
        CHECK(all[i] != NULL);
        for (size_t j = 0; j < i; j++)
            CHECK(EVP_PKEY_eq(all[i], all[j]) != 1);
    }
    for (size_t i = 0; i < 6; i++)
        EVP_PKEY_free(all[i]);
    key_pool_free(shared);
}

TEST_MAIN("identity/key_pool")
