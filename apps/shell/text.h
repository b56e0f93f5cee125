// Text helpers of the shell: quoting, widths in characters, numbers, words of a dot command.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sqlrite::shell {

// The part before the first NUL: what text output shows.
std::string_view until_nul(std::string_view text);
bool is_space(char c);
bool starts_with_ignoring_case(std::string_view text, std::string_view prefix);
bool equals_ignoring_case(std::string_view a, std::string_view b);
// Characters of a UTF-8 text.
size_t character_count(std::string_view text);

// 'it''s'
std::string quote_text(std::string_view text);
// As quote_text, but on one line: line ends are written as replace(...) calls.
std::string quote_text_on_one_line(std::string_view text);
// X'00ff', with the given first letter.
std::string quote_blob(std::string_view bytes, char letter = 'X');
// The name itself if it can stand bare in SQL, else "in ""quotes""".
std::string quote_identifier(std::string_view name);
// Always in double quotes.
std::string quote_identifier_always(std::string_view name);
// Backslash escapes as in C, in double quotes.
std::string quote_c(std::string_view text);
// A JSON string with its quotes.
std::string quote_json(std::string_view text);
// The shortest literal that reads back as the same number; `text` is the value as SQL text.
std::string real_literal(double value, std::string_view text);

// Splits a dot command into words; 'single' and "double" quotes group, backslashes work in double quotes.
std::vector<std::string> split_words(std::string_view line);
// True when the text ends with a complete statement (the ';' inside a trigger body does not end one).
bool is_complete_sql(std::string_view sql);
// True for a text of white space and comments only.
bool is_blank_sql(std::string_view sql);

}  // namespace sqlrite::shell
