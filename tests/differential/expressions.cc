#include "differential/expressions.h"

namespace sqlrite::differential {

std::string Expressions::literal() {
  Random& r = random_;
  switch (r.below(24)) {
    case 0:
    case 1: return "NULL";
    case 2:
    case 3: return std::to_string(r.below(7) - 3);
    case 4:
    case 5: return std::to_string(r.below(1000) - 500) + (r.chance(50) ? ".5" : ".25");
    case 6:
    case 7: return "'" + std::string(1, static_cast<char>('a' + r.below(5))) + "'";
    case 8:
    case 9: return "'" + std::to_string(r.below(20)) + "'";
    case 10:
    case 11:
      return "'" + std::string(1, static_cast<char>('A' + r.below(4))) +
             std::string(1, static_cast<char>('a' + r.below(4))) + " '";
    case 12:
    case 13: return r.chance(50) ? "x'6162'" : "x'01ff'";
    case 14: return r.chance(50) ? "''" : "'1.0'";
    case 15: {
      static const std::vector<std::string> texts = {
          "'é'", "'日本'", "'a' || char(128512)", "'%_'", "' 12'", "'1e3'", "'0x10'", "'-'"};
      return r.pick(texts);
    }
    case 16: return r.chance(50) ? "4611686018427387904" : "-4611686018427387904";
    case 17: return edge_number();
    default: return std::to_string(r.below(30));
  }
}

std::string Expressions::edge_number() {
  static const std::vector<std::string> numbers = {"9007199254740991",
                                                   "9007199254740992",
                                                   "9007199254740993",
                                                   "9007199254740992.0",
                                                   "9223372036854775807",
                                                   "9223372036854775806",
                                                   "9223372036854775296",
                                                   "-9223372036854775808",
                                                   "-9223372036854775807",
                                                   "9223372036854775807.0",
                                                   "-9223372036854775808.0",
                                                   "9223372036854774784.0",
                                                   "1e18",
                                                   "1e19",
                                                   "-1e19",
                                                   "4611686018427387904.0",
                                                   "4611686018427387905"};
  return random_.pick(numbers);
}

std::string Expressions::call(const Scope& scope, int depth) {
  Random& r = random_;
  auto sub = [&] { return expr(scope, depth - 1); };
  switch (r.below(12)) {
    case 0: return "coalesce(" + sub() + ", " + sub() + ")";
    case 1: return "ifnull(" + sub() + ", " + sub() + ")";
    case 2: return "nullif(" + sub() + ", " + sub() + ")";
    case 3:
    case 4: {
      static const std::vector<std::string> functions = {"abs",  "length", "lower", "upper",   "typeof",      "hex",
                                                         "trim", "quote",  "sign",  "unicode", "octet_length"};
      const std::string& name = r.pick(functions);
      // abs() of the least integer is an error.
      return name == "abs" ? "abs(" + sub() + " % 1000)" : name + "(" + sub() + ")";
    }
    case 5:
      return "substr(" + sub() + ", " + std::to_string(r.below(7) - 3) +
             (r.chance(50) ? ", " + std::to_string(r.below(5) - 1) : "") + ")";
    case 6: return r.chance(50) ? "max(" + sub() + ", " + sub() + ")" : "min(" + sub() + ", " + sub() + ")";
    case 7: return "round(" + sub() + (r.chance(30) ? ", " + std::to_string(r.below(3)) : "") + ")";
    case 8: return "instr(" + sub() + ", " + sub() + ")";
    case 9: return "replace(" + sub() + ", " + literal() + ", " + literal() + ")";
    case 10: return "concat_ws(" + sub() + ", " + sub() + ", " + sub() + ")";
    default: return "iif(" + condition(scope, depth - 1) + ", " + sub() + ", " + sub() + ")";
  }
}

std::string Expressions::expr(const Scope& scope, int depth) {
  Random& r = random_;
  if (depth <= 0) return r.chance(65) ? column(scope) : literal();
  auto sub = [&] { return expr(scope, depth - 1); };
  switch (r.below(26)) {
    case 0: return "(" + sub() + " + " + sub() + ")";
    case 1: return "(" + sub() + " - " + sub() + ")";
    case 2: return "(" + sub() + " * " + sub() + ")";
    case 3: return "(" + sub() + " / " + sub() + ")";
    case 4: return "(" + sub() + " % " + sub() + ")";
    case 5: return "(" + sub() + " || " + sub() + ")";
    case 6: return "(" + sub() + (r.chance(50) ? " & " : " | ") + sub() + ")";
    case 7: return "(" + sub() + (r.chance(50) ? " << " : " >> ") + std::to_string(r.below(9)) + ")";
    case 8: return "(-" + sub() + ")";
    case 9: return "(~" + sub() + ")";
    case 10:
      return "CASE WHEN " + condition(scope, depth - 1) + " THEN " + sub() + (r.chance(70) ? " ELSE " + sub() : "") +
             " END";
    case 11: return "CASE " + sub() + " WHEN " + sub() + " THEN " + sub() + " ELSE " + sub() + " END";
    case 12:
    case 13: {
      static const std::vector<std::string> types = {"INTEGER", "TEXT", "REAL", "BLOB", "NUMERIC"};
      return "CAST(" + sub() + " AS " + r.pick(types) + ")";
    }
    case 14: return "(" + condition(scope, depth - 1) + ")";
    case 15:
    case 16: return column(scope);
    default: return call(scope, depth);
  }
}

std::string Expressions::comparison(const Scope& scope, int depth) {
  static const std::vector<std::string> operators = {
      " = ", " <> ", " < ", " <= ", " > ", " >= ", " IS ", " IS NOT ", " IS DISTINCT FROM "};
  static const std::vector<std::string> collations = {"", "", "", "", " COLLATE NOCASE", " COLLATE RTRIM"};
  Random& r = random_;
  auto sub = [&] { return expr(scope, depth > 1 ? 1 : depth - 1); };
  if (r.chance(85))
    return "(" + column(scope) + r.pick(operators) + (r.chance(60) ? literal() : sub()) + r.pick(collations) + ")";
  return "((" + sub() + ", " + sub() + ")" + r.pick(operators) + "(" + sub() + ", " + sub() + "))";
}

std::string Expressions::condition(const Scope& scope, int depth) {
  Random& r = random_;
  auto sub = [&] { return expr(scope, depth > 1 ? 1 : depth - 1); };
  if (depth > 0 && r.chance(30)) {
    std::string left = condition(scope, depth - 1);
    std::string right = condition(scope, depth - 1);
    switch (r.below(3)) {
      case 0: return "(" + left + " AND " + right + ")";
      case 1: return "(" + left + " OR " + right + ")";
      default: return "(NOT " + left + ")";
    }
  }
  switch (r.below(15)) {
    case 0: return "(" + sub() + (r.chance(50) ? " IS NULL)" : " IS NOT NULL)");
    case 1: return "(" + sub() + (r.chance(20) ? " NOT" : "") + " BETWEEN " + sub() + " AND " + sub() + ")";
    case 2:
      return "(" + sub() + (r.chance(30) ? " NOT" : "") + " IN (" + r.list(1 + r.below(4), [&] { return literal(); }) +
             "))";
    case 3: {
      static const std::vector<std::string> patterns = {
          "'a%'", "'%b%'", "'_'", "'%1'", "'A_ %'", "'1%'", "'a!%' ESCAPE '!'", "'%é'"};
      return "(" + sub() + (r.chance(30) ? " NOT" : "") + " LIKE " + r.pick(patterns) + ")";
    }
    case 4: return "(" + sub() + " GLOB " + (r.chance(50) ? "'*[a-c]*'" : "'?'") + ")";
    case 5:
      if (depth > 0 && has_tables()) {
        return "(" + sub() + (r.chance(30) ? " NOT" : "") + " IN (" + simple_select(scope, 1, depth - 1) + "))";
      }
      return "(" + sub() + " = " + literal() + ")";
    case 6:
      if (depth > 0 && has_tables()) {
        return std::string("(") + (r.chance(30) ? "NOT " : "") + "EXISTS (" + simple_select(scope, 1, depth - 1) + "))";
      }
      return "(" + column(scope) + " > " + literal() + ")";
    case 7: return "(" + sub() + (r.chance(50) ? " IS TRUE)" : " IS NOT FALSE)");
    case 8:
      if (depth > 0 && has_tables()) {
        return "((" + sub() + ", " + sub() + ")" + (r.chance(30) ? " NOT" : "") + " IN (" +
               simple_select({}, 2, depth - 1) + "))";
      }
      return "(" + sub() + " IN (" + literal() + "))";
    default: return comparison(scope, depth);
  }
}

std::string Expressions::aggregate(const Scope& scope) {
  static const std::vector<std::string> functions = {"count", "sum", "total", "avg", "min", "max"};
  Random& r = random_;
  if (r.chance(15)) return "count(*)";
  std::string call;
  if (r.chance(15)) {
    // In order of quote(), which differs wherever the texts differ.
    std::string value = "quote(" + expr(scope, 1) + ")";
    static const std::vector<std::string> names = {"group_concat", "string_agg", "json_group_array"};
    const std::string& name = r.pick(names);
    std::string separator = name == "string_agg" || (name == "group_concat" && r.chance(40)) ? ", '/'" : "";
    call = name + "(" + (separator.empty() && r.chance(20) ? "DISTINCT " : "") + value + separator + " ORDER BY " +
           value + (r.chance(30) ? " DESC" : "") + ")";
  } else {
    const std::string& name = r.pick(functions);
    std::string argument = expr(scope, 1);
    // Whether a sum overflows or loses digits depends on its order.
    if (name == "sum" || name == "total" || name == "avg") argument = "(" + argument + ") % 1000";
    call = name + "(" + (r.chance(20) ? "DISTINCT " : "") + argument + ")";
  }
  if (r.chance(15)) call += " FILTER (WHERE " + condition(scope, 0) + ")";
  return call;
}

std::string Expressions::source(const std::string& alias, Scope* own) {
  if (random_.chance(15)) {
    *own = {alias + ".c0", alias + ".c1"};
    return "(" + simple_select({}, 2, 1) + ") AS " + alias;
  }
  const Table& table = random_.pick(schema_.tables);
  *own = table.scope(alias);
  return table.full_name() + " AS " + alias;
}

std::string Expressions::from_clause(Scope* scope, const char* prefix) {
  Random& r = random_;
  int count = 1 + (r.chance(45) ? 1 : 0) + (r.chance(15) ? 1 : 0);
  std::string text;
  for (int i = 0; i < count; ++i) {
    Scope own;
    std::string next = source(prefix + std::to_string(names_++), &own);
    if (i == 0) {
      text = next;
      scope->insert(scope->end(), own.begin(), own.end());
      continue;
    }
    Scope both = *scope;
    both.insert(both.end(), own.begin(), own.end());
    int kind = r.below(10);
    std::string on = " ON " + (r.chance(60) ? r.pick(*scope) + " = " + r.pick(own) : condition(both, 1));
    if (kind < 2) {
      text += ", " + next;
    } else {
      text += (kind < 5 ? " JOIN " : kind < 8 ? " LEFT JOIN " : kind == 8 ? " RIGHT JOIN " : " FULL JOIN ") + next + on;
    }
    *scope = both;
  }
  return text;
}

std::string Expressions::simple_select(const Scope& outer, int width, int depth) {
  Random& r = random_;
  Scope scope;
  std::string from = from_clause(&scope, "s");
  Scope visible = scope;
  if (r.chance(50)) visible.insert(visible.end(), outer.begin(), outer.end());
  std::string text = "SELECT ";
  bool aggregate_query = width == 1 && r.chance(25);
  for (int i = 0; i < width; ++i) {
    text +=
        (i > 0 ? ", " : "") + (aggregate_query ? aggregate(scope) : expr(visible, depth)) + " AS c" + std::to_string(i);
  }
  text += " FROM " + from;
  if (r.chance(70)) text += " WHERE " + condition(visible, depth);
  return text;
}

}  // namespace sqlrite::differential
