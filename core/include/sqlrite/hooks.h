// What an application may be asked or told while statements run. Hooks are function pointers with the context given
// beside them; a null one takes the hook away. They run on the thread of the statement and must not throw.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sqlrite {

namespace engine {
class Statement;
}

// Actions an authorizer is asked about, numbered as SQLite's. What the two texts say stands behind each.
enum class AuthorizerAction : int {
  CreateIndex = 1,        // index, table
  CreateTable = 2,        // table
  CreateTempIndex = 3,    // index, table
  CreateTempTable = 4,    // table
  CreateTempTrigger = 5,  // trigger, table
  CreateTempView = 6,     // view
  CreateTrigger = 7,      // trigger, table
  CreateView = 8,         // view
  Delete = 9,             // table
  DropIndex = 10,         // index, table
  DropTable = 11,         // table
  DropTempIndex = 12,     // index, table
  DropTempTable = 13,     // table
  DropTempTrigger = 14,   // trigger, table
  DropTempView = 15,      // view
  DropTrigger = 16,       // trigger, table
  DropView = 17,          // view
  Insert = 18,            // table
  Pragma = 19,            // pragma, its argument
  Read = 20,              // table, column
  Select = 21,
  Transaction = 22,         // BEGIN, COMMIT or ROLLBACK
  Update = 23,              // table, column
  Attach = 24,              // file
  Detach = 25,              // database
  AlterTable = 26,          // database, table
  Reindex = 27,             // index
  Analyze = 28,             // table
  CreateVirtualTable = 29,  // table, module
  DropVirtualTable = 30,    // table, module
  Function = 31,            // null, function
  Savepoint = 32,           // operation, savepoint
  Recursive = 33,
};

// Any other answer is the error "authorizer malfunction".
enum class AuthorizerAnswer : int {
  Allow = 0,
  Deny = 1,
  Ignore = 2,  // counts as Deny
};

// `first`, `second`, `database` and `trigger` may be null.
using Authorizer = int (*)(void* context, int action, const char* first, const char* second, const char* database,
                           const char* trigger);
// Called now and then while a statement runs; anything but 0 stops it with INTERRUPT.
using ProgressHandler = int (*)(void* context);
// Attempt 0, 1, 2, ... at a lock that somebody else holds; 0 gives up (BUSY), anything else tries again.
using BusyHandler = int (*)(void* context, int attempt);
// After each changed row of a rowid table. `action` is Insert, Update or Delete of AuthorizerAction.
using UpdateHook = void (*)(void* context, int action, const char* database, const char* table, int64_t rowid);
// Before a commit; anything but 0 turns it into a rollback.
using CommitHook = int (*)(void* context);
using RollbackHook = void (*)(void* context);

namespace trace_events {
inline constexpr uint32_t kStatement = 1;  // a run begins
inline constexpr uint32_t kProfile = 2;    // a run is over: `duration_ns` is set
inline constexpr uint32_t kRow = 4;        // a row is handed out
inline constexpr uint32_t kClose = 8;      // the connection is closed: no statement
}  // namespace trace_events

struct TraceRecord {
  uint32_t event = 0;    // one of trace_events
  std::string_view sql;  // as prepared
  int64_t duration_ns = 0;
  engine::Statement* statement = nullptr;
  std::string expanded_sql() const;  // with the bound values in place of the parameters
};
using TraceHook = void (*)(void* context, const TraceRecord& record);

}  // namespace sqlrite
