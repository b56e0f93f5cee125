// The binder's state and its parts, which are spread over bind_*.cc.
//
// Errors. Functions return null (or false) after fail(), which keeps the first error; callers just return.
// Scopes. A Scope is one query block (SELECT core, or the row of a change); a Frame is one query, whose blocks share its
// outer_args. A name found n frames out is handed inwards through each frame's outer_args.
#pragma once

#include "base/arena.h"
#include "bind/binder.h"

namespace sqlrite::bind {

struct Scope;

struct Frame {
  explicit Frame(Arena& arena) : outer_args(arena) {}
  Scope* parent = nullptr;    // the block this query stands in; null for the statement's own
  bool sees_siblings = true;  // false for a query in FROM: names skip the parent block's own sources
  ArenaVector<BoundExpr*> outer_args;
};

struct SourceEntry {
  BoundSource* source = nullptr;
  std::span<std::string_view> using_columns;  // USING or NATURAL with what stands left of it
  bool qualified_only = false;                // excluded, new, old
  bool row_is_complete = false;               // generated columns are in the row (a row being written)
};

struct ResultEntry {
  BoundExpr* expr = nullptr;
  std::string_view alias;  // by AS or a star
  bool has_alias = false;
};

struct Scope {
  Scope(Arena& arena, Frame& own_frame) : frame(&own_frame), sources(arena), aggregates(arena) {}
  Frame* frame;
  ArenaVector<SourceEntry> sources;
  std::span<ResultEntry> results;  // names that WHERE, GROUP BY ... may use
  bool results_visible = false;
  bool aggregates_allowed = false;   // here, syntactically
  bool aggregates_possible = false;  // the block can be an aggregate query (not a row of a change)
  bool has_aggregate = false;
  const char* aggregate_error = nullptr;  // while set, an aggregate of this block is "misuse of aggregate: f()"
  ArenaVector<BoundAggregate*> aggregates;
  bool has_right_join = false;
  bool strings_for_names = false;  // DEFAULT word
};

struct WithScope;
struct CteState {
  const sql::CommonTable* definition = nullptr;
  WithScope* home = nullptr;
  BoundQuery* shared = nullptr;  // bound once, not correlated
  BoundSource* first_use = nullptr;
  const char* reference_error = nullptr;  // printf format with the name; set while its own body is bound
  BoundQuery* recursive_query = nullptr;  // while its recursive part is bound
  Scope* recursive_scope = nullptr;       // the block whose FROM may name it ...
  bool recursive_seen = false;            // ... once
};
struct WithScope {
  WithScope* outer = nullptr;
  std::span<CteState> tables;
};

struct ViewFrame {
  ViewFrame* outer = nullptr;
  const catalog::Table* view = nullptr;
};

// Where a bound column comes from; `source` is null when the last name was not a plain column.
struct ColumnOrigin {
  const BoundSource* source = nullptr;
  int column = 0;
};

// Converts to a null pointer or to false.
struct Failed {
  template <typename T>
  operator T*() const {
    return nullptr;
  }
  operator bool() const { return false; }
};

struct Binder::Impl {
  explicit Impl(const BindContext& c) : context(c), arena(c.arena), text(c.sql_text), stored_in(c.stored_in) {}

  const BindContext context;
  const Collation* const binary = context.collations.find_collation("BINARY");  // in the encoding of the databases
  Arena& arena;
  Status error;
  std::string_view text;      // what spans refer to now
  bool foreign_text = false;  // a view's or a stored expression's, not the statement's
  bool home_only = false;     // names of tables resolve in `home` only (views, stored expressions)
  DatabaseId home;
  bool strings_allowed = true;      // "x" may be a string
  const char* stored_in = nullptr;  // what kind of stored expression is bound: its functions must not look outside
  WithScope* with = nullptr;
  ViewFrame* views = nullptr;
  const catalog::Table* target = nullptr;  // of the change being bound
  bool target_was_read = false;
  bool user_function_seen = false;  // it may read anything
  uint64_t databases = 0;
  uint32_t query_depth = 0;
  uint32_t generated_depth = 0;
  ColumnOrigin last_origin;

