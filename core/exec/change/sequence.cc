#include "exec/change/sequence.h"

#include "types/cast.h"

namespace sqlrite::exec {

Status Sequence::load(ExecContext& context, ChangeHost& host, const catalog::Table& table) {
  const DatabaseHandle& database = context.databases[table.database.value];
  pager_ = database.pager;
  encoding_ = database.encoding;
  name_ = table.name;
  entry_rowid_ = 0;
  value_ = 0;
  changed_ = false;
  root_ = host.sequence_table_root(table.database);
  if (!root_) return Status(Code::Corrupt, "database disk image is malformed");
  storage::TableCursor cursor;
  SQLRITE_TRY(cursor.open(pager_, root_, storage::kNewestView));
  SQLRITE_TRY_ASSIGN(bool found, cursor.first());
  Arena heap(256);
  while (found) {
    const uint16_t wanted[2] = {0, 1};
    Value fields[2];
    uint32_t missing_from;
    SQLRITE_TRY(storage::decode_record(cursor.cell(), *pager_, storage::kNewestView, encoding_, wanted, 2, fields,
                                       &missing_from, &heap));
    if (fields[0].type == ValueType::Text && fields[0].view() == name_) {
      entry_rowid_ = cursor.rowid();
      value_ = to_integer(fields[1]);
      return {};
    }
    SQLRITE_TRY_ASSIGN(found, cursor.next());
  }
  changed_ = true;  // the first INSERT makes the entry, even one without rows
  return {};
}

Status Sequence::store() {
  if (!changed_) return {};
  changed_ = false;
  storage::TableCursor cursor;
  SQLRITE_TRY(cursor.open(pager_, root_, storage::kNewestView));
  if (entry_rowid_ == 0) {
    SQLRITE_TRY(cursor.last_rowid(&entry_rowid_).take_status());
    ++entry_rowid_;
  }
  storage::RecordEncoder encoder;
  Value fields[2] = {Value::from_text(name_, ValueOwner::Static), Value::from_integer(value_)};
  SQLRITE_TRY_ASSIGN(storage::Payload payload, encoder.encode(fields, 2, encoding_, nullptr));
  return cursor.insert(entry_rowid_, payload);
}

}  // namespace sqlrite::exec
