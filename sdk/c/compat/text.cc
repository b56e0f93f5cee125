// Formatted texts, growing texts, and comparisons of texts.
#include "base/text.h"

#include <cstdarg>
#include <cstring>
#include <new>

#include "functions/scalar/format.h"
#include "functions/scalar/pattern.h"
#include "handles.h"
#include "sql/lexer/token.h"

using namespace sqlrite;
using namespace sqlrite::compat;

struct sqlite3_str {
  char* text = nullptr;
  size_t size = 0;
  size_t capacity = 0;
  int64_t size_max = 1000000000;
  int error = SQLITE_OK;

  char* grow(size_t count) {
    if (error != SQLITE_OK) return nullptr;
    if (size + count > static_cast<size_t>(size_max)) {
      error = SQLITE_TOOBIG;
    } else if (size + count + 1 > capacity) {
      size_t wanted = (size + count + 1) * 2;
      char* grown = static_cast<char*>(sqlite3_realloc64(text, wanted));
      if (grown == nullptr) {
        error = SQLITE_NOMEM;
      } else {
        text = grown;
        capacity = wanted;
      }
    }
    if (error != SQLITE_OK) {
      sqlite3_free(text);
      text = nullptr;
      size = capacity = 0;
      return nullptr;
    }
    char* at = text + size;
    size += count;
    text[size] = '\0';
    return at;
  }
  void append(std::string_view bytes) {
    char* at = grow(bytes.size());
    if (at != nullptr && !bytes.empty()) std::memcpy(at, bytes.data(), bytes.size());
  }
};

namespace {

// What sqlite3_str_new() answers when memory is gone: every use of it is an error and nothing else.
sqlite3_str* exhausted() {
  static sqlite3_str text;
  text.error = SQLITE_NOMEM;
  return &text;
}

// The formatted text lives in `heap`; null data() on error.
std::string_view format_in(Arena& heap, const char* format, va_list arguments, Code* error,
                           int64_t size_max = 1000000000) {
  TextBuilder builder(heap, size_max);
  functions::VaListFormatArguments source(arguments, &sqlite3_free);
  Status formatted = guarded([&] {
    functions::format_text(builder, format, source);
    return Status();
  });
  if (!formatted.ok()) builder.fail(formatted.code());
  *error = builder.error();
  if (builder.failed()) return {};
  return builder.size() > 0 ? builder.view() : std::string_view("");
}

}  // namespace

