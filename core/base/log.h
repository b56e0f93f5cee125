// The log hook: the engine's only way to say something that is not a result. Default: silence.
#pragma once

#include <string_view>

#include "base/status.h"

namespace sqlrite {

using LogSink = void (*)(void* context, Code code, std::string_view message);

// Process-wide; call before the first database is opened.
void set_log_sink(LogSink sink, void* context);
void log_message(Code code, std::string_view message);

}  // namespace sqlrite
