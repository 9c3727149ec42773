// The files that are compiled into the program.
#pragma once
#include <stddef.h>

/// One embedded file; its name is its path below Resources.
struct raptorflow_resource {
    const char *_Nonnull name;
    const unsigned char *_Nonnull bytes;
    size_t count;
};

/// The number of embedded files.
size_t raptorflow_resource_count(void);

/// The file at an index below the count; past it, the first one.
struct raptorflow_resource raptorflow_resource_at(size_t index);
