// Databases as one run of bytes (sqlite3_serialize, sqlite3_deserialize).
#pragma once

#include <string_view>

#include "engine/connection.h"

namespace sqlrite::engine {

// Writes the bytes that a file of this database would have to the memory that `allocate` gives for their number (null:
// NOMEM). Reads the newest state, uncommitted changes of this connection included.
Status write_image(Connection& connection, uint32_t database, char* (*allocate)(void* context, size_t size_bytes),
                   void* context);

// The database becomes a private one in memory with the content of `image`, a whole database file. What it was before is
// let go. REQUIRES: no transaction is open on it, else BUSY.
Status replace_by_image(Connection& connection, uint32_t database, std::string_view image);

}  // namespace sqlrite::engine
