/* What the measured server has used, as the kernel accounts for it. */
#pragma once

/* server_cpu_s is CPU time of all its threads, those that have ended too, to the nanosecond. */
double server_cpu_s(void);
/* server_rss_kib is its resident memory, counted page by page. */
long server_rss_kib(void);
