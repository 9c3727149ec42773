#include <sqlite3.h>

/* sqlite3_config takes a variable list of arguments, which Swift can't call. Before the first connection only. */

/* No statistics of memory: they cost a lock at every allocation. */
static inline int csqlite_config_no_memory_statistics(void) { return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); }

/* Bytes up to which the journal of a statement or savepoint stays in memory; it is allocated in pieces of that size. */
static inline int csqlite_config_statement_journal(int bytes) {
  return sqlite3_config(SQLITE_CONFIG_STMTJRNL_SPILL, bytes);
}
