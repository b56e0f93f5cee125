// Functions that choose among their arguments. Those marked lazy are evaluated arm by arm in expressions; the
// implementations here serve callers that have all arguments at hand.
#include "functions/function_table.h"

namespace sqlrite::functions {

namespace {

constexpr uint32_t kLazy = kPure | function_flags::kLazyArguments;
constexpr uint32_t kCollating = kPure | function_flags::kNeedsCollation;

const Collation& collation_of(const CallContext& ctx) {
  return ctx.collation != nullptr ? *ctx.collation : kBinaryCollation;
}

Status coalesce(CallContext&, const Value* arguments, int argument_count, Value* result) {
  *result = Value::null();
  for (int i = 0; i < argument_count; ++i) {
    if (!arguments[i].is_null()) {
      *result = arguments[i];
      break;
    }
  }
  return Status();
}

// iif(condition, value, condition, value, ... [, otherwise])
Status iif(CallContext&, const Value* arguments, int argument_count, Value* result) {
  int i = 0;
  for (; i + 1 < argument_count; i += 2) {
    if (to_truth(arguments[i]) == Truth::True) {
      *result = arguments[i + 1];
      return Status();
    }
  }
  *result = i < argument_count ? arguments[i] : Value::null();
  return Status();
}

Status nullif(CallContext& ctx, const Value* arguments, int, Value* result) {
  *result = compare_values(arguments[0], arguments[1], collation_of(ctx)) != 0 ? arguments[0] : Value::null();
  return Status();
}

// min(a, b, ...) and max(a, b, ...): NULL when any argument is; the first among equals for min, the last for max.
template <bool want_max>
Status extreme(CallContext& ctx, const Value* arguments, int argument_count, Value* result) {
  *result = Value::null();
  const Collation& collation = collation_of(ctx);
  const Value* best = &arguments[0];
  for (int i = 0; i < argument_count; ++i) {
    if (arguments[i].is_null()) return Status();
    if (i == 0) continue;
    int order = compare_values(*best, arguments[i], collation);
    if (want_max ? order < 0 : order >= 0) best = &arguments[i];
  }
  *result = *best;
  return Status();
}

Status first_argument(CallContext&, const Value* arguments, int, Value* result) {
  *result = arguments[0];
  return Status();
}

Status type_of(CallContext&, const Value* arguments, int, Value* result) {
  constexpr std::string_view kNames[] = {"", "integer", "real", "text", "blob", "null"};
  *result = Value::from_text(kNames[static_cast<uint8_t>(arguments[0].type)], ValueOwner::Static);
  result->flags = value_flags::kNulFollows;
  return Status();
}

Status subtype(CallContext&, const Value* arguments, int, Value* result) {
  *result = Value::from_integer(arguments[0].subtype);
  return Status();
}

}  // namespace

void add_conditional_functions(std::vector<FunctionDef>& table) {
  table.push_back(variadic_def("coalesce", 2, coalesce, kLazy, BuiltinKind::Coalesce));
  table.push_back(scalar_def("ifnull", 2, coalesce, kLazy, BuiltinKind::IfNull));
  table.push_back(variadic_def("iif", 2, iif, kLazy, BuiltinKind::Iif));
  table.push_back(variadic_def("if", 2, iif, kLazy, BuiltinKind::Iif));
  table.push_back(scalar_def("nullif", 2, nullif, kCollating, BuiltinKind::NullIf));
  table.push_back(variadic_def("min", 1, extreme<false>, kCollating));
  table.push_back(variadic_def("max", 1, extreme<true>, kCollating));
  table.push_back(scalar_def("likely", 1, first_argument, kLazy, BuiltinKind::Likely));
  table.push_back(scalar_def("unlikely", 1, first_argument, kLazy, BuiltinKind::Likely));
  table.push_back(scalar_def("likelihood", 2, first_argument, kLazy, BuiltinKind::Likely));
  table.push_back(scalar_def("typeof", 1, type_of, kPure, BuiltinKind::TypeOf));
  table.push_back(scalar_def("subtype", 1, subtype));
}

}  // namespace sqlrite::functions