  // --- errors
  [[gnu::cold, gnu::format(printf, 2, 3)]] Failed fail(const char* format, ...);
  [[gnu::cold]] Failed fail_at(sql::Span span, std::string_view message);
  [[gnu::cold]] Failed fail_status(Status status);
  [[gnu::cold]] Failed fail_collation(std::string_view name);
  // A collation by its name. An unknown one is an error only where texts are compared by it: `compared` fails for it.
  const Collation* collation_named(std::string_view name);
  const Collation* compared(const Collation* collation);
  const Collation* collation_or_binary(const Collation* collation) const {
    return collation != nullptr ? collation : binary;
  }
  const Collation* comparison_collation(const BoundExpr* left, const BoundExpr* right);
  bool failed() const { return !error.ok(); }

  // --- nodes
  template <typename T>
  T* make(BoundKind kind, const sql::Expr* ast = nullptr) {
    T* node = arena.make<T>();
    node->kind = kind;
    if (ast != nullptr && !foreign_text) {
      node->span_begin = ast->span.begin;
      node->span_end = ast->span.end;
    }
    return node;
  }
  static void inherit(BoundExpr* parent, const BoundExpr* child) {
    parent->has_aggregate |= child->has_aggregate;
    parent->has_subquery |= child->has_subquery;
    parent->has_outer |= child->has_outer;
    parent->has_column |= child->has_column;
    parent->is_volatile |= child->is_volatile;
    if (child->explicit_collation && !parent->explicit_collation) {
      parent->explicit_collation = true;
      parent->collation = child->collation;
    }
  }
  static void inherit_query(BoundExpr* parent, const BoundQuery* query) {
    parent->has_subquery = true;
    for (const BoundExpr* arg : query->outer_args) {
      parent->has_aggregate |= arg->has_aggregate;
      parent->has_outer |= arg->has_outer;
      parent->has_column |= arg->has_column;
    }
  }
  BoundConstant* constant(const Value& value, const sql::Expr* ast = nullptr);
  BoundConstant* text_constant(std::string_view value, const sql::Expr* ast);
  BoundExpr* make_and(BoundExpr* left, BoundExpr* right);
  BoundExpr* call(const char* function_name, std::span<BoundExpr*> arguments);
  // A comparison of scalars or of row values.
  BoundExpr* compare(CompareOp op, BoundExpr* left, BoundExpr* right, const sql::Expr* ast);

  // --- expressions (bind_expr.cc, bind_calls.cc)
  BoundExpr* bind_scalar(const sql::Expr& ast, Scope& scope);
  // May be a BoundRowValue.
  BoundExpr* bind_any(const sql::Expr& ast, Scope& scope);
  BoundExpr* bind_scalar_query(const sql::SubqueryExpr& ast, Scope& scope);
  BoundExpr* bind_literal(const sql::LiteralExpr& ast);
  BoundExpr* bind_unary(const sql::UnaryExpr& ast, Scope& scope);
  BoundExpr* bind_binary(const sql::BinaryExpr& ast, Scope& scope);
  BoundExpr* bind_is(const sql::BinaryExpr& ast, Scope& scope);
  BoundExpr* bind_like(const sql::LikeExpr& ast, Scope& scope);
  BoundExpr* bind_between(const sql::BetweenExpr& ast, Scope& scope);
  BoundExpr* bind_in(const sql::InExpr& ast, Scope& scope);
  BoundExpr* bind_in_query(const sql::InExpr& ast, BoundExpr* operand, BoundQuery* query);
  BoundExpr* bind_case(const sql::CaseExpr& ast, Scope& scope);
  BoundExpr* bind_function(const sql::FunctionExpr& ast, Scope& scope);
  BoundExpr* bind_aggregate(const sql::FunctionExpr& ast, const functions::FunctionDef* function, Scope& scope);
  void note_user_function(const functions::FunctionDef& function) {
    user_function_seen |= (function.flags & functions::function_flags::kUser) != 0;
  }
  BoundExpr* call_function(const functions::FunctionDef* function, std::span<BoundExpr*> arguments,
                           const sql::Expr* ast);
  bool bind_list(sql::ExprList list, Scope& scope, std::span<BoundExpr*>* out);

