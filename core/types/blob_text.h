// Blobs used as texts: their bytes are taken for those of a text in the database's file.
#pragma once

#include "base/arena.h"
#include "base/status.h"
#include "types/value.h"

namespace sqlrite {

// Makes a Text of a blob in a database with that encoding; other values stay.
Status blob_to_text(Value& value, TextEncoding encoding, Arena& heap);

}  // namespace sqlrite
