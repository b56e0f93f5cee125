#include "plan/rules/rules.h"

namespace sqlrite::plan {

Status apply_rules(PlanContext& context, BoundQuery& query) {
  (void)context;
  (void)query;
  return {};
}

}  // namespace sqlrite::plan
