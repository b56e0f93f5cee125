// Runs scenarios through a driver and compares what comes out with what the scenario says.
#pragma once

#include "driver.h"

namespace sqlrite::conformance {

// The main function of every runner:
//   conformance_x [--show] [--only TEXT] SCENARIO-FOLDER
// --show prints each step with what really came out, in the notation of the scenarios. Closes with "N passed, N
// failed".
int run_main(Driver& driver, int argc, char** argv);

}  // namespace sqlrite::conformance
