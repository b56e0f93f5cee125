// The shell: one database, its settings, the reading of statements and dot commands.
#pragma once

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "output.h"
#include "sqlrite/sqlrite.h"

namespace sqlrite::shell {

// Where a failed statement failed, and what to say about it.
struct SqlError {
  enum class Phase { None, Open, Prepare, Step };
  Phase phase = Phase::None;
  int code = 0;         // primary
  std::string message;  // with the place in the statement, where it is known
  bool failed() const { return phase != Phase::None; }
};

class Shell {
 public:
  Shell();
  ~Shell();
  Shell(const Shell&) = delete;
  Shell& operator=(const Shell&) = delete;

  // What a line or command asks the caller to do.
  enum class Next { Continue, Failed, Exit };

  OutputOptions output;
  std::string path = ":memory:";
  bool read_only = false;
  bool bail = false;
  bool echo = false;
  bool interactive = false;
  bool leave = false;  // .exit CODE: every input ends
  int exit_code = 0;

  // Reads statements and dot commands to the end of the stream. Returns the number of errors.
  int run_stream(FILE* in, bool is_terminal);
  // Runs a file of commands. False: it cannot be opened.
  bool run_file(const std::string& file_path, int* error_count);
  // Runs one command line argument: SQL or a dot command.
  Next run_argument(const std::string& text, int* code);
  Next run_dot_command(std::string_view line);
  // Opens the database if it is not open yet. Null: it cannot be (the reason is printed).
  Connection* database();
  void print_help(const std::string& pattern);

 private:
  friend struct Commands;

  void run_statement_group(std::string_view sql, size_t line, FILE* in, int* error_count);
  SqlError run_sql(std::string_view sql);
  SqlError run_one(Statement& statement);
  void run_query_plan(Statement& statement, SqlError* error);
  void print_changes();

  // Rows of a query the shell itself needs; on failure the reason is printed and *ok is false.
  std::vector<std::vector<std::string>> query(const std::string& sql, const std::vector<std::string>& parameters,
                                              bool* ok);
  bool open(const std::string& new_path, bool fresh);
  void close();
  void set_output(const std::string& target, bool once);
  void reset_output();

  // dump.cc
  bool dump(const std::vector<std::string>& words);
  bool dump_rows(const std::string& table, bool preserve_rowids);
  bool show_schema(const std::vector<std::string>& words);
  bool show_names(const std::string& type_filter, const std::string& pattern_column,
                  const std::vector<std::string>& words);
  // import.cc
  bool import(const std::vector<std::string>& words);
  // backup.cc
  bool backup(const std::string& schema, const std::string& target_path);
  bool restore(const std::string& schema, const std::string& source_path);

  std::unique_ptr<Connection> connection_;
  FILE* out_ = stdout;
  bool out_is_pipe_ = false;
  bool out_is_once_ = false;
  std::string out_name_ = "stdout";
  bool timer_ = false;
  bool show_changes_ = false;
  int busy_timeout_ms_ = 0;
  int read_depth_ = 0;
  std::string prompt_ = "sqlrite> ";
  std::string continue_prompt_ = "   ...> ";
};

}  // namespace sqlrite::shell
