#include <sqlite3.h>

/* sqlite3_config takes a variable list of arguments, which Swift can't call. */

/* No statistics of memory: they cost a lock at every allocation. Before the first connection only. */
static inline int csqlite_config_no_memory_statistics(void) { return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); }
