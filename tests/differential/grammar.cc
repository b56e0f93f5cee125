#include "differential/grammar.h"

#include <cctype>
#include <cstdlib>
#include <optional>

namespace sqlrite::differential {

namespace {
constexpr int kDepthMax = 4;

// The last column that is in no unique index. Not of STRICT tables, which take no values of other types.
std::string value_column(const Table& table) {
  if (table.strict) return "1";
  for (size_t i = table.columns.size(); i > 0; --i) {
    if (!table.unique[i - 1]) return table.columns[i - 1];
  }
  return "1";
}

// What "lr_col", "lm_expr" and the like stand for; nothing for other names.
std::optional<std::string> over_aliases(const std::string& name, const ChosenTables& tables, Expressions& expressions) {
  size_t underscore = name.find('_');
  if (underscore == std::string::npos || underscore == 0 || name.find_first_not_of("lrm") != underscore) return {};
  Scope scope;
  for (char letter : name.substr(0, underscore)) {
    const Table& table = letter == 'l' ? tables.first : letter == 'r' ? tables.second : tables.third;
    Scope own = table.scope(std::string(1, letter));
    scope.insert(scope.end(), own.begin(), own.end());
  }
  std::string kind = name.substr(underscore + 1);
  if (kind == "col") return expressions.column(scope);
  if (kind == "expr") return expressions.expr(scope, 1);
  if (kind == "cond") return expressions.condition(scope, 1);
  return {};
}

}  // namespace

std::string Grammar::replacement(const std::string& name, const ChosenTables& tables, Expressions& expressions,
                                 int depth) const {
  Random& random = expressions.random();
  const Table& table = tables.first;
  if (name == "second") return tables.second.full_name();
  if (name == "third") return tables.third.full_name();
  if (name == "table") return table.full_name();
  if (name == "name") return table.name;
  if (name == "col") return table.columns.empty() ? "1" : random.pick(table.columns);
  if (name == "this") return table.columns.empty() ? "1" : table.columns.front();
  if (name == "value_col") return value_column(table);
  if (name == "literal") return expressions.literal();
  if (name == "expr") return expressions.expr(table.columns, 1);
  if (name == "cond") return expressions.condition(table.columns, 1);
  if (name == "n") return std::to_string(random.below(12));
  if (auto text = over_aliases(name, tables, expressions)) return *text;
  auto rule = rules_.find(name);
  if (rule == rules_.end()) {
    std::fprintf(stderr, "differential_test: no rule @%s\n", name.c_str());
    std::abort();
  }
  const std::string& chosen = depth >= kDepthMax ? rule->second.front() : random.pick(rule->second);
  return expand(chosen, tables, expressions, depth + 1);
}

std::string Grammar::expand(const std::string& text, const ChosenTables& tables, Expressions& expressions,
                            int depth) const {
  std::string out;
  for (size_t i = 0; i < text.size();) {
    if (text[i] != '@') {
      out += text[i++];
      continue;
    }
    size_t end = i + 1;
    while (end < text.size() && (std::islower(static_cast<unsigned char>(text[end])) != 0 || text[end] == '_')) ++end;
    out += replacement(text.substr(i + 1, end - i - 1), tables, expressions, depth);
    i = end;
  }
  return out;
}

}  // namespace sqlrite::differential
