// Where std::bad_alloc ends. Layers with standard containers let it fly; whoever has to repair something before it goes
// further, and every entry point of the engine, turns it into a Status here. Nothing else catches.
#pragma once

#include <new>

#include "base/status.h"

namespace sqlrite {

// Runs `work`, which returns a Status, a Result or a Code; memory that is gone is NoMem.
template <typename Work>
auto guarded(Work&& work) -> decltype(work()) {
  try {
    return work();
  } catch (const std::bad_alloc&) {
    return Code::NoMem;
  }
}

}  // namespace sqlrite
