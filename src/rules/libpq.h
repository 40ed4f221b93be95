/* libpq's functions, without their `PQ`; loaded when first needed. */
#pragma once
#include <libpq-fe.h>

#include "base/status.h"

#define LIBPQ_FUNCTIONS(X) \
    X(clear)               \
    X(connectdbParams)     \
    X(consumeInput)        \
    X(errorMessage)        \
    X(exec)                \
    X(execParams)          \
    X(finish)              \
    X(flush)               \
    X(fname)               \
    X(freemem)             \
    X(ftype)               \
    X(getResult)           \
    X(getisnull)           \
    X(getvalue)            \
    X(isBusy)              \
    X(nfields)             \
    X(ntuples)             \
    X(resultErrorField)    \
    X(resultStatus)        \
    X(sendQueryParams)     \
    X(setnonblocking)      \
    X(socket)              \
    X(status)              \
    X(unescapeBytea)

struct libpq {
#define LIBPQ_MEMBER(name) __typeof__(PQ##name) *name;
    LIBPQ_FUNCTIONS(LIBPQ_MEMBER)
#undef LIBPQ_MEMBER
};
extern struct libpq libpq;

/* libpq_load is to be called before the functions are; E_UNAVAILABLE. */
NODISCARD
status libpq_load(void);
