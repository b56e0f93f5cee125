#include "bind/binder.h"

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <new>
#include <string>
#include <vector>

#include "bind/binder_impl.h"
#include "sql/print/print.h"
#include "types/affinity.h"

namespace sqlrite::bind {

// ---- Errors and small rules

Failed Binder::Impl::fail(const char* format, ...) {
  if (failed()) return {};
  va_list arguments;
  va_start(arguments, format);
  va_list counted;
  va_copy(counted, arguments);
  int size = std::vsnprintf(nullptr, 0, format, counted);
  va_end(counted);
  std::string message(static_cast<size_t>(size > 0 ? size : 0) + 1, '\0');
  std::vsnprintf(message.data(), message.size(), format, arguments);
  va_end(arguments);
  message.pop_back();
  error = Status(Code::Error, message);
  return {};
}

Failed Binder::Impl::fail_at(sql::Span span, std::string_view message) {
  if (failed()) return {};
  bool known = !foreign_text && !span.empty();
  error = Status(Code::Error, message, known ? static_cast<int64_t>(span.begin) : -1);
  return {};
}

Failed Binder::Impl::fail_status(Status status) {
  if (!failed()) error = std::move(status);
  return {};
}

Failed Binder::Impl::fail_collation(std::string_view name) {
  return fail_status(Status(Code::ErrorMissingCollSeq, "no such collation sequence: " + std::string(name)));
}

TextGuard::TextGuard(Binder::Impl& impl_ref)
    : impl(impl_ref),
      text(impl_ref.text),
      foreign_text(impl_ref.foreign_text),
      home_only(impl_ref.home_only),
      strings_allowed(impl_ref.strings_allowed),
      home(impl_ref.home),
      with(impl_ref.with) {}

TextGuard::~TextGuard() {
  impl.text = text;
  impl.foreign_text = foreign_text;
  impl.home_only = home_only;
  impl.strings_allowed = strings_allowed;
  impl.home = home;
  impl.with = with;
}

Affinity compare_affinity(Affinity left, Affinity right) {
  Affinity affinity = comparison_affinity(left, right);
  if (is_numeric_affinity(affinity)) return Affinity::Numeric;
  return affinity == Affinity::Text ? Affinity::Text : Affinity::None;
}

const Collation* Binder::Impl::collation_named(std::string_view name) {
  if (const Collation* known = context.collations.find_collation(name)) return known;
  Collation* unknown = arena.make<Collation>();
  unknown->kind = Collation::Kind::User;
  unknown->name = name;
  return unknown;
}

const Collation* Binder::Impl::compared(const Collation* collation) {
  if (collation == nullptr) return binary;
  if (collation->kind == Collation::Kind::User && collation->compare == nullptr) fail_collation(collation->name);
  return collation;
}

const Collation* Binder::Impl::comparison_collation(const BoundExpr* left, const BoundExpr* right) {
  if (left->explicit_collation) return compared(left->collation);
  if (right->explicit_collation) return compared(right->collation);
  return compared(left->collation != nullptr ? left->collation : right->collation);
}

const sql::Expr* skip_collate(const sql::Expr* expr) {
  while (expr->kind == sql::ExprKind::Collate) expr = expr->as<sql::CollateExpr>()->operand;
  return expr;
}

bool integer_literal(const sql::Expr& expr, int64_t* value) {
  if (const auto* literal = expr.try_as<sql::LiteralExpr>()) {
    *value = literal->integer;
    // Larger numbers are plain constants, as in SQLite: ORDER BY 3000000000 is no position.
    return literal->literal == sql::LiteralKind::Integer && *value >= INT32_MIN && *value <= INT32_MAX;
  }
  const auto* unary = expr.try_as<sql::UnaryExpr>();
  if (unary == nullptr || (unary->op != sql::UnaryOp::Minus && unary->op != sql::UnaryOp::Plus)) return false;
  if (!integer_literal(*unary->operand, value)) return false;
  if (unary->op == sql::UnaryOp::Minus && *value != INT64_MIN) *value = -*value;
  return true;
}

std::string_view ordinal(size_t number, char (&buffer)[24]) {
  const char* suffix = "th";
  size_t tens = number % 100;
  if (tens < 11 || tens > 13) {
    switch (number % 10) {
      case 1: suffix = "st"; break;
      case 2: suffix = "nd"; break;
      case 3: suffix = "rd"; break;
      default: break;
    }
  }
  int size = std::snprintf(buffer, sizeof buffer, "%zu%s", number, suffix);
  return {buffer, static_cast<size_t>(size)};
}

namespace {

Status apply_column_affinity(functions::CallContext& ctx, const Value* arguments, int, Value* result) {
  *result = arguments[0];
  auto affinity = static_cast<Affinity>(reinterpret_cast<uintptr_t>(ctx.function->user_data));
  return apply_affinity(*result, affinity, *ctx.heap);
}

functions::FunctionDef make_affinity_function(Affinity affinity) {
  functions::FunctionDef definition;
  definition.name = "generated column";
  definition.argument_count = 1;
  definition.flags = functions::function_flags::kDeterministic | functions::function_flags::kInnocuous;
  definition.scalar = &apply_column_affinity;
  definition.user_data = reinterpret_cast<void*>(static_cast<uintptr_t>(affinity));
  return definition;
}

}  // namespace

const functions::FunctionDef* affinity_function(Affinity affinity) {
  static const functions::FunctionDef kDefinitions[] = {
      make_affinity_function(Affinity::None),    make_affinity_function(Affinity::Blob),
      make_affinity_function(Affinity::Text),    make_affinity_function(Affinity::Numeric),
      make_affinity_function(Affinity::Integer), make_affinity_function(Affinity::Real),
  };
  return &kDefinitions[static_cast<size_t>(affinity)];
}

// ---- The public face

Binder::Binder(const BindContext& context)
    : impl_(new(context.arena.allocate(sizeof(Impl), alignof(Impl))) Impl(context)) {
  impl_->strings_allowed = context.double_quoted_strings;
}

Binder::~Binder() { impl_->~Impl(); }

Result<BoundQuery*> Binder::bind_select(const sql::Select& select) {
  Frame frame(impl_->arena);
  return impl_->result(impl_->bind_query(select, frame));
}

Result<BoundInsert*> Binder::bind_insert(const sql::InsertStatement& statement) {
  return impl_->result(impl_->bind_insert(statement));
}

Result<BoundUpdate*> Binder::bind_update(const sql::UpdateStatement& statement) {
  return impl_->result(impl_->bind_update(statement));
}

Result<BoundDelete*> Binder::bind_delete(const sql::DeleteStatement& statement) {
  return impl_->result(impl_->bind_delete(statement));
}

Result<BoundExpr*> Binder::bind_expression(const sql::Expr& expr, BoundSource* source, std::string_view text) {
  TextGuard guard(*impl_);
  impl_->text = text;
  impl_->foreign_text = text.data() != impl_->context.sql_text.data();
  Frame frame(impl_->arena);
  Scope scope(impl_->arena, frame);
  scope.aggregate_error = "";
  if (source != nullptr) {
    SourceEntry entry;
    entry.source = source;
    scope.sources.push_back(entry);
  } else {
    // DEFAULT word, and the bare words of ATTACH and PRAGMA.
    scope.strings_for_names = expr.kind == sql::ExprKind::ColumnRef &&
                              !expr.as<sql::ColumnRefExpr>()->table.present() &&
                              expr.as<sql::ColumnRefExpr>()->column.quote != sql::Quote::None;
  }
  return impl_->result(impl_->bind_scalar(expr, scope));
}

BoundSource* Binder::make_table_source(const catalog::Table& table) {
  FoundTable found;
  found.table = &table;
  return impl_->table_source(found, {});
}

uint64_t Binder::databases_used() const { return impl_->databases; }

namespace {

// The names that a table made of the query's rows gives its columns: a name that is taken gets a number.
std::vector<std::string> column_names_of(const BoundQuery& query) {
  std::vector<std::string> names;
  for (const ResultColumn& column : query.columns) {
    std::string name(column.source_name);
    auto taken = [&] {
      return std::any_of(names.begin(), names.end(), [&](const std::string& other) { return iequals(other, name); });
    };
    for (unsigned number = 1; taken(); ++number) name = std::string(column.source_name) + ":" + std::to_string(number);
    names.push_back(name);
  }
  return names;
}

}  // namespace

std::string_view create_table_as_text(std::string_view name, const BoundQuery& query, Arena& arena) {
  // Plain words stay plain, keywords and the rest get quotes, as SQLite writes them.
  auto written = [](std::string_view identifier) {
    std::string out;
    sql::print_identifier(identifier, out);
    return out;
  };
  // Each name stands on a line of its own once the names, in quotes and with a little for their types, reach 50 bytes.
  auto quoted_size = [](std::string_view identifier) {
    return identifier.size() + 2 + static_cast<size_t>(std::count(identifier.begin(), identifier.end(), '"'));
  };
  std::vector<std::string> names = column_names_of(query);
  size_t names_size = quoted_size(name);
  for (const std::string& column_name : names) names_size += quoted_size(column_name) + 5;
  bool one_line = names_size < 50;

  std::string text = "CREATE TABLE " + written(name) + "(";
  for (size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text += ",";
    text += one_line ? "" : "\n  ";
    text += written(names[i]);
    switch (query.columns[i].affinity) {
      case Affinity::Text: text += " TEXT"; break;
      case Affinity::Numeric: text += " NUM"; break;
      case Affinity::Integer: text += " INT"; break;
      case Affinity::Real: text += " REAL"; break;
      case Affinity::None:
      case Affinity::Blob: break;
    }
  }
  text += one_line ? ")" : "\n)";
  return arena.copy(text);
}

}  // namespace sqlrite::bind
