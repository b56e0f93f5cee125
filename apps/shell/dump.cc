// .dump, .schema, .tables and .indexes: the database described in SQL and names.
#include <algorithm>

#include "shell.h"
#include "text.h"

namespace sqlrite::shell {

namespace {

// The stored text of a schema entry as a statement. Tables with quoted names come from imports and other databases: they get
// IF NOT EXISTS, as the SQLite shell does.
void print_schema_entry(FILE* out, std::string_view sql, const char* end) {
  constexpr std::string_view kStart = "CREATE TABLE ";
  if (sql.starts_with(kStart) && sql.size() > kStart.size() &&
      (sql[kStart.size()] == '"' || sql[kStart.size()] == '\'')) {
    std::fprintf(out, "CREATE TABLE IF NOT EXISTS %.*s%s", static_cast<int>(sql.size() - kStart.size()),
                 sql.data() + kStart.size(), end);
    return;
  }
  // A comment to the end of the line must not swallow the semicolon.
  size_t last_line = sql.find_last_of('\n');
  std::string_view tail = last_line == std::string_view::npos ? sql : sql.substr(last_line + 1);
  bool open_comment = tail.find("--") != std::string_view::npos && !is_complete_sql(std::string(sql) + ";");
  std::fprintf(out, "%.*s%s%s", static_cast<int>(sql.size()), sql.data(), open_comment ? "\n" : "", end);
}

// The text of a schema entry of another database than main, its name qualified.
std::string qualified(const std::string& sql, const std::string& schema) {
  for (std::string_view start : {"CREATE TABLE", "CREATE VIEW", "CREATE INDEX", "CREATE UNIQUE INDEX", "CREATE TRIGGER",
                                 "CREATE VIRTUAL TABLE"}) {
    if (!std::string_view(sql).starts_with(start) || sql.size() <= start.size() || sql[start.size()] != ' ') continue;
    return sql.substr(0, start.size() + 1) + quote_identifier(schema) + "." + sql.substr(start.size() + 1);
  }
  return sql;
}

// The LIKE or GLOB comparison a pattern asks for.
const char* pattern_operator(const std::string& pattern) {
  return pattern.find_first_of("*?[") != std::string::npos ? " GLOB ?1" : " LIKE ?1 ESCAPE '\\'";
}

std::string lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return text;
}

}  // namespace

bool Shell::show_schema(const std::vector<std::string>& words) {
  std::string pattern;
  bool no_system = false;
  for (size_t i = 1; i < words.size(); ++i) {
    if (words[i] == "--nosys" || words[i] == "-nosys") {
      no_system = true;
    } else if (words[i].size() > 1 && words[i][0] == '-') {
      std::fprintf(stderr, "Unknown option: \"%s\"\n", words[i].c_str());
      return false;
    } else if (pattern.empty()) {
      pattern = lower(words[i]);
    } else {
      std::fprintf(stderr, "Usage: .schema ?--nosys? ?LIKE-PATTERN?\n");
      return false;
    }
  }
  if (pattern == "sqlite_schema" || pattern == "sqlite_master" || pattern == "sqlite_temp_schema" ||
      pattern == "sqlite_temp_master") {
    std::fprintf(
        out_,
        "CREATE %sTABLE %s (\n  type text,\n  name text,\n  tbl_name text,\n  rootpage integer,\n  sql text\n);\n",
        pattern.find("temp") != std::string::npos ? "TEMP " : "", pattern.c_str());
  }
  bool ok = false;
  for (const auto& schema : query("PRAGMA database_list", {}, &ok)) {
    const std::string& name = schema[1];
    std::string sql = "SELECT type, name, sql FROM " + quote_identifier_always(name) +
                      (name == "temp" ? ".sqlite_temp_schema" : ".sqlite_schema") +
                      " WHERE sql IS NOT NULL AND sql <> ''";
    std::vector<std::string> parameters;
    if (!pattern.empty()) {
      bool with_schema = pattern.find('.') != std::string::npos;
      std::string subject = with_schema ? quote_text(lower(name)) + "||'.'||lower(tbl_name)" : "lower(tbl_name)";
      sql += " AND " + subject + pattern_operator(pattern);
      parameters.push_back(pattern);
    }
    if (no_system) sql += " AND name NOT LIKE 'sqlite__%' ESCAPE '_'";
    sql += " ORDER BY rowid";
    bool entries_ok = false;
    for (const auto& entry : query(sql, parameters, &entries_ok)) {
      std::string text = name == "main" ? entry[2] : qualified(entry[2], name);
      if (entry[0] == "view") {
        std::string shown_name = (name == "main" ? "" : quote_identifier(name) + ".") + quote_identifier(entry[1]);
        // A view that cannot be read any more is shown without its columns.
        std::string select = "SELECT * FROM " + quote_identifier_always(name) + "." + quote_identifier_always(entry[1]);
        Result<Statement> view = connection_->prepare(select);
        if (view.ok()) {
          text += "\n/* " + shown_name;
          for (uint32_t i = 0; i < view.value().column_count(); ++i) {
            text += i == 0 ? "(" : ",";
            text += quote_identifier(view.value().column_name(i));
          }
          text += ") */";
        }
      }
      print_schema_entry(out_, text, ";\n");
    }
    if (!entries_ok) return false;
  }
  return ok;
}