extern "C" {

char* sqlite3_vmprintf(const char* format, va_list arguments) {
  if (format == nullptr) return nullptr;
  Arena heap(256);
  Code error = Code::Ok;
  std::string_view text = format_in(heap, format, arguments, &error);
  return error == Code::Ok ? allocated_copy(text) : nullptr;
}

char* sqlite3_mprintf(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  char* text = sqlite3_vmprintf(format, arguments);
  va_end(arguments);
  return text;
}

char* sqlite3_vsnprintf(int size, char* out, const char* format, va_list arguments) {
  if (size <= 0 || out == nullptr || format == nullptr) return out;
  Arena heap(256);
  Code error = Code::Ok;
  std::string_view text = format_in(heap, format, arguments, &error);
  size_t room = static_cast<size_t>(size) - 1;
  size_t length = text.size() < room ? text.size() : room;
  if (length > 0) std::memcpy(out, text.data(), length);
  out[length] = '\0';
  return out;
}

char* sqlite3_snprintf(int size, char* out, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  sqlite3_vsnprintf(size, out, format, arguments);
  va_end(arguments);
  return out;
}

// ---------------------------------------------------------------- growing texts

sqlite3_str* sqlite3_str_new(sqlite3* db) {
  auto* text = new (std::nothrow) sqlite3_str();
  if (text == nullptr) return exhausted();
  if (usable(db)) text->size_max = db->connection->length_limit_bytes();
  return text;
}

char* sqlite3_str_finish(sqlite3_str* text) {
  if (text == nullptr || text == exhausted()) return nullptr;
  char* result = text->error == SQLITE_OK && text->size > 0 ? text->text : nullptr;
  if (result == nullptr) sqlite3_free(text->text);
  delete text;
  return result;
}

void sqlite3_str_free(sqlite3_str* text) {
  if (text != nullptr) sqlite3_free(sqlite3_str_finish(text));
}

void sqlite3_result_str(sqlite3_context* context, sqlite3_str* text, int keep) {
  if (text == nullptr) return sqlite3_result_null(context);
  if (text->error == SQLITE_NOMEM) {
    sqlite3_result_error_nomem(context);
  } else if (text->error != SQLITE_OK) {
    sqlite3_result_error_toobig(context);
  } else {
    sqlite3_result_text64(context, text->text != nullptr ? text->text : "", text->size, SQLITE_TRANSIENT, SQLITE_UTF8);
  }
  if (keep == 0) {
    sqlite3_str_free(text);
  } else {
    sqlite3_str_reset(text);
  }
}

void sqlite3_str_vappendf(sqlite3_str* text, const char* format, va_list arguments) {
  if (text == nullptr || text->error != SQLITE_OK) return;
  Arena heap(256);
  Code error = Code::Ok;
  std::string_view formatted = format_in(heap, format, arguments, &error, text->size_max);
  if (error == Code::Ok) {
    text->append(formatted);
  } else {
    text->error = static_cast<int>(error);
  }
}

void sqlite3_str_appendf(sqlite3_str* text, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  sqlite3_str_vappendf(text, format, arguments);
  va_end(arguments);
}

void sqlite3_str_append(sqlite3_str* text, const char* bytes, int size) {
  if (text != nullptr && size > 0) text->append({bytes, static_cast<size_t>(size)});
}

void sqlite3_str_appendall(sqlite3_str* text, const char* bytes) {
  if (text != nullptr && bytes != nullptr) text->append(bytes);
}

void sqlite3_str_appendchar(sqlite3_str* text, int count, char c) {
  if (text == nullptr || count <= 0) return;
  char* at = text->grow(static_cast<size_t>(count));
  if (at != nullptr) std::memset(at, c, static_cast<size_t>(count));
}

void sqlite3_str_reset(sqlite3_str* text) {
  if (text == nullptr || text == exhausted()) return;
  sqlite3_free(text->text);
  text->text = nullptr;
  text->size = text->capacity = 0;
  text->error = SQLITE_OK;
}

void sqlite3_str_truncate(sqlite3_str* text, int size) {
  if (text == nullptr || size < 0 || static_cast<size_t>(size) >= text->size) return;
  text->size = static_cast<size_t>(size);
  text->text[text->size] = '\0';
}

int sqlite3_str_errcode(sqlite3_str* text) { return text != nullptr ? text->error : SQLITE_NOMEM; }
int sqlite3_str_length(sqlite3_str* text) { return text != nullptr ? static_cast<int>(text->size) : 0; }
char* sqlite3_str_value(sqlite3_str* text) { return text != nullptr && text->size > 0 ? text->text : nullptr; }

// ---------------------------------------------------------------- comparisons

int sqlite3_stricmp(const char* a, const char* b) {
  if (a == nullptr) return b != nullptr ? -1 : 0;
  if (b == nullptr) return 1;
  for (;; ++a, ++b) {
    int difference = static_cast<unsigned char>(ascii_lower(*a)) - static_cast<unsigned char>(ascii_lower(*b));
    if (difference != 0 || *a == '\0') return difference;
  }
}

int sqlite3_strnicmp(const char* a, const char* b, int count) {
  if (a == nullptr) return b != nullptr ? -1 : 0;
  if (b == nullptr) return 1;
  for (; count > 0; --count, ++a, ++b) {
    int difference = static_cast<unsigned char>(ascii_lower(*a)) - static_cast<unsigned char>(ascii_lower(*b));
    if (difference != 0 || *a == '\0') return difference;
  }
  return 0;
}

int sqlite3_strglob(const char* glob, const char* text) {
  if (text == nullptr) return glob != nullptr ? 1 : 0;
  if (glob == nullptr) return 1;
  return functions::Pattern(glob, functions::kGlobOptions).matches(text) ? 0 : 1;
}

int sqlite3_strlike(const char* like, const char* text, unsigned int escape) {
  if (text == nullptr) return like != nullptr ? 1 : 0;
  if (like == nullptr) return 1;
  functions::PatternOptions options = functions::kLikeOptions;
  options.has_escape = escape != 0;
  options.escape = escape;
  return functions::Pattern(like, options).matches(text) ? 0 : 1;
}

// ---------------------------------------------------------------- keywords

int sqlite3_keyword_count(void) { return static_cast<int>(sql::keyword_count()); }

int sqlite3_keyword_name(int number, const char** name, int* size) {
  if (number < 0 || static_cast<size_t>(number) >= sql::keyword_count()) return SQLITE_ERROR;
  std::string_view word = sql::keyword_word(static_cast<size_t>(number));
  *name = word.data();
  *size = static_cast<int>(word.size());
  return SQLITE_OK;
}

int sqlite3_keyword_check(const char* word, int size) {
  return word != nullptr && size > 0 &&
                 sql::keyword_kind({word, static_cast<size_t>(size)}) != sql::TokenKind::Identifier
             ? 1
             : 0;
}

}  // extern "C"
