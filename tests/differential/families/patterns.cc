// LIKE and GLOB: wildcards, escapes, classes, letters outside ASCII, other types than text.
#include "differential/families/family.h"

namespace sqlrite::differential {

namespace {

void add_rules(Grammar& g) {
  g.add("subject", {"'abc'", "'ABC'",     "'a%c'",      "'a_c'",   "''",      "'aXbXc'", "'éa'",
                    "'Éa'",  "'日本語'",  "'a]b'",      "'a-b'",   "'[a]'",   "12",      "1.5",
                    "NULL",  "x'616263'", "'aaaaaaab'", "'a*b?c'", "'a\\%b'", "'%'",     "'_'"});
  g.add("atom", {"a", "b", "c", "%", "_", "X", "é", "日", "A", "%%", "_%", "!%", "!_", "!!", "!", "\\%"});
  g.add("pattern", {"'@atom'", "'@atom@atom'", "'@atom@atom@atom'", "'%@atom%'", "'@atom@atom@atom@atom'", "NULL", "12",
                    "''", "x'25'"});
  g.add("glob_atom", {"a", "b",     "*", "?",  "[a-c]", "[^a]", "[]]", "[^]]", "[a",  "[-a]", "[a-]",
                      "é", "[à-ü]", "A", "**", "[z-a]", "[",    "]",   "[*]",  "[?]", "-"});
  g.add("glob", {"'@glob_atom'", "'@glob_atom@glob_atom'", "'@glob_atom@glob_atom@glob_atom'", "'*@glob_atom*'", "NULL",
                 "1", "''"});
  g.add("escape", {"'!'", "'!'", "'\\'", "'%'", "'_'", "'a'", "''", "'ab'", "NULL", "'é'", "'日'"});
  g.add("not", {"", "", "", "NOT "});
}

}  // namespace

Family pattern_family() {
  return {"patterns",
          add_rules,
          {"SELECT @subject @notLIKE @pattern", "SELECT @subject LIKE @pattern ESCAPE @escape",
           "SELECT @subject @notLIKE @pattern ESCAPE @escape, @subject LIKE @pattern ESCAPE '!'",
           "SELECT @subject @notGLOB @glob", "SELECT @subject GLOB @glob, @subject GLOB @glob",
           "SELECT like(@pattern, @subject)", "SELECT like(@pattern, @subject, @escape)",
           "SELECT glob(@glob, @subject)", "SELECT * FROM @table WHERE @col LIKE @pattern",
           "SELECT * FROM @table WHERE @col @notLIKE @pattern ESCAPE '!'", "SELECT * FROM @table WHERE @col GLOB @glob",
           "SELECT count(*) FROM @table WHERE @col LIKE 'a%'", "SELECT count(*) FROM @table WHERE @col GLOB 'a*'",
           "SELECT * FROM @table WHERE @col LIKE @col", "SELECT @subject MATCH @pattern",
           "SELECT @subject REGEXP @pattern", "SELECT @subject LIKE @pattern COLLATE NOCASE"}};
}

}  // namespace sqlrite::differential