// Names in as many columns as fit 80 characters, sorted down the columns.
bool Shell::show_names(const std::string& type_filter, const std::string& pattern_column,
                       const std::vector<std::string>& words) {
  bool ok = false;
  std::vector<std::string> names;
  for (const auto& schema : query("PRAGMA database_list", {}, &ok)) {
    std::string sql = "SELECT name FROM " + quote_identifier_always(schema[1]) +
                      (schema[1] == "temp" ? ".sqlite_temp_schema" : ".sqlite_schema") + " WHERE " + type_filter;
    std::vector<std::string> parameters;
    if (words.size() > 1) {
      sql += " AND " + pattern_column + " LIKE ?1";
      parameters.push_back(words[1]);
    }
    bool names_ok = false;
    for (auto& row : query(sql, parameters, &names_ok)) {
      names.push_back(schema[1] == "main" ? row[0] : schema[1] + "." + row[0]);
    }
    if (!names_ok) return false;
  }
  std::sort(names.begin(), names.end());
  size_t longest = 0;
  for (const std::string& name : names) longest = std::max(longest, name.size());
  size_t columns = std::max<size_t>(1, 80 / (longest + 2));
  size_t lines = (names.size() + columns - 1) / columns;
  for (size_t line = 0; line < lines; ++line) {
    for (size_t i = line; i < names.size(); i += lines) {
      std::fprintf(out_, "%s%-*s", i < lines ? "" : "  ", static_cast<int>(longest), names[i].c_str());
    }
    std::fputc('\n', out_);
  }
  return ok;
}

