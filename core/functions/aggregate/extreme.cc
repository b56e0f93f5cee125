// min(x) and max(x): the state keeps its own copy of the best value's bytes.
#include <cstdlib>
#include <cstring>

#include "functions/aggregate/aggregate_tables.h"

namespace sqlrite::functions {

namespace {

struct ExtremeState {
  Value best;  // bytes, if any, are in `buffer`
  char* buffer;
  size_t capacity;
  bool any;
};

// Zeroed memory is how a state starts; a Value of all zero bits is never read while `any` is false.
template <bool want_max>
Status extreme_step(CallContext& ctx, void* memory, const Value* arguments, int) {
  auto* state = static_cast<ExtremeState*>(memory);
  const Value& value = arguments[0];
  if (value.is_null()) return Status();
  if (state->any) {
    int order = compare_values(state->best, value, ctx.collation != nullptr ? *ctx.collation : kBinaryCollation);
    if (want_max ? order >= 0 : order <= 0) return Status();
  }
  Value copy = value;
  if (value.is_bytes() && (value.flags & value_flags::kZeroBlob) == 0) {
    if (size_t{value.length} + 1 > state->capacity) {
      size_t capacity = (size_t{value.length} + 1) * 2;
      char* grown = static_cast<char*>(std::realloc(state->buffer, capacity));
      if (grown == nullptr) return Code::NoMem;
      state->buffer = grown;
      state->capacity = capacity;
    }
    if (value.length > 0) std::memcpy(state->buffer, value.bytes, value.length);
    state->buffer[value.length] = '\0';
    copy.bytes = state->buffer;
    copy.owner = ValueOwner::Heap;
    copy.flags = value_flags::kNulFollows;
  }
  state->best = copy;
  state->any = true;
  return Status();
}

Status extreme_value(CallContext& ctx, void* memory, Value* result) {
  auto* state = static_cast<ExtremeState*>(memory);
  *result = Value::null();
  if (!state->any) return Status();
  *result = state->best;
  if (!result->is_bytes() || (result->flags & value_flags::kZeroBlob) != 0) return Status();
  char* bytes;
  ValueType type = result->type;
  uint8_t subtype = result->subtype;
  std::string_view text = result->view();
  SQLRITE_TRY(allocate_text(ctx, text.size(), &bytes, result));
  if (!text.empty()) std::memcpy(bytes, text.data(), text.size());
  result->type = type;
  result->subtype = subtype;
  return Status();
}

void extreme_destroy(void* memory) { std::free(static_cast<ExtremeState*>(memory)->buffer); }

}  // namespace

void add_extreme_aggregates(std::vector<FunctionDef>& table) {
  constexpr uint32_t kFlags = kPure | function_flags::kNeedsCollation;
  AggregateFns min{sizeof(ExtremeState), extreme_step<false>, nullptr, extreme_value, extreme_value, extreme_destroy};
  AggregateFns max{sizeof(ExtremeState), extreme_step<true>, nullptr, extreme_value, extreme_value, extreme_destroy};
  table.push_back(aggregate_def("min", 1, min, kFlags, BuiltinKind::Min));
  table.push_back(aggregate_def("max", 1, max, kFlags, BuiltinKind::Max));
}

}  // namespace sqlrite::functions
