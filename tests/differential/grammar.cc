#include "differential/grammar.h"

#include <cctype>
#include <cstdlib>

namespace sqlrite::differential {

namespace {
constexpr int kDepthMax = 4;
}

std::string Grammar::replacement(const std::string& name, const Table& table, Expressions& expressions,
                                 int depth) const {
  Random& random = expressions.random();
  if (name == "table") return table.full_name();
  if (name == "name") return table.name;
  if (name == "col") return table.columns.empty() ? "1" : random.pick(table.columns);
  if (name == "this") return table.columns.empty() ? "1" : table.columns.front();
  if (name == "value_col") return table.columns.empty() || table.strict ? "1" : table.columns.back();
  if (name == "literal") return expressions.literal();
  if (name == "expr") return expressions.expr(table.columns, 1);
  if (name == "cond") return expressions.condition(table.columns, 1);
  if (name == "n") return std::to_string(random.below(12));
  auto rule = rules_.find(name);
  if (rule == rules_.end()) {
    std::fprintf(stderr, "differential_test: no rule @%s\n", name.c_str());
    std::abort();
  }
  const std::string& chosen = depth >= kDepthMax ? rule->second.front() : random.pick(rule->second);
  return expand(chosen, table, expressions, depth + 1);
}

std::string Grammar::expand(const std::string& text, const Table& table, Expressions& expressions, int depth) const {
  std::string out;
  for (size_t i = 0; i < text.size();) {
    if (text[i] != '@') {
      out += text[i++];
      continue;
    }
    size_t end = i + 1;
    while (end < text.size() && (std::islower(static_cast<unsigned char>(text[end])) != 0 || text[end] == '_')) ++end;
    out += replacement(text.substr(i + 1, end - i - 1), table, expressions, depth);
    i = end;
  }
  return out;
}

std::string Grammar::expand(const std::string& text, const Table& table, Expressions& expressions) const {
  return expand(text, table, expressions, 0);
}

}  // namespace sqlrite::differential
