// A database that is built beside its original, to take its place (VACUUM, backup).
#pragma once

#include <memory>

#include "engine/connection.h"

namespace sqlrite::engine {

// Empty, writing, with the reserved bytes of the original; in a temporary file unless its original is in memory, too.
Result<std::unique_ptr<storage::Pager>> open_temporary_copy(Connection& connection, const storage::Pager& original,
                                                            uint32_t page_size_bytes);
// The same in a file that stays. An error when it is a database already.
Result<std::unique_ptr<storage::Pager>> open_copy(Connection& connection, const storage::Pager& original,
                                                  uint32_t page_size_bytes, const std::string& path);

}  // namespace sqlrite::engine
