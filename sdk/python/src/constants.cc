// Numbers of the module: result codes, actions of the authorizer, limits and switches, under SQLite's names.
#include "objects.h"

namespace sqlrite_python {

namespace {

struct NamedNumber {
  const char* name;
  long value;
};

template <typename Enum>
constexpr long number(Enum value) {
  return static_cast<long>(value);
}

using sqlrite::AuthorizerAction;
using sqlrite::AuthorizerAnswer;
using sqlrite::Limit;
using sqlrite::Setting;

constexpr NamedNumber kNumbers[] = {
    {"PARSE_DECLTYPES", 1},
    {"PARSE_COLNAMES", 2},
    {"LEGACY_TRANSACTION_CONTROL", kLegacyTransactionControl},
    {"SQLITE_DENY", number(AuthorizerAnswer::Deny)},
    {"SQLITE_IGNORE", number(AuthorizerAnswer::Ignore)},
    {"SQLITE_CREATE_INDEX", number(AuthorizerAction::CreateIndex)},
    {"SQLITE_CREATE_TABLE", number(AuthorizerAction::CreateTable)},
    {"SQLITE_CREATE_TEMP_INDEX", number(AuthorizerAction::CreateTempIndex)},
    {"SQLITE_CREATE_TEMP_TABLE", number(AuthorizerAction::CreateTempTable)},
    {"SQLITE_CREATE_TEMP_TRIGGER", number(AuthorizerAction::CreateTempTrigger)},
    {"SQLITE_CREATE_TEMP_VIEW", number(AuthorizerAction::CreateTempView)},
    {"SQLITE_CREATE_TRIGGER", number(AuthorizerAction::CreateTrigger)},
    {"SQLITE_CREATE_VIEW", number(AuthorizerAction::CreateView)},
    {"SQLITE_DELETE", number(AuthorizerAction::Delete)},
    {"SQLITE_DROP_INDEX", number(AuthorizerAction::DropIndex)},
    {"SQLITE_DROP_TABLE", number(AuthorizerAction::DropTable)},
    {"SQLITE_DROP_TEMP_INDEX", number(AuthorizerAction::DropTempIndex)},
    {"SQLITE_DROP_TEMP_TABLE", number(AuthorizerAction::DropTempTable)},
    {"SQLITE_DROP_TEMP_TRIGGER", number(AuthorizerAction::DropTempTrigger)},
    {"SQLITE_DROP_TEMP_VIEW", number(AuthorizerAction::DropTempView)},
    {"SQLITE_DROP_TRIGGER", number(AuthorizerAction::DropTrigger)},
    {"SQLITE_DROP_VIEW", number(AuthorizerAction::DropView)},
    {"SQLITE_INSERT", number(AuthorizerAction::Insert)},
    {"SQLITE_PRAGMA", number(AuthorizerAction::Pragma)},
    {"SQLITE_READ", number(AuthorizerAction::Read)},
    {"SQLITE_SELECT", number(AuthorizerAction::Select)},
    {"SQLITE_TRANSACTION", number(AuthorizerAction::Transaction)},
    {"SQLITE_UPDATE", number(AuthorizerAction::Update)},
    {"SQLITE_ATTACH", number(AuthorizerAction::Attach)},
    {"SQLITE_DETACH", number(AuthorizerAction::Detach)},
    {"SQLITE_ALTER_TABLE", number(AuthorizerAction::AlterTable)},
    {"SQLITE_REINDEX", number(AuthorizerAction::Reindex)},
    {"SQLITE_ANALYZE", number(AuthorizerAction::Analyze)},
    {"SQLITE_CREATE_VTABLE", number(AuthorizerAction::CreateVirtualTable)},
    {"SQLITE_DROP_VTABLE", number(AuthorizerAction::DropVirtualTable)},
    {"SQLITE_FUNCTION", number(AuthorizerAction::Function)},
    {"SQLITE_SAVEPOINT", number(AuthorizerAction::Savepoint)},
    {"SQLITE_RECURSIVE", number(AuthorizerAction::Recursive)},
    {"SQLITE_LIMIT_LENGTH", number(Limit::Length)},
    {"SQLITE_LIMIT_SQL_LENGTH", number(Limit::SqlLength)},
    {"SQLITE_LIMIT_COLUMN", number(Limit::Column)},
    {"SQLITE_LIMIT_EXPR_DEPTH", number(Limit::ExprDepth)},
    {"SQLITE_LIMIT_COMPOUND_SELECT", number(Limit::CompoundSelect)},
    {"SQLITE_LIMIT_VDBE_OP", number(Limit::VdbeOp)},
    {"SQLITE_LIMIT_FUNCTION_ARG", number(Limit::FunctionArg)},
    {"SQLITE_LIMIT_ATTACHED", number(Limit::Attached)},
    {"SQLITE_LIMIT_LIKE_PATTERN_LENGTH", number(Limit::LikePatternLength)},
    {"SQLITE_LIMIT_VARIABLE_NUMBER", number(Limit::VariableNumber)},
    {"SQLITE_LIMIT_TRIGGER_DEPTH", number(Limit::TriggerDepth)},
    {"SQLITE_LIMIT_WORKER_THREADS", number(Limit::WorkerThreads)},
    {"SQLITE_DBCONFIG_ENABLE_FKEY", number(Setting::ForeignKeys)},
    {"SQLITE_DBCONFIG_ENABLE_TRIGGER", number(Setting::Triggers)},
    {"SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION", number(Setting::LoadExtension)},
    {"SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE", number(Setting::NoCheckpointOnClose)},
    {"SQLITE_DBCONFIG_DEFENSIVE", number(Setting::Defensive)},
    {"SQLITE_DBCONFIG_WRITABLE_SCHEMA", number(Setting::WritableSchema)},
    {"SQLITE_DBCONFIG_LEGACY_ALTER_TABLE", number(Setting::LegacyAlterTable)},
    {"SQLITE_DBCONFIG_DQS_DML", number(Setting::DoubleQuotedDml)},
    {"SQLITE_DBCONFIG_DQS_DDL", number(Setting::DoubleQuotedDdl)},
    {"SQLITE_DBCONFIG_ENABLE_VIEW", number(Setting::Views)},
    {"SQLITE_DBCONFIG_LEGACY_FILE_FORMAT", number(Setting::LegacyFileFormat)},
    {"SQLITE_DBCONFIG_TRUSTED_SCHEMA", number(Setting::TrustedSchema)},
};

// The engine knows the names of its codes: every number it has a name for becomes a constant.
bool add_result_codes(PyObject* target) {
  constexpr long kPrimaryMax = 101;
  constexpr long kDetailMax = 40;
  for (long primary = 0; primary <= kPrimaryMax; ++primary) {
    for (long detail = 0; detail <= kDetailMax; ++detail) {
      long code = primary | detail << 8;
      const char* name = sqlrite::code_name(static_cast<sqlrite::Code>(code));
      if (name != nullptr && PyModule_AddIntConstant(target, name, code) != 0) return false;
    }
  }
  return true;
}

}  // namespace

bool add_constants(PyObject* target) {
  for (const NamedNumber& entry : kNumbers) {
    if (PyModule_AddIntConstant(target, entry.name, entry.value) != 0) return false;
  }
  return add_result_codes(target);
}

}  // namespace sqlrite_python
