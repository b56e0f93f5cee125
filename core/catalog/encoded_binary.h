// BINARY in UTF-16 databases: texts travel as UTF-8 but order by the bytes they have in the file.
#pragma once

#include "types/value.h"

namespace sqlrite::catalog {

// The BINARY of a database with that encoding; lives for ever.
const Collation* binary_collation(TextEncoding encoding);

}  // namespace sqlrite::catalog
