// The statements of the abstract syntax tree. See ast/ast.h for the rules that all nodes obey.
#pragma once

#include "sql/ast/ast.h"

namespace sqlrite::sql {

enum class StatementKind : uint8_t {
  Select,
  Insert,
  Update,
  Delete,
  CreateTable,
  CreateIndex,
  CreateView,
  CreateTrigger,
  CreateVirtualTable,
  Drop,
  AlterTable,
  Begin,
  Commit,
  Rollback,
  Savepoint,
  Release,
  Pragma,
  Vacuum,
  Analyze,
  Reindex,
  Attach,
  Detach,
};

// EXPLAIN in front of a statement. Analyze is SQLRite's: run the statement and report what each operator did.
enum class ExplainMode : uint8_t { None, Program, QueryPlan, Analyze };

struct Statement : TaggedNode<StatementKind> {
  ExplainMode explain = ExplainMode::None;
  Span span;  // without the semicolon; without EXPLAIN
  explicit Statement(StatementKind k) : TaggedNode{k} {}
};

// What to do when a constraint fails. Default: ABORT, or what the outer statement says.
enum class ConflictAction : uint8_t { Default, Rollback, Abort, Fail, Ignore, Replace };

// ---- Queries and changes ----------------------------------------------------------------------------------------

struct SelectStatement : Statement {
  static constexpr StatementKind kKind = StatementKind::Select;
  Select* select = nullptr;
  SelectStatement() : Statement(kKind) {}
};

// SET column = value, or SET (a, b) = row.
struct Assignment {
  std::span<Identifier> columns;  // one, or several when `row` is true
  Expr* value = nullptr;
  bool row = false;  // written with parentheses
};

struct UpsertClause {
  bool has_target = false;
  std::span<OrderTerm> target;   // ON CONFLICT (terms)
  Expr* target_where = nullptr;  // may be null
  bool do_nothing = false;       // else DO UPDATE
  std::span<Assignment> assignments;
  Expr* where = nullptr;  // may be null
};

struct InsertStatement : Statement {
  static constexpr StatementKind kKind = StatementKind::Insert;
  With* with = nullptr;  // may be null
  ConflictAction conflict = ConflictAction::Default;
  bool replace_keyword = false;  // written REPLACE INTO (conflict is Replace)
  QualifiedName table;
  Identifier alias;               // may be absent
  std::span<Identifier> columns;  // may be empty
  bool default_values = false;
  Select* source = nullptr;  // VALUES or SELECT; null for DEFAULT VALUES
  std::span<UpsertClause> upserts;
  std::span<ResultColumn> returning;
  InsertStatement() : Statement(kKind) {}
};

struct UpdateStatement : Statement {
  static constexpr StatementKind kKind = StatementKind::Update;
  With* with = nullptr;  // may be null
  ConflictAction conflict = ConflictAction::Default;
  QualifiedName table;
  Identifier alias;  // may be absent
  IndexHint index_hint = IndexHint::None;
  Identifier index;  // IndexedBy
  std::span<Assignment> assignments;
  TableExpr* from = nullptr;  // may be null
  Expr* where = nullptr;      // may be null
  std::span<ResultColumn> returning;
  std::span<OrderTerm> order_by;  // only with ParseOptions::update_delete_limit
  Expr* limit = nullptr;
  Expr* offset = nullptr;
  UpdateStatement() : Statement(kKind) {}
};

struct DeleteStatement : Statement {
  static constexpr StatementKind kKind = StatementKind::Delete;
  With* with = nullptr;  // may be null
  QualifiedName table;
  Identifier alias;  // may be absent
  IndexHint index_hint = IndexHint::None;
  Identifier index;       // IndexedBy
  Expr* where = nullptr;  // may be null
  std::span<ResultColumn> returning;
  std::span<OrderTerm> order_by;  // only with ParseOptions::update_delete_limit
  Expr* limit = nullptr;
  Expr* offset = nullptr;
  DeleteStatement() : Statement(kKind) {}
};

// ---- CREATE TABLE -----------------------------------------------------------------------------------------------

enum class ForeignKeyAction : uint8_t { Unspecified, NoAction, Restrict, SetNull, SetDefault, Cascade };
enum class Deferrable : uint8_t { Unspecified, Deferrable, NotDeferrable };
enum class Initially : uint8_t { Unspecified, Deferred, Immediate };

struct ForeignKeyReference {
  Identifier table;
  std::span<Identifier> columns;  // may be empty: the parent's primary key
  ForeignKeyAction on_delete = ForeignKeyAction::Unspecified;
  ForeignKeyAction on_update = ForeignKeyAction::Unspecified;
  Identifier match;  // may be absent; has no effect
  Deferrable deferrable = Deferrable::Unspecified;
  Initially initially = Initially::Unspecified;
  bool is_deferred() const { return deferrable == Deferrable::Deferrable && initially == Initially::Deferred; }
};

enum class ColumnConstraintKind : uint8_t {
  Null,  // the word NULL: no effect
  NotNull,
  PrimaryKey,
  Unique,
  Check,
  Default,
  Collate,
  References,
  Generated,
  Deferrable,  // a free-standing [NOT] DEFERRABLE that follows no REFERENCES (else it is in `reference`)
};

struct ColumnConstraint {
  ColumnConstraintKind kind = ColumnConstraintKind::Null;
  Identifier name;  // CONSTRAINT name; may be absent
  Span span;        // without CONSTRAINT name
  ConflictAction conflict = ConflictAction::Default;
  SortOrder order = SortOrder::Unspecified;         // PrimaryKey
  bool autoincrement = false;                       // PrimaryKey
  Expr* expr = nullptr;                             // Check, Default, Generated
  Span expr_span;                                   // its source text, inside the parentheses if there are any
  bool parenthesized = false;                       // Default (expr)
  bool stored = false;                              // Generated ... STORED
  bool generated_always = false;                    // GENERATED ALWAYS was written
  Identifier collation;                             // Collate
  ForeignKeyReference* reference = nullptr;         // References
  Deferrable deferrable = Deferrable::Unspecified;  // Deferrable
  Initially initially = Initially::Unspecified;
};

struct ColumnDefinition {
  Identifier name;
  std::string_view type_name;  // as written, unquoted; may be empty
  std::span<ColumnConstraint> constraints;
  Span span;  // name, type and constraints
};

// A column of an index, a PRIMARY KEY or a UNIQUE constraint. COLLATE is a CollateExpr around the expression.
using IndexedColumn = OrderTerm;

enum class TableConstraintKind : uint8_t { PrimaryKey, Unique, Check, ForeignKey };

struct TableConstraint {
  TableConstraintKind kind = TableConstraintKind::Check;
  Identifier name;  // may be absent
  Span span;        // without CONSTRAINT name
  ConflictAction conflict = ConflictAction::Default;
  std::span<IndexedColumn> columns;       // PrimaryKey, Unique
  bool autoincrement = false;             // PrimaryKey
  Expr* expr = nullptr;                   // Check
  Span expr_span;                         // Check: the text inside the parentheses
  std::span<Identifier> foreign_columns;  // ForeignKey: the child's columns
  ForeignKeyReference* reference = nullptr;
};

struct CreateTableStatement : Statement {
  static constexpr StatementKind kKind = StatementKind::CreateTable;
  bool temporary = false;
  bool if_not_exists = false;
  QualifiedName name;
  std::span<ColumnDefinition> columns;
  std::span<TableConstraint> constraints;
  bool without_rowid = false;
  bool strict = false;
  Select* as_select = nullptr;  // may be null
  // What to keep in sqlite_schema is "CREATE TABLE " + text[definition_span]: from the bare table name to the end.
  Span definition_span;
  CreateTableStatement() : Statement(kKind) {}
};

// ---- Other CREATE -----------------------------------------------------------------------------------------------

struct IndexOption {
  Identifier key;
  Expr* value = nullptr;  // a literal or a name
};

struct CreateIndexStatement : Statement {
  static constexpr StatementKind kKind = StatementKind::CreateIndex;
  bool unique = false;
  bool if_not_exists = false;
  QualifiedName name;
  Identifier table;
  Identifier method;  // USING hnsw, USING fts; absent for an ordinary index
  std::span<IndexedColumn> columns;
  std::span<IndexOption> options;  // WITH (key = value, ...)
  Expr* where = nullptr;           // may be null
  Span where_span;
  Span definition_span;  // from the bare index name to the end
  CreateIndexStatement() : Statement(kKind) {}
};

struct CreateViewStatement : Statement {
  static constexpr StatementKind kKind = StatementKind::CreateView;
  bool temporary = false;
  bool if_not_exists = false;
  QualifiedName name;
  std::span<Identifier> columns;  // may be empty
  Select* select = nullptr;
  std::span<Identifier> schemas_named;  // before the names of the tables it reads
  Span definition_span;                 // from the bare view name to the end
  CreateViewStatement() : Statement(kKind) {}
};

// Unspecified means Before
enum class TriggerTime : uint8_t { Unspecified, Before, After, InsteadOf };
enum class TriggerEvent : uint8_t { Delete, Insert, Update };

struct CreateTriggerStatement : Statement {
  static constexpr StatementKind kKind = StatementKind::CreateTrigger;
  bool temporary = false;
  bool if_not_exists = false;
  bool for_each_row = false;
  QualifiedName name;
  TriggerTime time = TriggerTime::Unspecified;
  TriggerEvent event = TriggerEvent::Insert;
  std::span<Identifier> update_columns;  // UPDATE OF; may be empty
  QualifiedName table;
  Expr* when = nullptr;        // may be null
  std::span<Statement*> body;  // SELECT, INSERT, UPDATE, DELETE
  Span definition_span;        // from the bare trigger name to END
  CreateTriggerStatement() : Statement(kKind) {}
};

struct CreateVirtualTableStatement : Statement {
  static constexpr StatementKind kKind = StatementKind::CreateVirtualTable;
  bool if_not_exists = false;
  QualifiedName name;
  Identifier module;
  std::span<std::string_view> arguments;  // as written, trimmed
  bool has_arguments = false;             // parentheses were written
  Span definition_span;                   // from the bare table name to the end
  CreateVirtualTableStatement() : Statement(kKind) {}
};

// ---- DROP and ALTER ---------------------------------------------------------------------------------------------

enum class DropKind : uint8_t { Table, Index, View, Trigger };

struct DropStatement : Statement {
  static constexpr StatementKind kKind = StatementKind::Drop;
  DropKind what = DropKind::Table;
  bool if_exists = false;
  QualifiedName name;
  DropStatement() : Statement(kKind) {}
};

enum class AlterAction : uint8_t {
  RenameTable,
  RenameColumn,
  AddColumn,
  DropColumn,
  DropConstraint,
  DropNotNull,
  SetNotNull,
  AddCheck,
};

struct AlterTableStatement : Statement {
  static constexpr StatementKind kKind = StatementKind::AlterTable;
  AlterAction action = AlterAction::RenameTable;
  QualifiedName table;
  Identifier column;                                  // RenameColumn, DropColumn, DropNotNull, SetNotNull
  Identifier new_name;                                // RenameTable, RenameColumn
  ColumnDefinition* definition = nullptr;             // AddColumn
  Identifier constraint;                              // DropConstraint; AddCheck (may be absent)
  Expr* check = nullptr;                              // AddCheck
  Span check_span;                                    // AddCheck: [CONSTRAINT name] CHECK (...) as written
  ConflictAction conflict = ConflictAction::Default;  // SetNotNull, AddCheck
  AlterTableStatement() : Statement(kKind) {}
};

// ---- Transactions and the rest ----------------------------------------------------------------------------------

enum class BeginMode : uint8_t { Unspecified, Deferred, Immediate, Exclusive, Concurrent };

struct BeginStatement : Statement {
  static constexpr StatementKind kKind = StatementKind::Begin;
  BeginMode mode = BeginMode::Unspecified;
  BeginStatement() : Statement(kKind) {}
};

struct CommitStatement : Statement {
  static constexpr StatementKind kKind = StatementKind::Commit;
  CommitStatement() : Statement(kKind) {}
};

struct RollbackStatement : Statement {
  static constexpr StatementKind kKind = StatementKind::Rollback;
  Identifier savepoint;  // ROLLBACK TO; may be absent
  RollbackStatement() : Statement(kKind) {}
};

struct SavepointStatement : Statement {
  static constexpr StatementKind kKind = StatementKind::Savepoint;
  Identifier name;
  SavepointStatement() : Statement(kKind) {}
};

struct ReleaseStatement : Statement {
  static constexpr StatementKind kKind = StatementKind::Release;
  Identifier name;
  ReleaseStatement() : Statement(kKind) {}
};

struct PragmaStatement : Statement {
  static constexpr StatementKind kKind = StatementKind::Pragma;
  Identifier schema;  // may be absent
  Identifier name;
  bool has_value = false;
  bool call = false;       // name(value), else name = value
  std::string_view value;  // unquoted; a number keeps its minus sign
  PragmaStatement() : Statement(kKind) {}
};

struct VacuumStatement : Statement {
  static constexpr StatementKind kKind = StatementKind::Vacuum;
  Identifier schema;     // may be absent
  Expr* into = nullptr;  // may be null
  VacuumStatement() : Statement(kKind) {}
};

struct AnalyzeStatement : Statement {
  static constexpr StatementKind kKind = StatementKind::Analyze;
  QualifiedName target;  // name absent: everything. A lone name may be a schema, a table or an index.
  AnalyzeStatement() : Statement(kKind) {}
};

struct ReindexStatement : Statement {
  static constexpr StatementKind kKind = StatementKind::Reindex;
  QualifiedName target;  // name absent: everything. A lone name may be a collation, a table or an index.
  ReindexStatement() : Statement(kKind) {}
};

struct AttachStatement : Statement {
  static constexpr StatementKind kKind = StatementKind::Attach;
  Expr* file = nullptr;    // a bare name is a string
  Expr* schema = nullptr;  // a bare name is a string
  Expr* key = nullptr;     // may be null
  AttachStatement() : Statement(kKind) {}
};

struct DetachStatement : Statement {
  static constexpr StatementKind kKind = StatementKind::Detach;
  Expr* schema = nullptr;  // a bare name is a string
  DetachStatement() : Statement(kKind) {}
};

}  // namespace sqlrite::sql
