// How results look: the output modes of the shell.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "sqlrite/sqlrite.h"

namespace sqlrite::shell {

enum class Mode { List, Line, Column, Box, Table, Markdown, Csv, Json, Quote, Insert, Html, Ascii, Tcl };

struct OutputOptions {
  Mode mode = Mode::List;
  bool header = false;
  bool header_was_set = false;  // by the user: modes leave it alone then
  std::string null_text;
  std::string column_separator = "|";
  std::string row_separator = "\n";
  std::string insert_table = "table";
  std::vector<int> widths;  // column modes: minimum and wrapping width; negative: right-justified
  int wrap = 60;            // column modes: wrapping width of columns without one; 0: none
  bool word_wrap = false;
  bool quote = false;  // column modes: values as SQL literals
};

const char* mode_name(Mode mode);
bool is_grid(Mode mode);
// Selects a mode by its name, with the separators that belong to it. False: there is no such mode.
bool select_mode(OutputOptions& options, std::string_view name);
// A column's value as an SQL literal.
std::string column_literal(const Statement& statement, uint32_t column, bool one_line);

// Writes the rows of one statement.
class RowWriter {
 public:
  RowWriter(const OutputOptions& options, FILE* out) : options_(options), out_(out) {}
  void add_row(const Statement& statement);
  void finish();

 private:
  void add_header(const Statement& statement);
  void add_line_row(const Statement& statement);
  void add_json_row(const Statement& statement);
  void add_insert_row(const Statement& statement);
  void add_html_row(const Statement& statement);
  void add_separated_row(const Statement& statement);
  void add_csv_field(std::string_view text);
  std::string_view shown_text(const Statement& statement, uint32_t column) const;
  void flush();

  const OutputOptions& options_;
  FILE* out_;
  std::string buffer_;
  size_t row_count_ = 0;
  // Column modes keep the whole result: widths are known at its end only.
  std::vector<std::string> titles_;
  std::vector<std::vector<std::string>> rows_;
};

// Draws a whole result as a grid (column, box, table, markdown).
std::string draw_grid(const OutputOptions& options, const std::vector<std::string>& titles,
                      const std::vector<std::vector<std::string>>& rows);

}  // namespace sqlrite::shell
