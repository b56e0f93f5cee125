#include "plan/rules/rules.h"

namespace sqlrite::plan {

Status apply_rules(PlanContext& context, BoundQuery& query) {
  split_compound_sources(context, query);
  for (BoundCore* core : query.cores) {
    if (!core->values.empty()) continue;
    if (!core->sources.empty()) {
      flatten_subqueries(context, query, *core);
      if (core->sources.size() > 1) strengthen_joins(context, *core);
      push_down_predicates(context, query, *core);
    }
    if (core->where != nullptr || core->having != nullptr || core->sources.size() > 1) fold_constants(context, *core);
  }
  return {};
}

}  // namespace sqlrite::plan
