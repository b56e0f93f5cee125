#include "differential/families/family.h"

namespace sqlrite::differential {

const std::vector<Family>& families() {
  static const std::vector<Family> all = {
      aggregate_family(), cast_family(),    database_family(), date_family(), format_family(),      json_family(),
      number_family(),    pattern_family(), pragma_family(),   text_family(), transaction_family(),
  };
  return all;
}

}  // namespace sqlrite::differential
