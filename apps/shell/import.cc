// .import: rows of a CSV or separated file become rows of a table.
#include <cstdlib>

#include "shell.h"
#include "text.h"

namespace sqlrite::shell {

namespace {

constexpr char kImportHelp[] =
    ".import FILE TABLE       Import data from FILE into TABLE\n"
    "   Options:\n"
    "     --ascii               Use \\037 and \\036 as column and row separators\n"
    "     --csv                 Use , and \\n as column and row separators\n"
    "     --skip N              Skip the first N rows of input\n"
    "     --schema S            Target table to be S.TABLE\n"
    "     -v                    \"Verbose\" - increase auxiliary output\n"
    "   Notes:\n"
    "     *  If TABLE does not exist, it is created.  The first row of input\n"
    "        determines the column names.\n"
    "     *  If neither --csv or --ascii are used, the input mode is derived\n"
    "        from the \".mode\" output mode\n"
    "     *  If FILE begins with \"|\" then it is a command that generates the\n"
    "        input text.\n";

// Fields of a file, one after the other. Quotes and line ends as RFC 4180 has them; plain separators when not `quoted`.
class FieldReader {
 public:
  FieldReader(FILE* in, std::string name, bool quoted, int column_separator, int row_separator)
      : in_(in),
        name_(std::move(name)),
        quoted_(quoted),
        column_separator_(column_separator),
        row_separator_(row_separator) {}

  // False: the file has ended.
  bool next(std::string* field) {
    field->clear();
    int c = get();
    if (c == EOF) {
      end_ = EOF;
      return false;
    }
    if (first_ && c == 0xef) c = skip_byte_order_mark(field);
    first_ = false;
    if (quoted_ && c == '"' && field->empty()) {
      read_quoted(field);
      return true;
    }
    while (c != EOF && c != column_separator_ && c != row_separator_) {
      *field += static_cast<char>(c);
      c = get();
    }
    if (c == row_separator_) {
      ++line_;
      if (quoted_ && !field->empty() && field->back() == '\r') field->pop_back();
    }
    end_ = c;
    return true;
  }
  bool row_continues() const { return end_ == column_separator_; }
  bool at_end() const { return end_ == EOF; }
  int line() const { return line_; }
  const std::string& name() const { return name_; }

 private:
  int get() { return getc_unlocked(in_); }

  int skip_byte_order_mark(std::string* field) {
    int second = get();
    if (second == 0xbb) {
      int third = get();
      if (third == 0xbf) return get();
      *field += static_cast<char>(0xef);
      *field += static_cast<char>(second);
      return third;
    }
    *field += static_cast<char>(0xef);
    return second;
  }

  void read_quoted(std::string* field) {
    int start = line_;
    int previous = 0;
    int before_previous = 0;
    while (true) {
      int c = get();
      if (c == row_separator_) ++line_;
      if (c == '"' && previous == '"') {
        // A doubled quote: the first of the two is in the field already.
        previous = 0;
        continue;
      }
      bool closed = previous == '"' && (c == column_separator_ || c == row_separator_ || c == EOF);
      bool closed_before_return = c == row_separator_ && previous == '\r' && before_previous == '"';
      if (closed || closed_before_return) {
        while (!field->empty() && field->back() != '"') field->pop_back();
        if (!field->empty()) field->pop_back();
        end_ = c;
        return;
      }
      if (previous == '"' && c != '\r') std::fprintf(stderr, "%s:%d: unescaped \" character\n", name_.c_str(), line_);
      if (c == EOF) {
        std::fprintf(stderr, "%s:%d: unterminated \"-quoted field\n", name_.c_str(), start);
        end_ = c;
        return;
      }
      *field += static_cast<char>(c);
      before_previous = previous;
      previous = c;
    }
  }

