// Checks for our own bugs. SQLRITE_ENSURE returns INTERNAL from the enclosing function; SQLRITE_CHECK aborts, and
// stands only where going on would write wrong bytes. Debug builds abort at both.
#pragma once

#include "base/status.h"

namespace sqlrite {

[[noreturn]] void check_failed(const char* condition, const char* file, int line);
// Aborts in debug builds; otherwise logs and returns the INTERNAL status.
Status ensure_failed(const char* condition, const char* file, int line);

}  // namespace sqlrite

#define SQLRITE_CHECK(condition) \
  (static_cast<bool>(condition) ? static_cast<void>(0) : ::sqlrite::check_failed(#condition, __FILE__, __LINE__))
#define SQLRITE_ENSURE(condition)                                                      \
  do {                                                                                 \
    if (!(condition)) return ::sqlrite::ensure_failed(#condition, __FILE__, __LINE__); \
  } while (false)
#ifdef NDEBUG
#define SQLRITE_ASSERT(condition) static_cast<void>(0)
#else
#define SQLRITE_ASSERT(condition) SQLRITE_CHECK(condition)
#endif