  // --- names (bind_names.cc)
  BoundExpr* bind_column(const sql::ColumnRefExpr& ast, Scope& scope);
  // A name in one block; null without an error when it is not there.
  BoundExpr* find_in_scope(Scope& scope, const sql::ColumnRefExpr& ast);
  BoundExpr* source_column(const SourceEntry& entry, int column, const sql::Expr* ast);
  BoundExpr* generated_column(const SourceEntry& entry, int column, const sql::Expr* ast);
  // Hands an expression of `from` inwards to `to`.
  BoundExpr* lift(BoundExpr* expr, Scope& from, Scope& to);
  static const char* aggregate_name(const BoundExpr* expr);
  static void mark_used(BoundSource* source, int column);

  // --- queries (bind_select.cc, bind_from.cc, bind_with.cc)
  // `frame.parent` is set by the caller.
  BoundQuery* bind_query(const sql::Select& ast, Frame& frame);
  BoundQuery* bind_subquery(const sql::Select& ast, Scope& parent, bool sees_siblings);
  BoundCore* bind_core(const sql::SelectCore& ast, Scope& scope, ArenaVector<ResultColumn>* columns);
  BoundCore* bind_values(const sql::SelectCore& ast, Scope& scope, ArenaVector<ResultColumn>* columns);
  bool bind_results(std::span<sql::ResultColumn> list, Scope& scope, ArenaVector<BoundExpr*>* exprs,
                    ArenaVector<ResultEntry>* entries, ArenaVector<ResultColumn>* columns);
  bool expand_star(const sql::ResultColumn& star, Scope& scope, ArenaVector<BoundExpr*>* exprs,
                   ArenaVector<ResultEntry>* entries, ArenaVector<ResultColumn>* columns);
  void describe_column(ResultColumn* column, const BoundExpr* expr, const ColumnOrigin& origin);
  bool bind_group_by(const sql::SelectCore& ast, Scope& scope, BoundCore* core);
  bool bind_order_by(std::span<sql::OrderTerm> terms, Scope& scope, std::span<OrderTerm>* out);
  bool bind_compound_order_by(std::span<sql::OrderTerm> terms, std::span<Scope*> scopes, BoundQuery* query);
  bool bind_limit(const sql::Expr* limit, const sql::Expr* offset, BoundExpr** out_limit, BoundExpr** out_offset);
  bool join_parts(const sql::Select& ast, BoundQuery* query, size_t first, size_t count);
  void finish_columns(BoundQuery* query);
  const Collation* compound_collation(const BoundQuery* query, size_t column) const;
  void fill_term(OrderTerm* term, const sql::OrderTerm& ast, BoundExpr* expr);

  // A join in FROM whose conditions wait until the results are known.
  struct PendingJoin {
    size_t source = 0;
    const sql::Expr* on = nullptr;
    BoundExpr* equalities = nullptr;  // of USING
  };
  struct FromState {
    explicit FromState(Arena& arena) : pending(arena), functions(arena) {}
    ArenaVector<PendingJoin> pending;
    struct Function {
      BoundSource* source;
      sql::ExprList arguments;
    };
    ArenaVector<Function> functions;
  };
  bool bind_from(const sql::TableExpr& ast, Scope& scope, FromState* state);
  bool add_tables(const sql::TableExpr& ast, Scope& scope, FromState* state, uint8_t join_type,
                  const sql::JoinExpr* join);
  bool add_join_condition(const sql::JoinExpr& join, Scope& scope, FromState* state, size_t source);
  bool finish_from(Scope& scope, FromState* state, BoundCore* core);
  bool check_on_clauses(Scope& scope);
  void take_hidden_arguments(BoundCore* core);
  static void add_source(Scope& scope, BoundSource* source, uint8_t join_type, const sql::JoinExpr* join);
  BoundSource* bind_table_name(const sql::TableNameExpr& ast, Scope& scope);
  // Without what the name says about indexes.
  BoundSource* named_source(const sql::TableNameExpr& ast, Scope& scope);
  BoundSource* bind_table_function(const sql::TableFunctionExpr& ast, Scope& scope, FromState* state);
  BoundSource* nested_join(const sql::JoinExpr& ast, Scope& scope);
  BoundSource* table_source(const FoundTable& found, std::string_view alias);
  BoundSource* query_source(BoundQuery* query, std::string_view alias, std::span<std::string_view> names);
  BoundSource* bind_view(const FoundTable& found, std::string_view alias, Scope& scope);
  FoundTable find_table(const sql::QualifiedName& name);
  bool resolve_index_hint(BoundSource* source, sql::IndexHint hint, const sql::Identifier& index);

