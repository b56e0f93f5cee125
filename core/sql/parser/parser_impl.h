// The recursive-descent parser behind parser.h; its parts are spread over expressions.cc, select.cc, changes.cc,
// create.cc and commands.cc.
//
// After an error the current token becomes Failed, which matches nothing: every function then returns soon, with
// nodes that are valid to touch but meaningless, so that no function needs to check its callees.
#pragma once

#include <initializer_list>
#include <new>
#include <string>
#include <type_traits>

#include "sql/lexer/lexer.h"
#include "sql/parser/parser.h"

namespace sqlrite::sql {

// Collects list elements on the stack first, in the arena when there are many.
template <typename T, size_t kInline>
class ListBuilder {
 public:
  explicit ListBuilder(Arena& arena) : arena_(arena), spill_(arena) {}
  void add(const T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    if (size_ < kInline) {
      new (inline_ + size_++ * sizeof(T)) T(value);
      return;
    }
    if (size_ == kInline) {
      spill_.reserve(kInline * 4);
      for (size_t i = 0; i < kInline; ++i) spill_.push_back(*at_inline(i));
    }
    spill_.push_back(value);
    ++size_;
  }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T& operator[](size_t index) { return size_ <= kInline ? *at_inline(index) : spill_[index]; }
  std::span<T> finish() {
    if (size_ == 0) return {};
    if (size_ > kInline) return spill_.span();
    return arena_.copy_array<T>(std::span<const T>(at_inline(0), size_));
  }

 private:
  Arena& arena_;
  T* at_inline(size_t index) { return std::launder(reinterpret_cast<T*>(inline_ + index * sizeof(T))); }
  size_t size_ = 0;
  // Raw: most lists are short, and clearing the rest would cost more than filling them.
  alignas(T) unsigned char inline_[kInline * sizeof(T)];
  ArenaVector<T> spill_;
};

class Parser {
 public:
  Parser(std::string_view text, Arena& arena, const ParseOptions& options)
      : text_(text), arena_(arena), options_(options), lexer_(text) {}

  Result<ParsedStatement> parse_first_statement();
  Result<Expr*> parse_whole_expression();

 private:
  using Kind = TokenKind;

  // ---- Tokens (parser.cc)
  void advance();
  bool at(Kind kind) const { return token_.kind == kind; }
  bool at_end() const { return at(Kind::Semicolon) || at(Kind::End) || at(Kind::Failed); }
  bool accept(Kind kind) {
    if (token_.kind != kind) return false;
    advance();
    return true;
  }
  // Consumes the token or reports a syntax error at it.
  void expect(Kind kind) {
    if (!accept(kind)) syntax_error();
  }
  bool failed() const { return failed_; }
  std::string_view raw(const Token& token) const { return text_.substr(token.begin, token.end - token.begin); }
  bool at_word(std::string_view word) const;  // an unquoted identifier that is no keyword
  Token peek_token();
  Kind resolve_contextual_keyword(Kind kind, Kind previous);
  Span span_from(uint32_t begin) const { return {begin, previous_end_}; }
  // From `begin` up to the current token, without trailing space: SQLite's idea of an expression's text.
  Span span_until_token(uint32_t begin) const;
  Span trimmed(Span span) const;

  // ---- Errors
  // Three moments, so that of several errors in a text the same one is reported as by SQLite. Now: tokens that do
  // not exist. When the current token turns out to fit: errors in what stands before it. At the end of the
  // statement: what SQLite finds only after parsing.
  enum class When { Now, Soon, Late };
  // Kept out of line: the recursive functions' stack frames must stay small.
  [[gnu::noinline]] void fail_parts(std::initializer_list<std::string_view> parts, int64_t offset = -1,
                                    When when = When::Soon);
  void fail_now(std::string_view message, int64_t offset = -1);
  void fail_text(std::string_view message, int64_t offset = -1);
  void fail_late(std::string_view message, int64_t offset = -1);
  [[gnu::noinline]] void syntax_error();
  bool enter(uint32_t cost);  // nesting guard; false after failing
  void leave(uint32_t cost) { nesting_ -= cost; }

  // ---- Names
  Identifier make_identifier(const Token& token);
  Identifier parse_name();
  Identifier parse_identifier_or_string();
  QualifiedName parse_qualified_name();
  QualifiedName parse_source_name();                 // of a table that is read
  std::span<Identifier> parse_name_list();           // name, name, ...
  std::span<Identifier> parse_optional_name_list();  // [( ... )]
  std::span<Identifier> parse_column_name_list();    // [( ... )] of views, CTEs and foreign keys
  std::string_view unquote(std::string_view quoted, char close);

  // ---- Expressions (expressions.cc)
  Expr* parse_expr() { return parse_operators(0); }
  Expr* parse_operators(int precedence_min);
  Expr* parse_prefix();
  Expr* parse_infix(Expr* left, uint32_t begin);
  [[gnu::noinline]] Expr* parse_is(Expr* left, uint32_t begin);
  [[gnu::noinline]] Expr* parse_like(Expr* left, bool negated, uint32_t begin);
  [[gnu::noinline]] Expr* parse_between(Expr* left, bool negated, uint32_t begin);
  [[gnu::noinline]] Expr* parse_in(Expr* left, bool negated, uint32_t begin);
  Expr* parse_name_expr();
  [[gnu::noinline]] Expr* parse_function(const Token& name);
  Expr* parse_parenthesized();
  // Not inlined, so that each level of nesting costs only the stack of the construct at hand.
  [[gnu::noinline]] Expr* parse_exists();
  [[gnu::noinline]] Expr* parse_row(Expr* first, uint32_t begin);
  [[gnu::noinline]] Expr* parse_subquery(uint32_t begin);
  [[gnu::noinline]] Expr* parse_case();
  [[gnu::noinline]] Expr* parse_cast();
  [[gnu::noinline]] Expr* parse_raise();
  [[gnu::noinline]] Expr* parse_parameter();
  [[gnu::noinline]] Expr* parse_literal();
  [[gnu::noinline]] Expr* parse_number();
  Expr* parse_unary(UnaryOp op, int operand_precedence);
  Expr* make_unary(UnaryOp op, Expr* operand, uint32_t begin);
  Expr* make_binary(BinaryOp op, Span op_span, Expr* left, Expr* right, uint32_t begin);
  Expr* dummy_expr();
  [[gnu::noinline]] ExprList parse_expr_list();  // at least one
  ExprList parse_optional_expr_list();           // up to a right parenthesis
  void close(Expr* expr, uint32_t begin, uint32_t child_depth);
  [[gnu::noinline]] std::string_view parse_type_name(bool column);

