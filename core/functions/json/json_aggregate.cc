// json_group_array() and json_group_object(). The state is the entries' texts, each followed by a comma, and their
// lengths, so that windows can drop entries at the front. Rows without a name are entries of length zero.
#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "functions/json/json_argument.h"
#include "types/utf.h"

namespace sqlrite::functions {

namespace {

struct GroupState {
  char* bytes;
  size_t start, end, capacity;
  uint32_t* sizes;
  size_t size_first, size_end, size_capacity;
};

Status push_entry(CallContext& ctx, GroupState* state, std::string_view entry) {
  size_t used = state->end - state->start;
  if (used + entry.size() + 2 > static_cast<uint64_t>(length_limit(ctx))) return too_big();
  if (state->end + entry.size() + 1 > state->capacity) {
    if (used > 0) std::memmove(state->bytes, state->bytes + state->start, used);
    state->start = 0;
    state->end = used;
    if (used + entry.size() + 1 > state->capacity / 2) {
      size_t capacity = std::max<size_t>((used + entry.size() + 1) * 2, 64);
      char* grown = static_cast<char*>(std::realloc(state->bytes, capacity));
      if (grown == nullptr) return Code::NoMem;
      state->bytes = grown;
      state->capacity = capacity;
    }
  }
  if (state->size_end == state->size_capacity) {
    size_t count = state->size_end - state->size_first;
    if (count > 0) std::memmove(state->sizes, state->sizes + state->size_first, count * sizeof(uint32_t));
    state->size_first = 0;
    state->size_end = count;
    if (count * 2 >= state->size_capacity) {
      size_t capacity = std::max<size_t>(count * 2, 16);
      auto* grown = static_cast<uint32_t*>(std::realloc(state->sizes, capacity * sizeof(uint32_t)));
      if (grown == nullptr) return Code::NoMem;
      state->sizes = grown;
      state->size_capacity = capacity;
    }
  }
  uint32_t size = 0;
  if (!entry.empty()) {
    std::memcpy(state->bytes + state->end, entry.data(), entry.size());
    state->bytes[state->end + entry.size()] = ',';
    size = static_cast<uint32_t>(entry.size() + 1);
  }
  state->end += size;
  state->sizes[state->size_end++] = size;
  return Status();
}

Status array_step(CallContext& ctx, void* memory, const Value* arguments, int) {
  TextBuilder entry(*ctx.heap);
  SQLRITE_TRY(append_value_as_json_text(ctx, arguments[0], entry));
  return push_entry(ctx, static_cast<GroupState*>(memory), entry.view());
}

Status object_step(CallContext& ctx, void* memory, const Value* arguments, int) {
  TextBuilder entry(*ctx.heap);
  if (!arguments[0].is_null()) {
    NumberText buffer;
    std::string_view label;
    SQLRITE_TRY(argument_text(ctx, arguments[0], buffer, &label));
    append_json_string(entry, until_nul(label));
    entry.append(':');
    SQLRITE_TRY(append_value_as_json_text(ctx, arguments[1], entry));
  }
  return push_entry(ctx, static_cast<GroupState*>(memory), entry.view());
}

Status group_inverse(CallContext&, void* memory, const Value*, int) {
  auto* state = static_cast<GroupState*>(memory);
  if (state->size_first < state->size_end) state->start += state->sizes[state->size_first++];
  return Status();
}

template <bool object, bool as_jsonb>
Status group_value(CallContext& ctx, void* memory, Value* result) {
  auto* state = static_cast<GroupState*>(memory);
  size_t used = state->end - state->start;
  TextBuilder out(*ctx.heap, length_limit(ctx));
  out.append(object ? '{' : '[');
  if (used > 0) out.append({state->bytes + state->start, used - 1});
  out.append(object ? '}' : ']');
  return json_text_result(ctx, out, as_jsonb, result);
}

void group_destroy(void* memory) {
  auto* state = static_cast<GroupState*>(memory);
  std::free(state->bytes);
  std::free(state->sizes);
}

template <bool object, bool as_jsonb>
AggregateFns group_fns() {
  return {sizeof(GroupState),
          object ? object_step : array_step,
          group_inverse,
          group_value<object, as_jsonb>,
          group_value<object, as_jsonb>,
          group_destroy};
}

}  // namespace

void add_json_aggregates(std::vector<FunctionDef>& table) {
  constexpr uint32_t kFlags = kPure | function_flags::kSubtypeResult;
  table.push_back(aggregate_def("json_group_array", 1, group_fns<false, false>(), kFlags));
  table.push_back(aggregate_def("jsonb_group_array", 1, group_fns<false, true>()));
  table.push_back(aggregate_def("json_group_object", 2, group_fns<true, false>(), kFlags));
  table.push_back(aggregate_def("jsonb_group_object", 2, group_fns<true, true>()));
}

}  // namespace sqlrite::functions