  FILE* in_;
  std::string name_;
  bool quoted_;
  int column_separator_;
  int row_separator_;
  int end_ = 0;
  int line_ = 1;
  bool first_ = true;
};

// Names for the columns of a new table: empty ones become "?", equal ones get their number.
std::vector<std::string> column_names(const std::vector<std::string>& titles, std::string* renamed) {
  std::vector<std::string> names;
  std::string digits = std::to_string(titles.size());
  for (size_t i = 0; i < titles.size(); ++i) {
    std::string name = titles[i].empty() ? "?" : titles[i];
    bool repeated = false;
    for (size_t j = 0; j < titles.size(); ++j) {
      repeated = repeated || (j != i && equals_ignoring_case(titles[j].empty() ? "?" : titles[j], name));
    }
    if (repeated) {
      std::string number = std::to_string(i + 1);
      std::string changed = name + "_" + std::string(digits.size() - number.size(), '0') + number;
      *renamed +=
          (renamed->empty() ? "" : ",\n") + quote_identifier_always(name) + " to " + quote_identifier_always(changed);
      name = changed;
    }
    names.push_back(name);
  }
  return names;
}

struct ImportOptions {
  std::string file_path;
  std::string table;
  std::string schema;
  bool ascii = false;
  bool csv = false;
  bool verbose = false;
  long skip = 0;
};

// Empty: the words are understood. Else what is wrong with them.
std::string parse_options(const std::vector<std::string>& words, ImportOptions* options) {
  for (size_t i = 1; i < words.size(); ++i) {
    std::string word = words[i];
    if (word.size() > 1 && word[0] == '-' && word[1] == '-') word.erase(0, 1);
    if (word.empty() || word[0] != '-') {
      if (options->file_path.empty()) {
        options->file_path = word;
      } else if (options->table.empty()) {
        options->table = word;
      } else {
        return "extra argument: \"" + word + "\".  Usage:";
      }
    } else if (word == "-v") {
      options->verbose = true;
    } else if (word == "-csv") {
      options->csv = true;
    } else if (word == "-ascii") {
      options->ascii = true;
    } else if (word == "-schema" && i + 1 < words.size()) {
      options->schema = words[++i];
    } else if (word == "-skip" && i + 1 < words.size()) {
      options->skip = std::strtol(words[++i].c_str(), nullptr, 10);
    } else {
      return "unknown option: \"" + word + "\".  Usage:";
    }
  }
  if (options->table.empty()) {
    return std::string("missing ") + (options->file_path.empty() ? "FILE" : "TABLE") + " argument. Usage:";
  }
  return "";
}

// Why these separators cannot be used; null: they can.
const char* separator_mistake(const std::string& column_separator, const std::string& row_separator) {
  if (column_separator.empty()) return "non-null column separator required for import";
  if (column_separator.size() > 1) return "multi-character column separators not allowed for import";
  if (row_separator.empty()) return "non-null row separator required for import";
  if (row_separator.size() > 1) return "multi-character row separators not allowed for import";
  return nullptr;
}

// A file, or the output of a command written as "|command"; null when it cannot be opened.
class InputFile {
 public:
  explicit InputFile(const std::string& path)
      : is_pipe_(path[0] == '|'), file_(is_pipe_ ? popen(path.c_str() + 1, "r") : std::fopen(path.c_str(), "rb")) {}
  ~InputFile() {
    if (file_ != nullptr) is_pipe_ ? pclose(file_) : std::fclose(file_);
  }
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;
  FILE* get() const { return file_; }
  bool is_pipe() const { return is_pipe_; }

