// The names of SQLite's result codes, as language packages show them.
#pragma once

#include "base/status.h"

namespace sqlrite {

// The name of a primary or extended code ("SQLITE_BUSY_SNAPSHOT"); null for numbers that SQLite does not use.
const char* code_name(Code code);

}  // namespace sqlrite
