#include "differential/families/family.h"

namespace sqlrite::differential {

const std::vector<Family>& families() {
  static const std::vector<Family> all = {
      access_family(), aggregate_family(), cast_family(),     database_family(), date_family(),
      format_family(), join_family(),      json_family(),     number_family(),   pattern_family(),
      pragma_family(), rewrite_family(),   subquery_family(), text_family(),     transaction_family(),
  };
  return all;
}

}  // namespace sqlrite::differential
