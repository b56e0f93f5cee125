// group_concat() and string_agg(). As a window function the text loses its first entry again and again, so the
// lengths of the separators between the entries are remembered once they differ.
#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "functions/aggregate/aggregate_tables.h"

namespace sqlrite::functions {

namespace {

struct ConcatState {
  char* bytes;
  size_t start;  // entries removed from the front lie before it
  size_t end;
  size_t capacity;
  int64_t entry_count;
  uint32_t* separator_sizes;  // separator_sizes[separator_first + i]: between entries i and i + 1
  size_t separator_first;
  size_t separator_count;
  size_t separator_capacity;
  uint32_t separator_size;  // of all separators while `separator_sizes` is null
  bool started;
};

Status append(CallContext& ctx, ConcatState* state, std::string_view text) {
  size_t size = state->end - state->start;
  if (size + text.size() > static_cast<uint64_t>(length_limit(ctx))) return too_big();
  if (state->end + text.size() > state->capacity) {
    if (state->start > 0) {
      std::memmove(state->bytes, state->bytes + state->start, size);
      state->start = 0;
      state->end = size;
    }
    if (size + text.size() > state->capacity - state->capacity / 4) {
      size_t capacity = std::max<size_t>((size + text.size()) * 2, 64);
      char* grown = static_cast<char*>(std::realloc(state->bytes, capacity));
      if (grown == nullptr) return Code::NoMem;
      state->bytes = grown;
      state->capacity = capacity;
    }
  }
  if (!text.empty()) std::memcpy(state->bytes + state->end, text.data(), text.size());
  state->end += text.size();
  return Status();
}

// Records the size of the separator that now stands before a new entry.
Status push_separator(ConcatState* state, uint32_t size) {
  if (state->separator_sizes == nullptr) {
    if (size == state->separator_size) return Status();
    size_t capacity = static_cast<size_t>(state->entry_count) + 16;
    state->separator_sizes = static_cast<uint32_t*>(std::malloc(capacity * sizeof(uint32_t)));
    if (state->separator_sizes == nullptr) return Code::NoMem;
    state->separator_capacity = capacity;
    state->separator_first = 0;
    state->separator_count = static_cast<size_t>(state->entry_count - 1);
    for (size_t i = 0; i < state->separator_count; ++i) state->separator_sizes[i] = state->separator_size;
  }
  if (state->separator_first + state->separator_count == state->separator_capacity) {
    if (state->separator_first > state->separator_capacity / 2) {
      std::memmove(state->separator_sizes, state->separator_sizes + state->separator_first,
                   state->separator_count * sizeof(uint32_t));
      state->separator_first = 0;
    } else {
      size_t capacity = state->separator_capacity * 2;
      auto* grown = static_cast<uint32_t*>(std::realloc(state->separator_sizes, capacity * sizeof(uint32_t)));
      if (grown == nullptr) return Code::NoMem;
      state->separator_sizes = grown;
      state->separator_capacity = capacity;
    }
  }
  state->separator_sizes[state->separator_first + state->separator_count++] = size;
  return Status();
}

Status concat_step(CallContext& ctx, void* memory, const Value* arguments, int argument_count) {
  auto* state = static_cast<ConcatState*>(memory);
  if (arguments[0].is_null()) return Status();
  NumberText buffers[2];
  std::string_view text;
  std::string_view separator = ",";
  SQLRITE_TRY(argument_text(ctx, arguments[0], buffers[0], &text));
  if (argument_count == 2) {
    separator = {};
    if (!arguments[1].is_null()) SQLRITE_TRY(argument_text(ctx, arguments[1], buffers[1], &separator));
  }
  if (!state->started) {
    state->started = true;
    state->separator_size = static_cast<uint32_t>(separator.size());
  } else {
    SQLRITE_TRY(append(ctx, state, separator));
    SQLRITE_TRY(push_separator(state, static_cast<uint32_t>(separator.size())));
  }
  ++state->entry_count;
  return append(ctx, state, text);
}

Status concat_inverse(CallContext& ctx, void* memory, const Value* arguments, int) {
  auto* state = static_cast<ConcatState*>(memory);
  if (arguments[0].is_null()) return Status();
  NumberText buffer;
  std::string_view text;
  SQLRITE_TRY(argument_text(ctx, arguments[0], buffer, &text));
  size_t removed = text.size();
  --state->entry_count;
  if (state->separator_sizes == nullptr) {
    removed += state->separator_size;
  } else if (state->separator_count > 0) {
    removed += state->separator_sizes[state->separator_first++];
    --state->separator_count;
  }
  state->start = std::min(state->start + removed, state->end);
  if (state->start == state->end) {
    // Nothing left: the next entry comes without a separator again.
    std::free(state->separator_sizes);
    state->separator_sizes = nullptr;
    state->start = state->end = 0;
    state->started = false;
  }
  return Status();
}

Status copy_text(CallContext& ctx, const ConcatState* state, Value* result) {
  char* bytes;
  size_t size = state->end - state->start;
  SQLRITE_TRY(allocate_text(ctx, size, &bytes, result));
  if (size > 0) std::memcpy(bytes, state->bytes + state->start, size);
  return Status();
}

Status concat_value(CallContext& ctx, void* memory, Value* result) {
  auto* state = static_cast<ConcatState*>(memory);
  *result = Value::null();
  return state->entry_count > 0 ? copy_text(ctx, state, result) : Status();
}

void concat_destroy(void* memory) {
  auto* state = static_cast<ConcatState*>(memory);
  std::free(state->bytes);
  std::free(state->separator_sizes);
}

}  // namespace

void add_text_aggregates(std::vector<FunctionDef>& table) {
  AggregateFns concat{sizeof(ConcatState), concat_step, concat_inverse, concat_value, concat_value, concat_destroy};
  table.push_back(aggregate_def("group_concat", 1, concat, kPure, BuiltinKind::GroupConcat));
  table.push_back(aggregate_def("group_concat", 2, concat, kPure, BuiltinKind::GroupConcat));
  table.push_back(aggregate_def("string_agg", 2, concat, kPure, BuiltinKind::GroupConcat));
}

std::vector<FunctionDef> aggregate_functions() {
  std::vector<FunctionDef> table;
  add_numeric_aggregates(table);
  add_extreme_aggregates(table);
  add_text_aggregates(table);
  return table;
}

}  // namespace sqlrite::functions
