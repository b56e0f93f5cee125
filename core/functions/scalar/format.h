// The printf() of SQL and of the C interfaces: one formatter over an argument source, so that SQL values and C varargs
// feed the same code.
#pragma once

#include <cstdarg>
#include <cstdint>
#include <string_view>

#include "types/value.h"
#include "types/value_text.h"

namespace sqlrite::functions {

// Where conversions take their arguments from, in order.
class FormatArguments {
 public:
  enum class Width : uint8_t { Int, Long, LongLong };
  // Owned: %z, the source frees the text when it is done
  enum class TextKind : uint8_t { Borrowed, Owned };
  virtual ~FormatArguments() = default;
  virtual int64_t next_signed(Width width) = 0;
  virtual uint64_t next_unsigned(Width width) = 0;
  virtual double next_real() = 0;
  // False for NULL. At most `limit` bytes (or characters) of the argument may be looked at; -1: up to its NUL.
  virtual bool next_text(TextKind kind, int64_t limit, bool limit_in_characters, std::string_view* out) = 0;
  // %c: writes the UTF-8 bytes of one character and returns how many (1 to 4).
  virtual int next_character(char* out) = 0;
  // %n: `size_bytes` have been written so far.
  virtual void store_size(int size_bytes) = 0;
};

// Appends `format` with its conversions replaced. Errors (too big, no memory) are kept in `out`.
// An unknown conversion ends the output.
void format_text(TextBuilder& out, std::string_view format, FormatArguments& arguments);

// SQL arguments; missing ones are 0, 0.0 and NULL.
class ValueFormatArguments final : public FormatArguments {
 public:
  // `encoding`: of the blobs among them, which are read as texts.
  ValueFormatArguments(const Value* values, int count, Arena& heap, TextEncoding encoding = TextEncoding::Utf8)
      : values_(values), count_(count), heap_(&heap), encoding_(encoding) {}
  int64_t next_signed(Width width) override;
  uint64_t next_unsigned(Width width) override;
  double next_real() override;
  bool next_text(TextKind kind, int64_t limit, bool limit_in_characters, std::string_view* out) override;
  int next_character(char* out) override;
  void store_size(int) override {}

 private:
  const Value* next() { return used_ < count_ ? &values_[used_++] : nullptr; }
  const Value* values_;
  int count_;
  int used_ = 0;
  Arena* heap_;
  TextEncoding encoding_;
};

// C varargs, for the sqlite3_mprintf() family. Texts of %z are handed to `free_text` at the end of the object's life.
class VaListFormatArguments final : public FormatArguments {
 public:
  VaListFormatArguments(va_list arguments, void (*free_text)(void*)) : free_text_(free_text) {
    va_copy(arguments_, arguments);
  }
  VaListFormatArguments(const VaListFormatArguments&) = delete;
  VaListFormatArguments& operator=(const VaListFormatArguments&) = delete;
  ~VaListFormatArguments() override;
  int64_t next_signed(Width width) override;
  uint64_t next_unsigned(Width width) override;
  double next_real() override;
  bool next_text(TextKind kind, int64_t limit, bool limit_in_characters, std::string_view* out) override;
  int next_character(char* out) override;
  void store_size(int size_bytes) override;

 private:
  va_list arguments_;
  void (*free_text_)(void*);
  void* owned_ = nullptr;  // the last %z; released when the next one comes or at the end
};

}  // namespace sqlrite::functions
