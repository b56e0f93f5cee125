// How JSON functions read their arguments and hand out their results.
#pragma once

#include "functions/function_table.h"
#include "functions/json/json_parse.h"
#include "functions/json/jsonb.h"

namespace sqlrite::functions {

// A JSON argument: JSONB as it is, anything else parsed as text. `*is_null`: the argument is NULL (and `*out` empty).
Status json_argument(CallContext& ctx, const Value& argument, std::string_view* out, bool* is_null);
// An SQL value as an element of JSON: appended as JSONB, or as text. Texts with the JSON subtype are JSON already.
Status append_value_as_jsonb(CallContext& ctx, const Value& value, TextBuilder& out);
Status append_value_as_json_text(CallContext& ctx, const Value& value, TextBuilder& out);
// The result of a function: JSON text with the subtype, or JSONB.
Status json_result(CallContext& ctx, std::string_view jsonb, size_t at, bool as_jsonb, Value* result);
Status json_text_result(CallContext& ctx, TextBuilder& text, bool as_jsonb, Value* result);

void add_json_aggregates(std::vector<FunctionDef>& table);

}  // namespace sqlrite::functions
