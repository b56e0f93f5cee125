// The part of the sqlite3 C interface that comparing tests and benchmarks call, loaded from any shared library that exports
// it, so that our library and stock SQLite run side by side in one process.
#pragma once

#include <dlfcn.h>

#include <cstdint>
#include <cstdio>
#include <string>

namespace sqlrite::harness {

struct SqliteApi {
  std::string path;
  int (*open_v2)(const char*, void**, int, const char*) = nullptr;
  int (*close)(void*) = nullptr;
  int (*exec)(void*, const char*, int (*)(void*, int, char**, char**), void*, char**) = nullptr;
  int (*prepare_v2)(void*, const char*, int, void**, const char**) = nullptr;
  int (*step)(void*) = nullptr;
  int (*reset)(void*) = nullptr;
  int (*finalize)(void*) = nullptr;
  int (*bind_int64)(void*, int, int64_t) = nullptr;
  int (*bind_double)(void*, int, double) = nullptr;
  int (*bind_text)(void*, int, const char*, int, void (*)(void*)) = nullptr;
  int (*bind_blob)(void*, int, const void*, int, void (*)(void*)) = nullptr;
  int (*bind_null)(void*, int) = nullptr;
  int (*column_count)(void*) = nullptr;
  int (*column_type)(void*, int) = nullptr;
  int64_t (*column_int64)(void*, int) = nullptr;
  double (*column_double)(void*, int) = nullptr;
  const unsigned char* (*column_text)(void*, int) = nullptr;
  const void* (*column_blob)(void*, int) = nullptr;
  int (*column_bytes)(void*, int) = nullptr;
  const char* (*errmsg)(void*) = nullptr;
  int (*changes)(void*) = nullptr;
  int (*busy_timeout)(void*, int) = nullptr;
  const char* (*libversion)() = nullptr;

  // False, with a message on stderr, when the library or one of the functions is missing.
  bool load(const std::string& library) {
    path = library;
    void* handle = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
    if (handle == nullptr) {
      std::fprintf(stderr, "%s\n", dlerror());
      return false;
    }
    bool complete = true;
    auto get = [&](auto& function, const char* name) {
      void* symbol = dlsym(handle, (std::string("sqlite3_") + name).c_str());
      if (symbol == nullptr) {
        std::fprintf(stderr, "%s: sqlite3_%s is missing\n", library.c_str(), name);
        complete = false;
      }
      function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(symbol);
    };
    get(open_v2, "open_v2");
    get(close, "close");
    get(exec, "exec");
    get(prepare_v2, "prepare_v2");
    get(step, "step");
    get(reset, "reset");
    get(finalize, "finalize");
    get(bind_int64, "bind_int64");
    get(bind_double, "bind_double");
    get(bind_text, "bind_text");
    get(bind_blob, "bind_blob");
    get(bind_null, "bind_null");
    get(column_count, "column_count");
    get(column_type, "column_type");
    get(column_int64, "column_int64");
    get(column_double, "column_double");
    get(column_text, "column_text");
    get(column_blob, "column_blob");
    get(column_bytes, "column_bytes");
    get(errmsg, "errmsg");
    get(changes, "changes");
    get(busy_timeout, "busy_timeout");
    get(libversion, "libversion");
    return complete;
  }
};

inline constexpr int kRow = 100;
inline constexpr int kDone = 101;
inline constexpr int kOpenReadWriteCreate = 2 | 4;

}  // namespace sqlrite::harness
