#include "base/check.h"

#include <cstdio>
#include <cstdlib>

#include "base/log.h"

namespace sqlrite {

void check_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "sqlrite: check failed: %s (%s:%d)\n", condition, file, line);
  std::abort();
}

Status ensure_failed(const char* condition, const char* file, int line) {
#ifndef NDEBUG
  check_failed(condition, file, line);
#else
  Status status = status_format(Code::Internal, "internal error: %s (%s:%d)", condition, file, line);
  log_message(Code::Internal, status.message());
  return status;
#endif
}

namespace {
LogSink g_sink = nullptr;
void* g_sink_context = nullptr;
}  // namespace

void set_log_sink(LogSink sink, void* context) {
  g_sink = sink;
  g_sink_context = context;
}

void log_message(Code code, std::string_view message) {
  if (g_sink != nullptr) g_sink(g_sink_context, code, message);
}

}  // namespace sqlrite
