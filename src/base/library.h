/* Libraries that are loaded when something first needs them: what few servers use costs the others
 * neither memory nor time at start. Any thread. */
#pragma once
#include <pthread.h>

#include "base/status.h"

/* A library and where its functions go; a constant but for the rest, which begins as
 * LIBRARY_NOT_LOADED. */
struct library {
    const char *file, *package; /* Debian's */
    const char *const *names;
    void **functions; /* one per name */
    size_t count;
    pthread_mutex_t lock;
    bool loaded;
};
#define LIBRARY_NOT_LOADED .lock = PTHREAD_MUTEX_INITIALIZER

/* library_load loads it for good, the first time, and fills in its functions by name, in order;
 * `start`, unless it is NULL, is called once after that. E_UNAVAILABLE says what is missing, and of
 * which package it is. */
NODISCARD
status library_load(struct library *l, void (*start)(void));