  // ---- Queries (select.cc)
  bool at_select_start() const { return at(Kind::Select) || at(Kind::Values) || at(Kind::With); }
  Select* parse_select();
  Select* parse_select_body(With* with, uint32_t begin);
  [[gnu::noinline]] SelectCore* parse_values(SelectCore* core);
  [[gnu::noinline]] With* parse_with();
  std::span<ResultColumn> parse_result_columns();
  bool at_table_star();
  Identifier parse_optional_alias();
  TableExpr* parse_from();
  TableExpr* parse_table_term();
  [[gnu::noinline]] uint8_t parse_join_operator();
  void parse_join_condition(JoinExpr* join);
  void parse_index_hint(IndexHint& hint, Identifier& index);
  [[gnu::noinline]] std::span<OrderTerm> parse_order_terms();
  std::span<OrderTerm> parse_optional_order_by();
  void parse_limit(Expr*& limit, Expr*& offset);
  [[gnu::noinline]] WindowSpec* parse_window_body();
  [[gnu::noinline]] void parse_frame(WindowFrame& frame);
  FrameBound parse_frame_bound(bool is_end);
  [[gnu::noinline]] std::span<WindowDefinition> parse_window_definitions();
  Expr* note_depth(Expr* expr);  // raises the depth of the query being parsed

  // ---- INSERT, UPDATE, DELETE (changes.cc)
  Statement* parse_insert(With* with, bool in_trigger);
  Statement* parse_update(With* with, bool in_trigger);
  Statement* parse_delete(With* with, bool in_trigger);
  void parse_change_target(QualifiedName& table, Identifier& alias, bool in_trigger);
  void parse_upserts(InsertStatement* insert, bool in_trigger);
  std::span<Assignment> parse_assignments();
  std::span<ResultColumn> parse_optional_returning(bool in_trigger);
  void parse_change_limit(std::span<OrderTerm>& order_by, Expr*& limit, Expr*& offset);
  ConflictAction parse_optional_or_conflict();
  ConflictAction parse_conflict_action();
  void reject_index_hint_in_trigger(IndexHint hint);

  // ---- CREATE (create.cc)
  Statement* parse_create();
  Statement* parse_create_table(bool temporary);
  void parse_table_body(CreateTableStatement* table);
  ColumnDefinition parse_column_definition();
  void parse_column_constraints(ColumnDefinition& column);
  bool parse_column_constraint(ColumnConstraint& constraint, const Identifier& column_name);
  void parse_default(ColumnConstraint& constraint);
  void parse_generated(ColumnConstraint& constraint, const Identifier& column_name);
  bool parse_table_constraint(TableConstraint& constraint);
  ForeignKeyReference* parse_reference();
  void parse_deferrable(Deferrable& deferrable, Initially& initially);
  ConflictAction parse_on_conflict();
  std::span<IndexedColumn> parse_indexed_columns(bool allow_autoincrement, bool& autoincrement);
  void reject_explicit_nulls(std::span<const OrderTerm> terms);
  Statement* parse_create_index(bool unique);
  std::span<IndexOption> parse_index_options();
  Statement* parse_create_view(bool temporary);
  Statement* parse_create_trigger(bool temporary);
  Statement* parse_trigger_step();
  Statement* parse_create_virtual_table();
  bool parse_if_not_exists();

  // ---- Everything else (commands.cc)
  Statement* parse_statement_body();
  Statement* parse_explained();
  Statement* parse_with_statement();
  Statement* parse_alter();
  Statement* parse_drop();
  Statement* parse_begin();
  Statement* parse_rollback();
  Statement* parse_pragma();
  void parse_pragma_value(PragmaStatement* pragma);
  Statement* parse_vacuum();
  Statement* parse_attach();
  Statement* parse_detach();
  Expr* name_as_string(Expr* expr);
  void parse_optional_transaction_name();
  bool parse_if_exists();

  std::string_view text_;
  Arena& arena_;
  const ParseOptions& options_;
  Lexer lexer_;
  Token token_;
  Kind previous_kind_ = Kind::End;
  uint32_t previous_end_ = 0;
  uint32_t nesting_ = 0;
  uint16_t query_depth_ = 0;  // deepest expression of the query being parsed
  bool failed_ = false;
  bool in_stored_definition_ = false;              // of a view or trigger: name resolution judges it when it is used
  ArenaVector<Identifier> schemas_named_{arena_};  // in the stored definition, before the names of its sources
  bool in_temporary_trigger_ = false;              // whose steps may name other schemas
  bool negated_number_ = false;                    // a minus sign stands right before the number being parsed
  Status error_;
  Status pending_error_;
  Status late_error_;
  uint32_t parameter_count_ = 0;
  ArenaVector<ParameterInfo> parameters_{arena_};
};

}  // namespace sqlrite::sql