bool Shell::dump_rows(const std::string& table, bool preserve_rowids) {
  // Hidden and generated columns are not stored by INSERT.
  bool ok = false;
  std::vector<std::string> columns;
  std::string primary_key;
  size_t primary_key_size = 0;
  bool integer_key = false;
  bool partial = false;
  for (const auto& column : query("PRAGMA table_xinfo(" + quote_identifier_always(table) + ")", {}, &ok)) {
    if (column[6] != "0") {
      partial = true;
      continue;
    }
    columns.push_back(column[1]);
    if (column[5] != "0") {
      ++primary_key_size;
      primary_key = column[1];
      integer_key = equals_ignoring_case(column[2], "INTEGER");
    }
  }
  if (!ok) return false;
  std::string rowid;
  if (preserve_rowids && !(primary_key_size == 1 && integer_key)) {
    for (const char* name : {"rowid", "_rowid_", "oid"}) {
      bool taken = std::any_of(columns.begin(), columns.end(),
                               [&](const std::string& column) { return equals_ignoring_case(column, name); });
      if (taken) continue;
      if (connection_->prepare("SELECT " + std::string(name) + " FROM " + quote_identifier_always(table)).ok())
        rowid = name;
      break;
    }
  }
  std::string target = quote_identifier(table);
  if (!rowid.empty()) {
    target += "(" + rowid;
    for (const std::string& column : columns) target += "," + quote_identifier(column);
    target += ")";
  }
  std::string sql = "SELECT ";
  if (!rowid.empty()) sql += rowid + ",";
  if (partial || !rowid.empty()) {
    for (size_t i = 0; i < columns.size(); ++i) sql += (i > 0 ? "," : "") + quote_identifier_always(columns[i]);
  } else {
    sql += "*";
  }
  sql += " FROM " + quote_identifier_always(table);
  Result<Statement> prepared = connection_->prepare(sql);
  Status failure;
  if (prepared.ok()) {
    Statement statement = prepared.take();
    std::string line;
    while (true) {
      Result<bool> step = statement.step();
      if (!step.ok()) {
        failure = step.take_status();
        break;
      }
      if (!step.value()) break;
      line = "INSERT INTO " + target + " VALUES(";
      for (uint32_t i = 0; i < statement.column_count(); ++i) {
        if (i > 0) line += ',';
        line += column_literal(statement, i, true);
      }
      line += ");\n";
      std::fwrite(line.data(), 1, line.size(), out_);
    }
  } else {
    failure = prepared.take_status();
  }
  if (failure.ok()) return true;
  std::fprintf(out_, "/****** ERROR: %s ******/\n", std::string(failure.message()).c_str());
  return false;
}

bool Shell::dump(const std::vector<std::string>& words) {
  bool data_only = false;
  bool preserve_rowids = false;
  bool no_system = false;
  std::string filter;
  for (size_t i = 1; i < words.size(); ++i) {
    if (words[i].size() > 1 && words[i][0] == '-') {
      std::string name = words[i].substr(words[i][1] == '-' ? 2 : 1);
      if (name == "data-only") {
        data_only = true;
      } else if (name == "preserve-rowids") {
        preserve_rowids = true;
      } else if (name == "nosys") {
        no_system = true;
      } else {
        std::fprintf(stderr, "Unknown option \"%s\" on \".dump\"\n", words[i].c_str());
        return false;
      }
      continue;
    }
    if (!filter.empty()) filter += " OR ";
    filter += "name LIKE " + quote_text(words[i]) + " ESCAPE '\\'";
  }
  if (filter.empty()) filter = "true";
  if (!database()) return false;
  if (!data_only) std::fputs("PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\n", out_);
  // One snapshot for the whole dump.
  bool in_savepoint = connection_->exec("SAVEPOINT dump").ok();
  bool ok = false;
  bool good = true;
  std::string system = no_system ? " AND name NOT LIKE 'sqlite__%' ESCAPE '_'" : "";
  for (const auto& table :
       query("SELECT name, sql FROM sqlite_schema WHERE (" + filter + ") AND type='table' AND sql IS NOT NULL" +
                 system + " ORDER BY tbl_name='sqlite_sequence', rowid",
             {}, &ok)) {
    const std::string& name = table[0];
    bool is_sequence = name == "sqlite_sequence";
    bool is_statistics = name.starts_with("sqlite_stat");
    if (is_sequence) {
      if (!data_only) std::fputs("DELETE FROM sqlite_sequence;\n", out_);
    } else if (is_statistics) {
      if (!data_only) std::fputs("ANALYZE sqlite_schema;\n", out_);
    } else if (name.starts_with("sqlite_")) {
      continue;
    } else if (!data_only) {
      print_schema_entry(out_, table[1], ";\n");
    }
    good = dump_rows(name, preserve_rowids && !is_sequence) && good;
  }
  if (!data_only && ok) {
    for (const auto& entry : query("SELECT sql FROM sqlite_schema WHERE (" + filter +
                                       ") AND sql IS NOT NULL AND type IN ('index','trigger','view')",
                                   {}, &ok)) {
      print_schema_entry(out_, entry[0], ";\n");
    }
  }
  if (in_savepoint) connection_->exec("RELEASE dump").ignore();
  good = good && ok;
  if (!data_only) std::fputs(good ? "COMMIT;\n" : "ROLLBACK; -- due to errors\n", out_);
  return good;
}

}  // namespace sqlrite::shell
