// Many rows per call: the engine's batches, column by column, become an array of rows and one heap of bytes.
#include <cstring>

#include "handles.h"

using namespace sqlrite::capi;

namespace {

// A fetch ends behind the row that fills the heap up to here: large enough that a call costs little per row, small
// enough to stay in the cache of a core.
constexpr size_t kFetchBytesMax = size_t{64} << 10;
// What one huge value needed is given back with the next fetch.
constexpr size_t kKeptHeapMax = size_t{1} << 20;
constexpr size_t kHeapMin = 512;

// Room for `size` more bytes. Values of earlier rows follow the heap when it moves.
bool reserve_heap(SqlriteStatement& statement, size_t size, size_t value_count) {
  Buffer& heap = statement.heap;
  if (heap.size + size <= heap.capacity) return true;
  const char* old_data = heap.data;
  if (!heap.reserve(heap.size + size)) return false;
  if (heap.data == old_data) return true;
  SqlriteValue* values = reinterpret_cast<SqlriteValue*>(statement.values.data);
  for (size_t i = 0; i < value_count; ++i) {
    if (values[i].type == SQLRITE_TEXT || values[i].type == SQLRITE_BLOB)
      values[i].as.bytes = heap.data + (values[i].as.bytes - old_data);
  }
  return true;
}

// Writes one row of the batch behind the `value_count` values that are there.
sqlrite::Status copy_row(SqlriteStatement& statement, uint32_t row, size_t value_count) {
  const sqlrite::Batch& batch = *statement.batch;
  SqlriteValue* out = reinterpret_cast<SqlriteValue*>(statement.values.data) + value_count;
  for (uint32_t c = 0; c < batch.column_count; ++c, ++out, ++value_count) {
    sqlrite::Value value = batch.columns[c].at(row);
    constexpr uint8_t kIncomplete = sqlrite::value_flags::kOverflow | sqlrite::value_flags::kZeroBlob;
    if (value.is_bytes() && (value.flags & kIncomplete) != 0) {
      SQLRITE_TRY_ASSIGN(value, statement.statement.complete(value));
    }
    *out = SqlriteValue{};
    out->type = static_cast<uint8_t>(value.type);
    if (value.type == sqlrite::ValueType::Integer) out->as.integer = value.integer;
    if (value.type == sqlrite::ValueType::Real) out->as.real = value.real;
    if (!value.is_bytes()) continue;
    Buffer& heap = statement.heap;
    if (!reserve_heap(statement, value.length, value_count)) return sqlrite::Code::NoMem;
    if (value.length > 0) std::memcpy(heap.data + heap.size, value.bytes, value.length);
    out->as.bytes = heap.data + heap.size;
    out->size = value.length;
    heap.size += value.length;
  }
  return {};
}

// Fills the statement's buffers; *done when the run has ended. An error is the end of the run.
sqlrite::Status fetch_rows(SqlriteStatement& statement, uint32_t row_count_max, uint32_t* row_count, bool* done) {
  if (!statement.pending.ok()) return std::exchange(statement.pending, sqlrite::Status());
  while (*row_count < row_count_max && statement.heap.size < kFetchBytesMax) {
    if (statement.batch == nullptr || statement.batch_position == statement.batch->selected_count) {
      statement.batch = nullptr;
      statement.batch_position = 0;
      SQLRITE_TRY_ASSIGN(const sqlrite::Batch* next, statement.statement.next_batch(row_count_max - *row_count));
      if (next->selected_count == 0) {
        *done = true;
        return {};
      }
      statement.batch = next;
    }
    uint32_t column_count = statement.batch->column_count;
    size_t value_count = size_t{*row_count} * column_count;
    uint32_t room = row_count_max - *row_count;
    uint32_t left = statement.batch->selected_count - statement.batch_position;
    if (!statement.values.reserve((value_count + size_t{left < room ? left : room} * column_count) *
                                  sizeof(SqlriteValue))) {
      return sqlrite::Code::NoMem;
    }
    while (statement.batch_position < statement.batch->selected_count && *row_count < row_count_max &&
           statement.heap.size < kFetchBytesMax) {
      SQLRITE_TRY(copy_row(statement, statement.batch->live_row(statement.batch_position), value_count));
      ++statement.batch_position;
      ++*row_count;
      value_count += column_count;
    }
  }
  return {};
}

}  // namespace

extern "C" {

SqlriteStatus sqlrite_fetch(SqlriteStatement* statement, int row_count_max, SqlriteRows* out) {
  if (out == nullptr) return refuse(nullptr, "output pointer is null");
  *out = {};
  if (SqlriteStatus status = check(statement); status != SQLRITE_OK) return status;
  Session* session = statement->session.get();
  Guard guard(session->mutex);
  if (row_count_max < 1)
    return refuse(session, "row_count_max is " + std::to_string(row_count_max) + ": at least 1 row is fetched");
  if (statement->has_row)
    return refuse(session, "rows of this run are read with sqlrite_step(): reset the statement to fetch them");
  return guarded(session, [&] {
    if (statement->heap.capacity > kKeptHeapMax) statement->heap.release();
    statement->heap.size = 0;
    // Some heap is always there, so that empty texts have an address.
    if (!statement->heap.reserve(kHeapMin)) return fail(session, sqlrite::Status(sqlrite::Code::NoMem));
    statement->fetching = true;
    uint32_t row_count = 0;
    bool done = false;
    sqlrite::Status status = fetch_rows(*statement, static_cast<uint32_t>(row_count_max), &row_count, &done);
    if (!status.ok()) {
      // Nothing is left of the run but its error, which waits behind rows that came before it.
      statement->batch = nullptr;
      statement->statement.reset().ignore();
      if (row_count == 0) {
        statement->fetching = false;
        return fail(session, status);
      }
      statement->pending = std::move(status);
    }
    if (done) statement->fetching = false;
    out->values = reinterpret_cast<const SqlriteValue*>(statement->values.data);
    out->row_count = static_cast<int>(row_count);
    out->column_count = static_cast<int>(statement->statement.column_count());
    out->heap = statement->heap.data;
    out->heap_size = statement->heap.size;
    out->done = done ? 1 : 0;
    out->generation = static_cast<int>(statement->statement.recompile_count());
    return succeed(session, row_count > 0 ? SQLRITE_ROW : SQLRITE_DONE);
  });
}

}  // extern "C"
