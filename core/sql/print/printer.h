// The tree walker behind print.h: expressions and queries in print.cc, statements in print_statements.cc.
#pragma once

#include "sql/print/print.h"

namespace sqlrite::sql {

class Printer {
 public:
  Printer(std::string& out, const PrintOptions& options) : out_(out), options_(options) {}

  // Parenthesised when the expression binds less tightly than `precedence_min`.
  void expr(const Expr& expr, int precedence_min = 0);
  void select(const Select& select);
  void statement(const Statement& statement);

 private:
  void expr_body(const Expr& expr, int precedence);
  void literal(const LiteralExpr& literal);
  void unary(const UnaryExpr& unary);
  void like(const LikeExpr& like);
  void in(const InExpr& in);
  void case_expr(const CaseExpr& expr);
  void function(const FunctionExpr& function);
  void expr_list(std::span<Expr* const> list);
  void window(const WindowSpec& spec);
  void frame(const WindowFrame& frame);
  void frame_bound(const FrameBound& bound);
  void with(const With* with);
  void core(const SelectCore& core);
  void result_columns(std::span<const ResultColumn> columns);
  void table(const TableExpr& table);
  void join(const JoinExpr& join);
  void alias(const Identifier& alias);
  void index_hint(IndexHint hint, const Identifier& index);
  void order_terms(std::span<const OrderTerm> terms);
  void order_by(std::span<const OrderTerm> terms);
  void limit(const Expr* limit, const Expr* offset);
  void optional(const char* keyword, const Expr* expr);

  void identifier(const Identifier& id);
  void qualified(const QualifiedName& name);
  void names(std::span<const Identifier> names);
  void optional_names(std::span<const Identifier> names);  // " (a, b)" or nothing
  void type_name(std::string_view type);

  void insert(const InsertStatement& insert);
  void update(const UpdateStatement& update);
  void delete_from(const DeleteStatement& statement);
  void assignments(std::span<const Assignment> assignments);
  void returning(std::span<const ResultColumn> columns);
  void create_table(const CreateTableStatement& table);
  void column_definition(const ColumnDefinition& column);
  void column_constraint(const ColumnConstraint& constraint);
  void table_constraint(const TableConstraint& constraint);
  void reference(const ForeignKeyReference& reference);
  void deferrable(Deferrable deferrable, Initially initially);
  void on_conflict(ConflictAction action);
  void create_index(const CreateIndexStatement& index);
  void create_view(const CreateViewStatement& view);
  void create_trigger(const CreateTriggerStatement& trigger);
  void create_virtual_table(const CreateVirtualTableStatement& table);
  void alter(const AlterTableStatement& alter);
  void pragma(const PragmaStatement& pragma);
  void if_not_exists(bool present) { out_ += present ? "IF NOT EXISTS " : ""; }

  std::string& out_;
  const PrintOptions& options_;
};

}  // namespace sqlrite::sql
