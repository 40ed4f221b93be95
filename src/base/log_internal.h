/* Inside base/: between the making of lines (log.c) and their writing (log_writer.c). */
#pragma once
#include "base/log.h"

/* log_writer_wants counts a line of `event`; false when there were too many in this second. */
bool log_writer_wants(const char *event);
/* log_writer_take takes a line; false when the writer does not run, and the caller writes it. */
bool log_writer_take(const char *line, size_t len);
