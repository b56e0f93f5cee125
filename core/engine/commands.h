// Commands: statements that are neither queries nor changes of rows. Each kind has its function; a statement runs it once
// at its first step and hands out what it left in `rows`.
#pragma once

#include <string_view>

#include "engine/row_set.h"
#include "engine/statement.h"

namespace sqlrite::engine {

struct Command {
  Connection& connection;
  Program& program;
  const sql::Statement& statement;
  const Value* parameters;
  uint32_t parameter_count;
  RowSet& rows;
  std::string_view text() const { return program.sql_text; }
};

Status run_command(Command& command);

// Whether the command counts as a writer, and what sqlite3_stmt_readonly() says.
bool command_writes(const sql::Statement& statement);
bool command_is_read_only(const sql::Statement& statement);

// ddl/
Status create_table(Command& command, const sql::CreateTableStatement& statement);
Status create_index(Command& command, const sql::CreateIndexStatement& statement);
Status create_view(Command& command, const sql::CreateViewStatement& statement);
Status create_trigger(Command& command, const sql::CreateTriggerStatement& statement);
Status drop_object(Command& command, const sql::DropStatement& statement);
Status alter_table(Command& command, const sql::AlterTableStatement& statement);

// One file each.
Status run_pragma(Command& command, const sql::PragmaStatement& statement);
Status vacuum(Command& command, const sql::VacuumStatement& statement);
Status analyze(Command& command, const sql::AnalyzeStatement& statement);
Status reindex(Command& command, const sql::ReindexStatement& statement);

// The value of an expression without columns (ATTACH, VACUUM INTO); its bytes are in `heap`.
Status evaluate_lone(Command& command, const sql::Expr& expr, Arena& heap, Value* out);

}  // namespace sqlrite::engine
