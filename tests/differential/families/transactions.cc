// Transactions and savepoints, nested and misplaced, and maintenance between them.
#include "differential/families/family.h"

namespace sqlrite::differential {

namespace {

void add_rules(Grammar& g) { g.add("mark", {"p", "q", "\"R\"", "r"}); }

}  // namespace

Family transaction_family() {
  return {"transactions",
          add_rules,
          {"BEGIN",
           "BEGIN IMMEDIATE",
           "BEGIN EXCLUSIVE TRANSACTION",
           "COMMIT",
           "END TRANSACTION",
           "COMMIT",
           "ROLLBACK",
           "SAVEPOINT @mark",
           "SAVEPOINT @mark",
           "ROLLBACK TO @mark",
           "ROLLBACK TRANSACTION TO SAVEPOINT @mark",
           "RELEASE @mark",
           "RELEASE SAVEPOINT @mark",
           "REINDEX",
           "REINDEX @table",
           "ANALYZE",
           "ANALYZE @table",
           "PRAGMA integrity_check",
           "VACUUM",
           "REINDEX NOCASE",
           "ANALYZE main"}};
}

}  // namespace sqlrite::differential
