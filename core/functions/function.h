// What a SQL function is to the engine: descriptors, the calling convention, and the registry that finds them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "base/status.h"
#include "types/value.h"

namespace sqlrite::functions {

// Date and time of day in the time zone of this machine.
struct LocalTime {
  int year = 0;
  int month = 0;
  int day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
};

// What functions may know of the connection that runs them. Implemented by engine.
class FunctionContext {
 public:
  virtual ~FunctionContext() = default;
  // Julian day in milliseconds; the same for all calls within one step of a statement.
  virtual int64_t statement_time_julian_ms() = 0;
  virtual void random_bytes(void* out, size_t size_bytes) = 0;
  // False when the time zone cannot be had.
  virtual bool local_time(int64_t unix_seconds, LocalTime* out) = 0;
  virtual int64_t last_insert_rowid() const = 0;
  virtual int64_t changes() const = 0;
  virtual int64_t total_changes() const = 0;
  virtual int64_t length_limit_bytes() const = 0;        // SQLITE_LIMIT_LENGTH
  virtual int64_t like_pattern_limit_bytes() const = 0;  // SQLITE_LIMIT_LIKE_PATTERN_LENGTH
  virtual bool case_sensitive_like() const = 0;
  // How texts stand in the main database: what hex(), octet_length() and casts to and from blobs see.
  virtual TextEncoding text_encoding() const = 0;
};

struct FunctionDef;

// One call site of a function while its statement runs.
struct CallContext {
  FunctionContext* connection = nullptr;
  Arena* heap = nullptr;                 // results live here; reset by the caller between batches
  const Collation* collation = nullptr;  // for functions flagged kNeedsCollation
  const FunctionDef* function = nullptr;
  // Aux data cached for constant arguments (compiled patterns); owned by the call site, may be null pointers.
  void** aux_data = nullptr;              // [argument_count], null when the site keeps none
  void (**aux_destroy)(void*) = nullptr;  // parallel to aux_data
  int aux_count = 0;
  void* opaque = nullptr;  // the C ABI's per-call object
  // Where the call is stored ("an index"), if its result must never change: it may not ask for the time or the time zone.
  const char* stored_in = nullptr;
};

// Of the database behind a call; UTF-8 where there is none.
inline TextEncoding encoding_of(const CallContext& ctx) {
  return ctx.connection != nullptr ? ctx.connection->text_encoding() : TextEncoding::Utf8;
}

// `arguments` hold no kOverflow values. The result's bytes must be Static, in ctx.heap, or an argument's own bytes.
using ScalarFn = Status (*)(CallContext& ctx, const Value* arguments, int argument_count, Value* result);

// Aggregates keep `state_size_bytes` of zeroed memory per group; owned memory inside it is freed by destroy().
struct AggregateFns {
  uint32_t state_size_bytes = 0;
  Status (*step)(CallContext& ctx, void* state, const Value* arguments, int argument_count) = nullptr;
  Status (*inverse)(CallContext& ctx, void* state, const Value* arguments,
                    int argument_count) = nullptr;                             // window only
  Status (*value)(CallContext& ctx, void* state, Value* result) = nullptr;     // current value, state goes on
  Status (*finalize)(CallContext& ctx, void* state, Value* result) = nullptr;  // called also for groups without a step
  void (*destroy)(void* state) = nullptr;                                      // may be null
};

// Kinds the executor has its own loops for; everything else goes through the function pointers.
enum class BuiltinKind : uint8_t {
  None,
  Count,
  CountStar,
  Sum,
  Total,
  Avg,
  Min,
  Max,
  GroupConcat,  // aggregates (Min/Max with one argument)
  Like,
  Glob,
  Coalesce,
  IfNull,
  NullIf,
  Iif,
  Length,
  Abs,
  TypeOf,
  Likely,  // scalars
  RowNumber,
  Rank,
  DenseRank,
  PercentRank,
  CumeDist,
  Ntile,
  Lag,
  Lead,
  FirstValue,
  LastValue,
  NthValue,  // windows
};

namespace function_flags {
inline constexpr uint32_t kDeterministic = 1;
inline constexpr uint32_t kInnocuous = 2;
inline constexpr uint32_t kDirectOnly = 4;
inline constexpr uint32_t kNeedsCollation = 8;  // ctx.collation is the first argument collation found
inline constexpr uint32_t kUser = 16;           // user code: row by row, never ahead
inline constexpr uint32_t kSubtypeResult = 32;
// Constant within one statement (date('now'), current_timestamp). Such a call must not be folded before the statement
// runs, even where it is deterministic (date('2024-01-01') is; only 'now', localtime and utc make it depend on time).
inline constexpr uint32_t kSlowChange = 64;
inline constexpr uint32_t kLazyArguments = 128;  // coalesce, iif...: expr evaluates arms itself
}  // namespace function_flags

enum class FunctionType : uint8_t { Scalar, Aggregate, Window };

struct FunctionDef {
  std::string_view name;        // lower case for built-ins
  int16_t argument_count = -1;  // -1: any number
  FunctionType type = FunctionType::Scalar;
  BuiltinKind kind = BuiltinKind::None;
  uint32_t flags = 0;
  int16_t argument_count_min = 0;  // with -1: the least number accepted
  int16_t argument_count_max = 1000;
  ScalarFn scalar = nullptr;
  AggregateFns aggregate = {};  // Aggregate; with inverse/value also usable as a window function
  void* user_data = nullptr;    // kUser: the owner's object
};

// Built-in functions plus what one connection registered. Lookups are case-insensitive.
class Registry {
 public:
  Registry();
  ~Registry();
  // The best match for a call; an exact argument count beats -1. Null when none. `name_known` (may be null) tells
  // whether the name exists with another number of arguments (for "wrong number of arguments to function f()").
  const FunctionDef* find(std::string_view name, int argument_count, bool* name_known) const;
  // Adds or replaces a user function; a FunctionDef whose scalar and aggregate.step are null removes it.
  // `destroy` is called for def.user_data when it is replaced, removed, or the registry ends. Old definitions stay
  // allocated until the registry ends, since plans may still point to them.
  Status add(const FunctionDef& def, void (*destroy)(void*));
  void for_each(void (*visit)(void* context, const FunctionDef& def, bool builtin), void* context) const;
  // Changes whenever add() ran: plans made before must be made again.
  uint64_t version() const { return version_; }

 private:
  struct UserFunctions;
  std::unique_ptr<UserFunctions> user_;
  uint64_t version_ = 0;
};

// Built-in tables, one per folder; the list of tables stands in registry.cc.
std::vector<FunctionDef> scalar_functions();
std::vector<FunctionDef> aggregate_functions();
std::vector<FunctionDef> window_functions();
std::vector<FunctionDef> datetime_functions();
std::vector<FunctionDef> json_functions();

}  // namespace sqlrite::functions
