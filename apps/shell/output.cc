// The output modes that write row by row; see output.h. Grids are drawn in grid.cc.
#include "output.h"

#include <algorithm>

#include "text.h"

namespace sqlrite::shell {

namespace {

struct ModeInfo {
  const char* name;
  Mode mode;
  const char* column_separator;  // null: stays as it is
  const char* row_separator;
};

constexpr ModeInfo kModes[] = {{"list", Mode::List, "|", "\n"},
                               {"line", Mode::Line, nullptr, "\n"},
                               {"column", Mode::Column, nullptr, "\n"},
                               {"box", Mode::Box, nullptr, nullptr},
                               {"table", Mode::Table, nullptr, nullptr},
                               {"markdown", Mode::Markdown, nullptr, nullptr},
                               {"csv", Mode::Csv, ",", "\r\n"},
                               {"json", Mode::Json, nullptr, nullptr},
                               {"quote", Mode::Quote, ",", "\n"},
                               {"insert", Mode::Insert, nullptr, nullptr},
                               {"html", Mode::Html, nullptr, nullptr},
                               {"ascii", Mode::Ascii, "\x1f", "\x1e"},
                               {"tcl", Mode::Tcl, " ", "\n"},
                               {"tabs", Mode::List, "\t", nullptr},
                               {"qbox", Mode::Box, nullptr, nullptr}};

void append_html(std::string& out, std::string_view text) {
  for (char c : text) {
    switch (c) {
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '&': out += "&amp;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out += c;
    }
  }
}

}  // namespace

const char* mode_name(Mode mode) {
  for (const ModeInfo& info : kModes) {
    if (info.mode == mode) return info.name;
  }
  return "list";
}

bool is_grid(Mode mode) {
  return mode == Mode::Column || mode == Mode::Box || mode == Mode::Table || mode == Mode::Markdown;
}

bool select_mode(OutputOptions& options, std::string_view name) {
  if (name.empty()) return false;
  for (const ModeInfo& info : kModes) {
    if (!std::string_view(info.name).starts_with(name) && std::string_view("columns") != name &&
        std::string_view("lines") != name) {
      continue;
    }
    if ((name == "columns" && info.mode != Mode::Column) || (name == "lines" && info.mode != Mode::Line)) continue;
    // "t" alone is no mode; the others may be shortened to one letter where that is clear.
    options.mode = info.mode;
    if (info.column_separator) options.column_separator = info.column_separator;
    if (info.row_separator) options.row_separator = info.row_separator;
    if (info.mode == Mode::Column && !options.header_was_set) options.header = true;
    if (is_grid(info.mode)) {
      bool quoted = std::string_view(info.name) == "qbox";
      options.wrap = 60;
      options.word_wrap = false;
      options.quote = quoted;
    }
    return true;
  }
  return false;
}

std::string column_literal(const Statement& statement, uint32_t column, bool one_line) {
  switch (statement.column_type(column)) {
    case ValueType::Null: return "NULL";
    case ValueType::Integer: return std::string(statement.column_text(column));
    case ValueType::Real: {
      double value = statement.column_double(column);
      return real_literal(value, statement.column_text(column));
    }
    case ValueType::Blob: return quote_blob(statement.column_blob(column));
    case ValueType::Text: break;
  }
  std::string_view text = until_nul(statement.column_text(column));
  return one_line ? quote_text_on_one_line(text) : quote_text(text);
}

std::string_view RowWriter::shown_text(const Statement& statement, uint32_t column) const {
  return statement.is_null(column) ? std::string_view(options_.null_text) : until_nul(statement.column_text(column));
}

void RowWriter::add_row(const Statement& statement) {
  if (statement.column_count() == 0) return;
  if (row_count_ == 0) add_header(statement);
  if (is_grid(options_.mode)) {
    std::vector<std::string>& row = rows_.emplace_back();
    for (uint32_t i = 0; i < statement.column_count(); ++i) {
      if (!options_.quote) {
        row.emplace_back(shown_text(statement, i));
      } else if (statement.column_type(i) == ValueType::Blob) {
        row.push_back(quote_blob(statement.column_blob(i), 'x'));
      } else {
        row.push_back(column_literal(statement, i, false));
      }
    }
  } else {
    switch (options_.mode) {
      case Mode::Line: add_line_row(statement); break;
      case Mode::Json: add_json_row(statement); break;
      case Mode::Insert: add_insert_row(statement); break;
      case Mode::Html: add_html_row(statement); break;
      default: add_separated_row(statement);
    }
  }
  ++row_count_;
  if (buffer_.size() >= 1 << 15) flush();
}

void RowWriter::finish() {
  if (row_count_ > 0 && options_.mode == Mode::Json) buffer_ += "]\n";
  if (!rows_.empty()) buffer_ += draw_grid(options_, titles_, rows_);
  flush();
  std::fflush(out_);
}

void RowWriter::flush() {
  std::fwrite(buffer_.data(), 1, buffer_.size(), out_);
  buffer_.clear();
}

void RowWriter::add_header(const Statement& statement) {
  uint32_t count = statement.column_count();
  for (uint32_t i = 0; i < count; ++i) titles_.emplace_back(until_nul(statement.column_name(i)));
  if (!options_.header) return;
  if (options_.mode == Mode::Html) {
    buffer_ += "<TR>";
    for (const std::string& title : titles_) {
      buffer_ += "<TH>";
      append_html(buffer_, title);
      buffer_ += "</TH>\n";
    }
    buffer_ += "</TR>\n";
    return;
  }
  bool separated = options_.mode == Mode::List || options_.mode == Mode::Csv || options_.mode == Mode::Quote ||
                   options_.mode == Mode::Ascii || options_.mode == Mode::Tcl;
  if (!separated) return;
  for (uint32_t i = 0; i < count; ++i) {
    if (i > 0) buffer_ += options_.column_separator;
    switch (options_.mode) {
      case Mode::Csv: add_csv_field(titles_[i]); break;
      case Mode::Quote: buffer_ += quote_text(titles_[i]); break;
      case Mode::Tcl: buffer_ += quote_c(titles_[i]); break;
      default: buffer_ += titles_[i];
    }
  }
  buffer_ += options_.row_separator;
}

void RowWriter::add_csv_field(std::string_view text) {
  bool quoted = text.empty() ||
                (!options_.column_separator.empty() && text.find(options_.column_separator) != std::string_view::npos);
  for (char c : text)
    quoted = quoted || static_cast<unsigned char>(c) <= ' ' || c == '"' || c == '\'' || c == 0x7f || (c & 0x80);
  if (quoted) {
    buffer_ += quote_identifier_always(text);
  } else {
    buffer_ += text;
  }
}

void RowWriter::add_separated_row(const Statement& statement) {
  for (uint32_t i = 0; i < statement.column_count(); ++i) {
    if (i > 0) buffer_ += options_.column_separator;
    switch (options_.mode) {
      case Mode::Csv:
        if (statement.is_null(i)) {
          buffer_ += options_.null_text;
        } else {
          add_csv_field(until_nul(statement.column_text(i)));
        }
        break;
      case Mode::Quote: buffer_ += column_literal(statement, i, false); break;
      case Mode::Tcl: buffer_ += quote_c(shown_text(statement, i)); break;
      default: buffer_ += shown_text(statement, i);
    }
  }
  buffer_ += options_.row_separator;
}

void RowWriter::add_line_row(const Statement& statement) {
  size_t width = 5;
  for (const std::string& title : titles_) width = std::max(width, title.size());
  if (row_count_ > 0) buffer_ += options_.row_separator;
  for (uint32_t i = 0; i < statement.column_count(); ++i) {
    buffer_.append(width - titles_[i].size(), ' ');
    buffer_ += titles_[i];
    buffer_ += " = ";
    buffer_ += shown_text(statement, i);
    buffer_ += options_.row_separator;
  }
}

void RowWriter::add_json_row(const Statement& statement) {
  buffer_ += row_count_ == 0 ? "[{" : ",\n{";
  for (uint32_t i = 0; i < statement.column_count(); ++i) {
    if (i > 0) buffer_ += ',';
    buffer_ += quote_json(titles_[i]);
    buffer_ += ':';
    switch (statement.column_type(i)) {
      case ValueType::Null: buffer_ += "null"; break;
      case ValueType::Integer: buffer_ += statement.column_text(i); break;
      case ValueType::Real: {
        double value = statement.column_double(i);
        buffer_ += real_literal(value, statement.column_text(i));
        break;
      }
      case ValueType::Text: buffer_ += quote_json(statement.column_text(i)); break;
      case ValueType::Blob: buffer_ += quote_json(statement.column_blob(i)); break;
    }
  }
  buffer_ += '}';
}

void RowWriter::add_insert_row(const Statement& statement) {
  buffer_ += "INSERT INTO " + quote_identifier(options_.insert_table);
  if (options_.header) {
    for (size_t i = 0; i < titles_.size(); ++i) {
      buffer_ += i == 0 ? '(' : ',';
      buffer_ += quote_identifier(titles_[i]);
    }
    buffer_ += ')';
  }
  for (uint32_t i = 0; i < statement.column_count(); ++i) {
    buffer_ += i == 0 ? " VALUES(" : ",";
    buffer_ += column_literal(statement, i, true);
  }
  buffer_ += ");\n";
}

void RowWriter::add_html_row(const Statement& statement) {
  buffer_ += "<TR>";
  for (uint32_t i = 0; i < statement.column_count(); ++i) {
    buffer_ += "<TD>";
    append_html(buffer_, shown_text(statement, i));
    buffer_ += "</TD>\n";
  }
  buffer_ += "</TR>\n";
}

}  // namespace sqlrite::shell
