// Reading and running statements; see shell.h. Dot commands are in commands.cc.
#include "shell.h"

#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>

#include "text.h"

namespace sqlrite::shell {

namespace {

// What Ctrl-C interrupts.
std::atomic<Connection*> running_connection{nullptr};
std::atomic<int> interrupt_count{0};

void on_interrupt(int) {
  if (interrupt_count.fetch_add(1) >= 2) _exit(1);
  if (Connection* connection = running_connection.load()) connection->interrupt();
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

class Timer {
 public:
  explicit Timer(bool on) : on_(on) {
    if (!on_) return;
    getrusage(RUSAGE_SELF, &usage_);
    start_ = std::chrono::steady_clock::now();
  }
  void print() const {
    if (!on_) return;
    rusage end;
    getrusage(RUSAGE_SELF, &end);
    double real = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    std::printf("Run Time: real %.3f user %f sys %f\n", real, seconds(end.ru_utime) - seconds(usage_.ru_utime),
                seconds(end.ru_stime) - seconds(usage_.ru_stime));
  }

 private:
  bool on_;
  rusage usage_{};
  std::chrono::steady_clock::time_point start_;
};

// The piece of the statement around the error, with a mark under the place.
std::string error_place(std::string_view sql, int64_t offset) {
  if (offset < 0 || static_cast<size_t>(offset) >= sql.size()) return "";
  auto place = static_cast<size_t>(offset);
  while (place > 50) {
    --place;
    sql.remove_prefix(1);
    while (!sql.empty() && (sql[0] & 0xc0) == 0x80) {
      sql.remove_prefix(1);
      --place;
    }
  }
  size_t length = sql.size();
  if (length > 78) {
    length = 78;
    while ((sql[length] & 0xc0) == 0x80) --length;
  }
  std::string code(sql.substr(0, length));
  for (char& c : code) {
    if (is_space(c)) c = ' ';
  }
  if (place < 25) return "\n  " + code + "\n  " + std::string(place, ' ') + "^--- error here";
  return "\n  " + code + "\n  " + std::string(place - 14, ' ') + "error here ---^";
}

bool is_query_plan(std::string_view sql) {
  while (!sql.empty() && is_space(sql[0])) sql.remove_prefix(1);
  std::vector<std::string> words = split_words(sql.substr(0, 60));
  return words.size() > 2 && equals_ignoring_case(words[0], "explain") && equals_ignoring_case(words[1], "query") &&
         equals_ignoring_case(words[2], "plan");
}

// A line that alone ends a statement, as in other databases' shells.
bool is_terminator_line(std::string_view line) {
  while (!line.empty() && is_space(line[0])) line.remove_prefix(1);
  while (!line.empty() && is_space(line.back())) line.remove_suffix(1);
  return line == "/" || equals_ignoring_case(line, "go");
}

bool read_line(FILE* in, std::string* line) {
  line->clear();
  int c;
  while ((c = getc_unlocked(in)) != EOF) {
    if (c == '\n') {
      if (!line->empty() && line->back() == '\r') line->pop_back();
      return true;
    }
    *line += static_cast<char>(c);
  }
  return !line->empty();
}

struct PlanNode {
  std::string id, parent, detail;
};

void print_plan(FILE* out, const std::vector<PlanNode>& nodes, const std::string& parent, const std::string& indent) {
  std::vector<const PlanNode*> children;
  for (const PlanNode& node : nodes) {
    if (node.parent == parent && node.id != parent) children.push_back(&node);
  }
  for (size_t i = 0; i < children.size(); ++i) {
    bool last = i + 1 == children.size();
    std::fprintf(out, "%s%s%s\n", indent.c_str(), last ? "`--" : "|--", children[i]->detail.c_str());
    print_plan(out, nodes, children[i]->id, indent + (last ? "   " : "|  "));
  }
}

}  // namespace

Shell::Shell() { std::signal(SIGINT, on_interrupt); }

Shell::~Shell() {
  reset_output();
  close();
}

Connection* Shell::database() {
  if (connection_) return connection_.get();
  Result<Connection> opened = Connection::open(path, read_only ? OpenMode::ReadOnly : OpenMode::ReadWriteCreate);
  if (!opened.ok()) {
    std::fprintf(stderr, "Error: unable to open database \"%s\": %s\n", path.c_str(),
                 std::string(opened.status().message()).c_str());
    return nullptr;
  }
  connection_ = std::make_unique<Connection>(opened.take());
  if (busy_timeout_ms_ > 0) connection_->set_busy_timeout(busy_timeout_ms_);
  running_connection = connection_.get();
  return connection_.get();
}

void Shell::close() {
  running_connection = nullptr;
  connection_.reset();
}

std::vector<std::vector<std::string>> Shell::query(const std::string& sql, const std::vector<std::string>& parameters,
                                                   bool* ok) {
  std::vector<std::vector<std::string>> rows;
  *ok = false;
  Connection* db = database();
  if (!db) return rows;
  auto fail = [&](const Status& status) {
    std::fprintf(stderr, "Error: %s\n", std::string(status.message()).c_str());
    return rows;
  };
  Result<Statement> prepared = db->prepare(sql);
  if (!prepared.ok()) return fail(prepared.status());
  Statement statement = prepared.take();
  for (size_t i = 0; i < parameters.size(); ++i) {
    Status bound = statement.bind(static_cast<uint32_t>(i + 1), std::string_view(parameters[i]));
    if (!bound.ok()) return fail(bound);
  }
  while (true) {
    Result<bool> step = statement.step();
    if (!step.ok()) return fail(step.status());
    if (!step.value()) break;
    std::vector<std::string>& row = rows.emplace_back();
    for (uint32_t i = 0; i < statement.column_count(); ++i) row.emplace_back(statement.column_text(i));
  }
  *ok = true;
  return rows;
}

void Shell::run_query_plan(Statement& statement, SqlError* error) {
  std::vector<PlanNode> nodes;
  while (true) {
    Result<bool> step = statement.step();
    if (!step.ok()) {
      *error = {SqlError::Phase::Step, static_cast<int>(step.status().primary()), std::string(step.status().message())};
      return;
    }
    if (!step.value()) break;
    nodes.push_back({std::string(statement.column_text(0)), std::string(statement.column_text(1)),
                     std::string(statement.column_text(3))});
  }
  std::fputs("QUERY PLAN\n", out_);
  print_plan(out_, nodes, "0", "");
  std::fflush(out_);
}

SqlError Shell::run_one(Statement& statement) {
  SqlError error;
  if (statement.column_count() == 4 && is_query_plan(statement.sql())) {
    run_query_plan(statement, &error);
    return error;
  }
  RowWriter writer(output, out_);
  while (true) {
    Result<bool> step = statement.step();
    if (!step.ok()) {
      error = {SqlError::Phase::Step, static_cast<int>(step.status().primary()), std::string(step.status().message())};
      break;
    }
    if (!step.value()) break;
    writer.add_row(statement);
  }
  writer.finish();
  return error;
}

SqlError Shell::run_sql(std::string_view sql) {
  Connection* db = database();
  if (!db) return {SqlError::Phase::Open, static_cast<int>(Code::CantOpen), ""};
  while (!sql.empty()) {
    size_t tail = sql.size();
    Result<Statement> prepared = db->prepare(sql, &tail);
    if (!prepared.ok()) {
      const Status& status = prepared.status();
      return {SqlError::Phase::Prepare, static_cast<int>(status.primary()),
              std::string(status.message()) + error_place(until_nul(sql), status.sql_offset())};
    }
    Statement statement = prepared.take();
    if (statement) {
      SqlError error = run_one(statement);
      if (error.failed()) return error;
    }
    sql.remove_prefix(std::min(std::max<size_t>(tail, 1), sql.size()));
    while (!sql.empty() && is_space(sql[0])) sql.remove_prefix(1);
  }
  return {};
}

void Shell::print_changes() {
  if (!show_changes_ || !connection_) return;
  std::fprintf(out_, "changes: %lld   total_changes: %lld\n", static_cast<long long>(connection_->changes()),
               static_cast<long long>(connection_->total_changes()));
}

void Shell::run_statement_group(std::string_view sql, size_t line, FILE* in, int* error_count) {
  if (echo) std::fprintf(out_, "%.*s\n", static_cast<int>(sql.size()), sql.data());
  Timer timer(timer_);
  SqlError error = run_sql(sql);
  timer.print();
  if (error.failed()) {
    ++*error_count;
    std::fflush(out_);
    bool numbered = in != stdin || !interactive;
    std::string place = numbered ? " near line " + std::to_string(line) : "";
    switch (error.phase) {
      case SqlError::Phase::Prepare:
        std::fprintf(stderr, "Parse error%s: %s\n", place.c_str(), error.message.c_str());
        break;
      case SqlError::Phase::Step:
        std::fprintf(stderr, "Runtime error%s: %s", place.c_str(), error.message.c_str());
        if (error.code > 1) std::fprintf(stderr, " (%d)", error.code);
        std::fputc('\n', stderr);
        break;
      default: break;  // said already
    }
  } else {
    print_changes();
  }
  if (out_is_once_) reset_output();
}

int Shell::run_stream(FILE* in, bool is_terminal) {
  int error_count = 0;
  if (read_depth_ >= 25) {
    std::fprintf(stderr, "Input nesting limit (25) reached. Check recursion.\n");
    return 1;
  }
  ++read_depth_;
  std::string sql, line;
  size_t line_number = 0;
  size_t start_line = 0;
  while (error_count == 0 || !bail || is_terminal) {
    if (is_terminal) {
      std::fputs(sql.empty() ? prompt_.c_str() : continue_prompt_.c_str(), stdout);
    }
    std::fflush(stdout);
    if (!read_line(in, &line)) {
      if (is_terminal) std::fputc('\n', stdout);
      break;
    }
    interrupt_count = 0;
    ++line_number;
    if (sql.empty() && is_blank_sql(line)) {
      if (echo) std::fprintf(out_, "%s\n", line.c_str());
      continue;
    }
    if (sql.empty() && (line[0] == '.' || line[0] == '#')) {
      if (echo) std::fprintf(out_, "%s\n", line.c_str());
      if (line[0] == '#') continue;
      Next next = run_dot_command(line);
      if (next == Next::Exit) break;
      if (next == Next::Failed) ++error_count;
      if (leave) break;
      continue;
    }
    bool ends = is_terminator_line(line) && is_complete_sql(sql + ";");
    if (sql.empty()) {
      size_t first = 0;
      while (first < line.size() && is_space(line[first])) ++first;
      sql = line.substr(first);
      start_line = line_number;
    } else {
      sql += '\n';
      sql += ends ? ";" : line;
    }
    // Only a line with a semicolon can end a statement: the others are not worth a look at the whole text.
    bool may_end = ends || line.find(';') != std::string::npos;
    if (!may_end || !is_complete_sql(sql)) continue;
    run_statement_group(sql, start_line, in, &error_count);
    sql.clear();
  }
  if (!leave && !sql.empty() && !is_blank_sql(sql) && (error_count == 0 || !bail))
    run_statement_group(sql, start_line, in, &error_count);
  --read_depth_;
  return error_count;
}

bool Shell::run_file(const std::string& file_path, int* error_count) {
  FILE* file = std::fopen(file_path.c_str(), "rb");
  if (!file) return false;
  int errors = run_stream(file, false);
  std::fclose(file);
  *error_count += errors;
  return true;
}

Shell::Next Shell::run_argument(const std::string& text, int* code) {
  *code = 0;
  if (!text.empty() && text[0] == '.') {
    Next next = run_dot_command(text);
    if (next == Next::Failed) *code = 1;
    return next;
  }
  if (echo) std::fprintf(out_, "%s\n", text.c_str());
  SqlError error = run_sql(text);
  if (out_is_once_) reset_output();
  if (!error.failed()) return Next::Continue;
  std::fflush(out_);
  *code = error.phase == SqlError::Phase::Open ? 1 : error.code;
  if (error.phase == SqlError::Phase::Prepare) std::fprintf(stderr, "Error: in prepare, %s\n", error.message.c_str());
  if (error.phase == SqlError::Phase::Step) {
    std::fprintf(stderr, "Error: stepping, %s", error.message.c_str());
    if (error.code > 1) std::fprintf(stderr, " (%d)", error.code);
    std::fputc('\n', stderr);
  }
  return Next::Failed;
}

}  // namespace sqlrite::shell
