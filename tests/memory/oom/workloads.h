// What is run with failing allocations.
#pragma once

#include <string>
#include <vector>

namespace sqlrite::test {

struct Workload {
  std::string name;
  std::vector<std::string> setup;  // makes the file, without failures
  std::vector<std::string> steps;  // see Session::run()
};

std::vector<Workload> workloads();

}  // namespace sqlrite::test
