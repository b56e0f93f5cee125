#include "base/code_name.h"

#include <algorithm>
#include <iterator>

namespace sqlrite {

namespace {

struct NamedCode {
  int code;
  const char* name;
};

constexpr int extended(int primary, int detail) { return primary | detail << 8; }

// Ascending by code.
constexpr NamedCode kNames[] = {
    {0, "SQLITE_OK"},
    {1, "SQLITE_ERROR"},
    {2, "SQLITE_INTERNAL"},
    {3, "SQLITE_PERM"},
    {4, "SQLITE_ABORT"},
    {5, "SQLITE_BUSY"},
    {6, "SQLITE_LOCKED"},
    {7, "SQLITE_NOMEM"},
    {8, "SQLITE_READONLY"},
    {9, "SQLITE_INTERRUPT"},
    {10, "SQLITE_IOERR"},
    {11, "SQLITE_CORRUPT"},
    {12, "SQLITE_NOTFOUND"},
    {13, "SQLITE_FULL"},
    {14, "SQLITE_CANTOPEN"},
    {15, "SQLITE_PROTOCOL"},
    {16, "SQLITE_EMPTY"},
    {17, "SQLITE_SCHEMA"},
    {18, "SQLITE_TOOBIG"},
    {19, "SQLITE_CONSTRAINT"},
    {20, "SQLITE_MISMATCH"},
    {21, "SQLITE_MISUSE"},
    {22, "SQLITE_NOLFS"},
    {23, "SQLITE_AUTH"},
    {24, "SQLITE_FORMAT"},
    {25, "SQLITE_RANGE"},
    {26, "SQLITE_NOTADB"},
    {27, "SQLITE_NOTICE"},
    {28, "SQLITE_WARNING"},
    {100, "SQLITE_ROW"},
    {101, "SQLITE_DONE"},
    {extended(0, 1), "SQLITE_OK_LOAD_PERMANENTLY"},
    {extended(1, 1), "SQLITE_ERROR_MISSING_COLLSEQ"},
    {extended(5, 1), "SQLITE_BUSY_RECOVERY"},
    {extended(6, 1), "SQLITE_LOCKED_SHAREDCACHE"},
    {extended(8, 1), "SQLITE_READONLY_RECOVERY"},
    {extended(10, 1), "SQLITE_IOERR_READ"},
    {extended(11, 1), "SQLITE_CORRUPT_VTAB"},
    {extended(14, 1), "SQLITE_CANTOPEN_NOTEMPDIR"},
    {extended(19, 1), "SQLITE_CONSTRAINT_CHECK"},
    {extended(23, 1), "SQLITE_AUTH_USER"},
    {extended(27, 1), "SQLITE_NOTICE_RECOVER_WAL"},
    {extended(28, 1), "SQLITE_WARNING_AUTOINDEX"},
    {extended(0, 2), "SQLITE_OK_SYMLINK"},
    {extended(1, 2), "SQLITE_ERROR_RETRY"},
    {extended(4, 2), "SQLITE_ABORT_ROLLBACK"},
    {extended(5, 2), "SQLITE_BUSY_SNAPSHOT"},
    {extended(6, 2), "SQLITE_LOCKED_VTAB"},
    {extended(8, 2), "SQLITE_READONLY_CANTLOCK"},
    {extended(10, 2), "SQLITE_IOERR_SHORT_READ"},
    {extended(11, 2), "SQLITE_CORRUPT_SEQUENCE"},
    {extended(14, 2), "SQLITE_CANTOPEN_ISDIR"},
    {extended(19, 2), "SQLITE_CONSTRAINT_COMMITHOOK"},
    {extended(27, 2), "SQLITE_NOTICE_RECOVER_ROLLBACK"},
    {extended(1, 3), "SQLITE_ERROR_SNAPSHOT"},
    {extended(5, 3), "SQLITE_BUSY_TIMEOUT"},
    {extended(8, 3), "SQLITE_READONLY_ROLLBACK"},
    {extended(10, 3), "SQLITE_IOERR_WRITE"},
    {extended(11, 3), "SQLITE_CORRUPT_INDEX"},
    {extended(14, 3), "SQLITE_CANTOPEN_FULLPATH"},
    {extended(19, 3), "SQLITE_CONSTRAINT_FOREIGNKEY"},
    {extended(8, 4), "SQLITE_READONLY_DBMOVED"},
    {extended(10, 4), "SQLITE_IOERR_FSYNC"},
    {extended(14, 4), "SQLITE_CANTOPEN_CONVPATH"},
    {extended(19, 4), "SQLITE_CONSTRAINT_FUNCTION"},
    {extended(8, 5), "SQLITE_READONLY_CANTINIT"},
    {extended(10, 5), "SQLITE_IOERR_DIR_FSYNC"},
    {extended(14, 5), "SQLITE_CANTOPEN_DIRTYWAL"},
    {extended(19, 5), "SQLITE_CONSTRAINT_NOTNULL"},
    {extended(8, 6), "SQLITE_READONLY_DIRECTORY"},
    {extended(10, 6), "SQLITE_IOERR_TRUNCATE"},
    {extended(14, 6), "SQLITE_CANTOPEN_SYMLINK"},
    {extended(19, 6), "SQLITE_CONSTRAINT_PRIMARYKEY"},
    {extended(10, 7), "SQLITE_IOERR_FSTAT"},
    {extended(19, 7), "SQLITE_CONSTRAINT_TRIGGER"},
    {extended(10, 8), "SQLITE_IOERR_UNLOCK"},
    {extended(19, 8), "SQLITE_CONSTRAINT_UNIQUE"},
    {extended(10, 9), "SQLITE_IOERR_RDLOCK"},
    {extended(19, 9), "SQLITE_CONSTRAINT_VTAB"},
    {extended(10, 10), "SQLITE_IOERR_DELETE"},
    {extended(19, 10), "SQLITE_CONSTRAINT_ROWID"},
    {extended(10, 11), "SQLITE_IOERR_BLOCKED"},
    {extended(19, 11), "SQLITE_CONSTRAINT_PINNED"},
    {extended(10, 12), "SQLITE_IOERR_NOMEM"},
    {extended(19, 12), "SQLITE_CONSTRAINT_DATATYPE"},
    {extended(10, 13), "SQLITE_IOERR_ACCESS"},
    {extended(10, 14), "SQLITE_IOERR_CHECKRESERVEDLOCK"},
    {extended(10, 15), "SQLITE_IOERR_LOCK"},
    {extended(10, 16), "SQLITE_IOERR_CLOSE"},
    {extended(10, 17), "SQLITE_IOERR_DIR_CLOSE"},
    {extended(10, 18), "SQLITE_IOERR_SHMOPEN"},
    {extended(10, 19), "SQLITE_IOERR_SHMSIZE"},
    {extended(10, 20), "SQLITE_IOERR_SHMLOCK"},
    {extended(10, 21), "SQLITE_IOERR_SHMMAP"},
    {extended(10, 22), "SQLITE_IOERR_SEEK"},
    {extended(10, 23), "SQLITE_IOERR_DELETE_NOENT"},
    {extended(10, 24), "SQLITE_IOERR_MMAP"},
    {extended(10, 25), "SQLITE_IOERR_GETTEMPPATH"},
    {extended(10, 26), "SQLITE_IOERR_CONVPATH"},
    {extended(10, 27), "SQLITE_IOERR_VNODE"},
    {extended(10, 28), "SQLITE_IOERR_AUTH"},
    {extended(10, 29), "SQLITE_IOERR_BEGIN_ATOMIC"},
    {extended(10, 30), "SQLITE_IOERR_COMMIT_ATOMIC"},
    {extended(10, 31), "SQLITE_IOERR_ROLLBACK_ATOMIC"},
    {extended(10, 32), "SQLITE_IOERR_DATA"},
    {extended(10, 33), "SQLITE_IOERR_CORRUPTFS"},
};

constexpr bool is_ascending() {
  for (size_t i = 1; i < std::size(kNames); ++i) {
    if (kNames[i - 1].code >= kNames[i].code) return false;
  }
  return true;
}
static_assert(is_ascending());

}  // namespace

const char* code_name(Code code) {
  const int wanted = static_cast<int>(code);
  const NamedCode* found = std::lower_bound(std::begin(kNames), std::end(kNames), wanted,
                                            [](const NamedCode& entry, int number) { return entry.code < number; });
  return found != std::end(kNames) && found->code == wanted ? found->name : nullptr;
}

}  // namespace sqlrite
