// Values of SQL and of JavaScript, in both directions.
#pragma once

#include <napi.h>

#include <string>
#include <string_view>
#include <vector>

#include "sqlrite/sqlrite.h"

namespace sqlrite::node {

// UTF-8 of a JavaScript string, in `buffer` or, when it does not fit there, in `overflow`. A surrogate without its
// partner becomes U+FFFD.
Status utf8_of(napi_env env, napi_value text, std::vector<char>& buffer, std::string& overflow, std::string_view* out);
std::string to_utf8(napi_env env, napi_value text);

// Bytes that are not UTF-8 become U+FFFD. Fails (an exception is pending) when the text is longer than strings can be.
napi_status make_text(napi_env env, std::string_view bytes, napi_value* out);
napi_status make_blob(napi_env env, std::string_view bytes, napi_value* out);
// Any value; its bytes must be there. Integers become BigInts or doubles.
napi_status make_value(napi_env env, const Value& value, bool safe_integers, napi_value* out);

}  // namespace sqlrite::node
