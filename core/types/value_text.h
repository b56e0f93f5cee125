// Values as text: what CAST AS TEXT, ||, printf's %s and the shell show, and the SQL literal form of quote().
#pragma once

#include <string_view>

#include "base/arena.h"
#include "base/status.h"
#include "types/number_text.h"
#include "types/value.h"

namespace sqlrite {

// Room for the text of one number, so that reading a value as text needs no allocation.
struct NumberText {
  char bytes[kRealTextSizeMax];
};
// The text of a value: bytes of texts and blobs as they are, numbers formatted into `buffer`, NULL as "".
// REQUIRES: not kZeroBlob, not kOverflow.
std::string_view text_of(const Value& value, NumberText& buffer);

// Turns the value into Text (NULL stays NULL); numbers are formatted into the heap.
Status make_text(Value& value, Arena& heap);
// Gives a kZeroBlob its bytes; other values stay.
Status make_bytes(Value& value, Arena& heap);

// A growing text in an arena. Errors are kept and reported by finish(), so callers append without checking.
class TextBuilder {
 public:
  // `size_bytes_max`: beyond it the text is TooBig ("string or blob too big").
  explicit TextBuilder(Arena& heap, int64_t size_bytes_max = 1000000000)
      : heap_(&heap), size_max_(static_cast<size_t>(size_bytes_max)) {}
  void append(std::string_view text) {
    char* at = grow(text.size());
    if (at != nullptr && !text.empty()) std::memcpy(at, text.data(), text.size());
  }
  void append(char c) {
    if (size_ < capacity_) {
      data_[size_++] = c;
      return;
    }
    char* at = grow(1);
    if (at != nullptr) *at = c;
  }
  void append_repeated(size_t count, char c) {
    char* at = grow(count);
    if (at != nullptr && count > 0) std::memset(at, c, count);
  }
  // Adds `count` bytes for the caller to fill; null once an error is set (and for nothing at all: count 0, empty text).
  char* grow(size_t count) {
    if (capacity_ - size_ >= count && error_ == Code::Ok) {
      char* at = data_ + size_;
      size_ += count;
      return at;
    }
    return grow_slow(count);
  }
  // Takes back bytes from the end.
  void shrink(size_t count) { size_ -= count; }
  std::string_view view() const { return {data_, size_}; }
  char* data() { return data_; }
  size_t size() const { return size_; }
  void fail(Code code) {
    if (error_ == Code::Ok) error_ = code;
  }
  bool failed() const { return error_ != Code::Ok; }
  Arena& heap() const { return *heap_; }
  Code error() const { return error_; }
  Status status() const;
  // The text as a Text value in the arena, a NUL behind it.
  Status finish(Value* out);

 private:
  char* grow_slow(size_t count);
  Arena* heap_;
  char* data_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
  size_t size_max_;
  Code error_ = Code::Ok;
};

// The value as an SQL literal: 'text' with doubled quotes, X'hex', NULL, reals in a form that reads back exactly.
// `escape_controls`: texts with control characters become unistr('...') calls, as unistr_quote() and the shell write them.
void append_quoted(TextBuilder& out, const Value& value, bool escape_controls);

}  // namespace sqlrite
