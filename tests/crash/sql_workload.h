// A script of SQL steps with a known outcome: what the database holds after each step is remembered as a digest, and a
// database can be asked which of these states it shows.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "api/border.h"
#include "os/memory/memory_vfs.h"

namespace sqlrite::test {

constexpr const char* kSqlPath = "/crash.db";

struct SqlVariant {
  const char* name;
  const char* setup;        // pragmas of every connection, before its first statement
  const char* synchronous;  // FULL, EXTRA or NORMAL
  bool strict;              // every acknowledged step must survive a power cut
};
const std::vector<SqlVariant>& sql_variants();

// Each step is one transaction: it happens wholly or not at all.
const std::vector<std::string>& sql_steps();

Result<std::unique_ptr<engine::Connection>> open_sql(os::Vfs& vfs, const SqlVariant& variant);

struct SqlState {
  bool readable = false;
  uint64_t digest = 0;  // of the schema and of all rows
  std::string problem;  // why it is not readable, or what integrity_check says
};
SqlState read_state(engine::Connection& connection, bool check_integrity);
// Opens the database for it, which recovers it.
SqlState read_state(os::Vfs& vfs);

}  // namespace sqlrite::test