  bool push_with(const sql::With* ast, WithScope* scope);
  CteState* find_cte(std::string_view name) const;
  BoundSource* bind_cte(CteState& cte, std::string_view alias, Scope& scope);
  BoundQuery* bind_cte_body(CteState& cte, Scope& scope, Frame& frame);

  // --- changes (bind_change.cc, bind_target.cc)
  const catalog::Table* find_target(const sql::QualifiedName& name, FoundTable* found);
  // The table a statement names as the one to write.
  BoundSource* bind_target(const sql::QualifiedName& name, const sql::Identifier& alias, sql::IndexHint hint,
                           const sql::Identifier& index, BoundTarget* out);
  bool fill_target(BoundTarget* out, BoundSource* source);
  BoundInsert* bind_insert(const sql::InsertStatement& ast);
  BoundUpdate* bind_update(const sql::UpdateStatement& ast);
  BoundDelete* bind_delete(const sql::DeleteStatement& ast);
  bool bind_insert_columns(const sql::InsertStatement& ast, const catalog::Table& table, ArenaVector<int16_t>* columns);
  bool bind_upserts(const sql::InsertStatement& ast, BoundInsert* insert);
  bool find_conflict_target(const sql::UpsertClause& clause, size_t number, size_t count, Scope& scope,
                            BoundUpsert* out);
  bool bind_assignments(std::span<sql::Assignment> assignments, const catalog::Table& table, Scope& scope,
                        ArenaVector<int16_t>* columns, ArenaVector<BoundExpr*>* values);
  // Leaves *out alone where there is no RETURNING.
  bool bind_returning(std::span<sql::ResultColumn> list, BoundSource* source, BoundReturning** out);

  template <typename T>
  Result<T*> result(T* value) {
    if (value == nullptr || failed()) {
      if (error.ok()) error = Status(Code::Internal);
      return std::move(error);
    }
    return value;
  }
};

// What a comparison does to its operands (datatype3.html, sections 4 and 7).
Affinity compare_affinity(Affinity left, Affinity right);
// Through COLLATE (outermost collation name in *collate).
const sql::Expr* skip_collate(const sql::Expr* expr);
// A plain integer literal (also with signs), as ORDER BY and GROUP BY terms use it.
bool integer_literal(const sql::Expr& expr, int64_t* value);
// "1st", "2nd", "3rd", "11th" ...
std::string_view ordinal(size_t number, char (&buffer)[24]);
// One part of a UTF-8 list of numbers in brackets as float32 blob; false when it is not one.
bool parse_vector_literal(std::string_view text, Arena& arena, std::string_view* blob);
// The scalar behind virtual generated columns: applies the affinity kept in user_data.
const functions::FunctionDef* affinity_function(Affinity affinity);

// Saves and restores where the current text is from.
struct TextGuard {
  explicit TextGuard(Binder::Impl& impl_ref);
  ~TextGuard();
  TextGuard(const TextGuard&) = delete;
  TextGuard& operator=(const TextGuard&) = delete;
  Binder::Impl& impl;
  std::string_view text;
  bool foreign_text, home_only, strings_allowed;
  DatabaseId home;
  WithScope* with;
};

}  // namespace sqlrite::bind
