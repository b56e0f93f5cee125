// The engine's classes as language borders (the C ABIs) use them. Borders stay shells: they keep no state but what their
// own calling convention needs, in Connection::owner and Statement::owner.
//
//   sqlite3*       is an engine::Connection*      sqlite3_stmt*   is an engine::Statement*
//   sqlite3_backup* is an engine::Backup*          sqlite3_value*  is the border's own wrapper of a Value
//
// Result codes: Connection::set_error() keeps a Status as the connection's error and returns its code.
#pragma once

#include "engine/backup.h"
#include "engine/connection.h"
#include "engine/statement.h"
