#include "catalog/self_reference.h"

#include <string>

#include "sql/ast/calls.h"

namespace sqlrite::catalog {
namespace {

using sql::ExprKind;

const char* place_text(StoredExprKind kind) {
  switch (kind) {
    case StoredExprKind::Check: return "CHECK constraints";
    case StoredExprKind::Generated: return "generated columns";
    case StoredExprKind::IndexExpression: return "index expressions";
    case StoredExprKind::PartialIndex: return "partial index WHERE clauses";
  }
  return "";
}

class Checker {
 public:
  Checker(const Table& table, StoredExprKind kind, const DefinitionContext& context)
      : table_(table), kind_(kind), context_(context) {}

  Status check(const sql::Expr* expr) {
    if (expr == nullptr) return Status();
    switch (expr->kind) {
      case ExprKind::Literal: return check_literal(*expr->as<sql::LiteralExpr>());
      case ExprKind::ColumnRef: return check_column(*expr->as<sql::ColumnRefExpr>());
      case ExprKind::Parameter: return prohibited("parameters", *expr);
      case ExprKind::Unary: return check(expr->as<sql::UnaryExpr>()->operand);
      case ExprKind::Binary:
        SQLRITE_TRY(check(expr->as<sql::BinaryExpr>()->left));
        return check(expr->as<sql::BinaryExpr>()->right);
      case ExprKind::Like: {
        auto* like = expr->as<sql::LikeExpr>();
        SQLRITE_TRY(check(like->subject));
        SQLRITE_TRY(check(like->pattern));
        return check(like->escape);
      }
      case ExprKind::Between: {
        auto* between = expr->as<sql::BetweenExpr>();
        SQLRITE_TRY(check(between->subject));
        SQLRITE_TRY(check(between->low));
        return check(between->high);
      }
      case ExprKind::In: {
        auto* in = expr->as<sql::InExpr>();
        if (in->source != sql::InSource::List) return prohibited("subqueries", *expr);
        if (sql::ignores_subject(*in)) return Status();
        SQLRITE_TRY(check(in->subject));
        return check_list(in->list);
      }
      case ExprKind::Case: {
        auto* choice = expr->as<sql::CaseExpr>();
        SQLRITE_TRY(check(choice->operand));
        for (const auto& branch : choice->branches) {
          SQLRITE_TRY(check(branch.when));
          SQLRITE_TRY(check(branch.then));
        }
        return check(choice->otherwise);
      }
      case ExprKind::Cast: return check(expr->as<sql::CastExpr>()->operand);
      case ExprKind::Collate: {
        auto* collate = expr->as<sql::CollateExpr>();
        if (context_.collations.find_collation(collate->collation.text) == nullptr) {
          return Status(Code::Error, "no such collation sequence: " + std::string(collate->collation.text));
        }
        return check(collate->operand);
      }
      case ExprKind::Exists:
      case ExprKind::Subquery: return prohibited("subqueries", *expr);
      case ExprKind::RowValue: return check_list(expr->as<sql::RowValueExpr>()->elements);
      case ExprKind::Function: return check_function(*expr->as<sql::FunctionExpr>());
      case ExprKind::Raise: return Status(Code::Error, "RAISE() may only be used within a trigger-program");
    }
    return Status();
  }

 private:
  Status prohibited(const char* what, const sql::Expr& expr) const {
    return Status(Code::Error, std::string(what) + " prohibited in " + place_text(kind_), expr.span.begin);
  }

  Status check_list(sql::ExprList list) {
    for (const sql::Expr* item : list) SQLRITE_TRY(check(item));
    return Status();
  }

  Status check_literal(const sql::LiteralExpr& literal) const {
    bool is_time = literal.literal == sql::LiteralKind::CurrentTime ||
                   literal.literal == sql::LiteralKind::CurrentDate ||
                   literal.literal == sql::LiteralKind::CurrentTimestamp;
    if (is_time && kind_ != StoredExprKind::Check) return prohibited("non-deterministic functions", literal);
    return Status();
  }

  Status check_column(const sql::ColumnRefExpr& column) const {
    bool is_row_only = kind_ == StoredExprKind::IndexExpression || kind_ == StoredExprKind::Generated;
    if (column.table.present()) {
      if (is_row_only) return prohibited("the \".\" operator", column);
      if (!iequals(column.table.text, table_.name)) return missing(column);
    }
    int found = table_.find_column(column.column.text);
    if (found >= 0 || (found == kRowIdColumn && !is_row_only)) return Status();
    if (!column.table.present()) {
      if (column.column.quote == sql::Quote::Double && context_.double_quoted_strings) return Status();
      if (column.column.quote == sql::Quote::None &&
          (iequals(column.column.text, "true") || iequals(column.column.text, "false"))) {
        return Status();
      }
      if (column.column.quote == sql::Quote::Double) {
        return Status(Code::Error,
                      "no such column: \"" + std::string(column.column.text) +
                          "\" - should this be a string literal in single-quotes?",
                      column.span.begin);
      }
    }
    return missing(column);
  }

  static Status missing(const sql::ColumnRefExpr& column) {
    std::string text = "no such column: ";
    if (column.schema.present()) text.append(column.schema.text).append(".");
    if (column.table.present()) text.append(column.table.text).append(".");
    text.append(column.column.text);
    return Status(Code::Error, text, column.span.begin);
  }

  Status check_function(const sql::FunctionExpr& call) {
    std::string name(call.name.text);
    bool known = false;
    const functions::FunctionDef* function =
        context_.registry.find(call.name.text, static_cast<int>(call.arguments.size()), &known);
    if (function == nullptr) {
      return Status(Code::Error,
                    known ? "wrong number of arguments to function " + name + "()" : "no such function: " + name,
                    call.name.span.begin);
    }
    if (call.over != nullptr || function->type == functions::FunctionType::Window) {
      return Status(Code::Error, "misuse of window function " + name + "()", call.name.span.begin);
    }
    if (function->type == functions::FunctionType::Aggregate) {
      return Status(Code::Error, "misuse of aggregate function " + name + "()", call.name.span.begin);
    }
    if ((function->flags & functions::function_flags::kDeterministic) == 0 && kind_ != StoredExprKind::Check) {
      return prohibited("non-deterministic functions", call);
    }
    return check_list(call.arguments);
  }

  const Table& table_;
  StoredExprKind kind_;
  const DefinitionContext& context_;
};

}  // namespace

Status check_stored_expr(const sql::Expr& expr, const Table& table, StoredExprKind kind,
                         const DefinitionContext& context) {
  return Checker(table, kind, context).check(&expr);
}

}  // namespace sqlrite::catalog
