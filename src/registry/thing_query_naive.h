/* For tests and the fuzzer: the same language read a second time, by two stacks and without a tree.
 * Slow, and only for queries that thing_query_parse accepts. One thread. */
#pragma once
#include "registry/thing_query.h"

bool thing_query_naive(bytes query, const struct query_document *document);