 private:
  bool is_pipe_;
  FILE* file_;
};

bool fail(const Status& status) {
  std::fprintf(stderr, "Error: %s\n", std::string(status.message()).c_str());
  return false;
}

// Makes the table from the row that comes next, whose fields name the columns. False: it was said why not.
bool create_table(Connection& db, const std::string& target, FieldReader& reader) {
  std::vector<std::string> titles;
  std::string field;
  while (reader.next(&field)) {
    titles.push_back(field);
    if (!reader.row_continues()) break;
  }
  if (titles.empty()) {
    std::fprintf(stderr, "%s: empty file\n", reader.name().c_str());
    return false;
  }
  std::string renamed;
  std::string create = "CREATE TABLE " + target + "(\n";
  std::vector<std::string> names = column_names(titles, &renamed);
  for (size_t i = 0; i < names.size(); ++i) create += (i > 0 ? ", " : "") + quote_identifier_always(names[i]) + " TEXT";
  create += ")";
  if (!renamed.empty()) {
    std::fprintf(stderr, "Columns renamed during .import %s due to duplicates:\n%s\n", reader.name().c_str(),
                 renamed.c_str());
  }
  Status created = db.exec(create);
  return created.ok() || fail(created);
}

// Binds the fields of the next row. False: there is none.
bool bind_row(FieldReader& reader, Statement& insert, uint32_t column_count) {
  const int start_line = reader.line();
  const char* name = reader.name().c_str();
  std::string field;
  for (uint32_t i = 0; i < column_count; ++i) {
    bool have_field = reader.next(&field);
    if (!have_field && i == 0) return false;
    // A plain file may leave its last field out; it counts as empty.
    if (have_field) {
      insert.bind(i + 1, std::string_view(field)).ignore();
    } else {
      insert.bind(i + 1, nullptr).ignore();
    }
    if (i + 1 < column_count && !reader.row_continues()) {
      std::fprintf(stderr, "%s:%d: expected %u columns but found %u - filling the rest with NULL\n", name, start_line,
                   column_count, i + 1);
      for (++i; i < column_count; ++i) insert.bind(i + 1, nullptr).ignore();
    }
  }
  if (!reader.row_continues()) return true;
  uint32_t found = column_count;
  do {
    reader.next(&field);
    ++found;
  } while (reader.row_continues());
  std::fprintf(stderr, "%s:%d: expected %u columns but found %u - extras ignored\n", name, start_line, column_count,
               found);
  return true;
}

struct ImportTally {
  long row_count = 0;
  long error_count = 0;
};

// Every row that is left goes into the table; one that is refused is told and passed over.
ImportTally insert_rows(FieldReader& reader, Statement& insert, uint32_t column_count) {
  ImportTally tally;
  while (!reader.at_end()) {
    int start_line = reader.line();
    if (!bind_row(reader, insert, column_count)) break;
    Status status = insert.run();
    if (status.ok()) {
      ++tally.row_count;
      continue;
    }
    std::fprintf(stderr, "%s:%d: INSERT failed: %s\n", reader.name().c_str(), start_line,
                 std::string(status.message()).c_str());
    ++tally.error_count;
    insert.reset().ignore();
  }
  return tally;
}

}  // namespace

bool Shell::import(const std::vector<std::string>& words) {
  ImportOptions options;
  options.ascii = output.mode == Mode::Ascii;
  if (std::string mistake = parse_options(words, &options); !mistake.empty()) {
    std::fprintf(out_, "ERROR: %s\n%s", mistake.c_str(), kImportHelp);
    return false;
  }
  std::string column_separator = options.csv ? "," : options.ascii ? "\x1f" : output.column_separator;
  std::string row_separator = options.csv ? "\n" : options.ascii ? "\x1e" : output.row_separator;
  const bool two_byte_ends = row_separator == "\r\n";
  if (two_byte_ends) row_separator = "\n";
  if (const char* mistake = separator_mistake(column_separator, row_separator)) {
    std::fprintf(stderr, "Error: %s\n", mistake);
    return false;
  }
  // From here on the output has plain line ends as well: SQLite's shell has it so.
  if (two_byte_ends) output.row_separator = "\n";
  if (!database()) return false;
  InputFile in(options.file_path);
  if (in.get() == nullptr) {
    std::fprintf(stderr, "Error: cannot open \"%s\"\n", options.file_path.c_str());
    return false;
  }
  FieldReader reader(in.get(), in.is_pipe() ? "<pipe>" : options.file_path, !options.ascii,
                     static_cast<unsigned char>(column_separator[0]), static_cast<unsigned char>(row_separator[0]));
  std::string skipped;
  for (; options.skip > 0; --options.skip) {
    while (reader.next(&skipped) && reader.row_continues()) {
    }
  }

  Connection& db = *connection_;
  std::string target = (options.schema.empty() ? "" : quote_identifier_always(options.schema) + ".") +
                       quote_identifier_always(options.table);
  Result<Statement> shape = db.prepare("SELECT * FROM " + target);
  if (!shape.ok()) {
    if (!create_table(db, target, reader)) return false;
    shape = db.prepare("SELECT * FROM " + target);
    if (!shape.ok()) return fail(shape.status());
  }
  uint32_t column_count = shape.value().column_count();
  shape.value().finalize();
  if (column_count == 0) return true;
  std::string insert_sql = "INSERT INTO " + target + " VALUES(?";
  for (uint32_t i = 1; i < column_count; ++i) insert_sql += ",?";
  Result<Statement> prepared = db.prepare(insert_sql + ")");
  if (!prepared.ok()) return fail(prepared.status());
  Statement insert = prepared.take();

  bool own_transaction = db.is_autocommit();
  if (own_transaction) {
    if (Status begun = db.exec("BEGIN"); !begun.ok()) return fail(begun);
  }
  ImportTally tally = insert_rows(reader, insert, column_count);
  insert.finalize();
  bool committed = true;
  if (own_transaction) {
    if (Status status = db.exec("COMMIT"); !status.ok()) committed = fail(status);
  }
  if (options.verbose) {
    std::fprintf(out_, "Added %ld rows with %ld errors using %d lines of input\n", tally.row_count, tally.error_count,
                 reader.line() - 1);
  }
  return committed && tally.error_count == 0;
}

}  // namespace sqlrite::shell
