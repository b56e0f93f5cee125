"""The statements that make a database again."""


def _name(text):
    return '"' + text.replace('"', '""') + '"'


def _literal(text):
    return "'" + text.replace("'", "''") + "'"


def iterate_dump(cursor, filter=None):
    """Yields BEGIN, tables with their rows, then indexes, triggers and views, and COMMIT."""
    cursor.row_factory = None
    condition, parameters = (" AND name LIKE ? ESCAPE '\\'", (filter,)) if filter else ("", ())
    if cursor.execute("PRAGMA foreign_keys").fetchone()[0]:
        yield "PRAGMA foreign_keys=OFF;"
    yield "BEGIN TRANSACTION;"
    tables = cursor.execute(
        "SELECT name, sql FROM sqlite_master WHERE sql NOT NULL AND type = 'table'" + condition + " ORDER BY name", parameters).fetchall()
    sequences = []
    virtual = False
    for name, sql in tables:
        if name == "sqlite_sequence":
            sequences = ["DELETE FROM \"sqlite_sequence\";"]
        elif name == "sqlite_stat1":
            yield 'ANALYZE "sqlite_master";'
        elif name.startswith("sqlite_"):
            continue
        elif sql.upper().startswith("CREATE VIRTUAL TABLE"):
            if not virtual:
                virtual = True
                yield "PRAGMA writable_schema=ON;"
            yield ("INSERT INTO sqlite_master(type,name,tbl_name,rootpage,sql)VALUES('table',"
                   + ",".join((_literal(name), _literal(name), "0", _literal(sql))) + ");")
            continue
        else:
            yield sql + ";"
        # table_info knows what INSERT without column names fills.
        columns = [row[1] for row in cursor.execute("PRAGMA table_info(" + _name(name) + ")").fetchall()]
        values = " || ',' || ".join("quote(" + _name(column) + ")" for column in columns)
        query = f"SELECT {_literal('INSERT INTO ' + _name(name) + ' VALUES(')} || {values} || ')' FROM {_name(name)}"
        for row in cursor.execute(query).fetchall():
            if name == "sqlite_sequence":
                sequences.append(row[0] + ";")
            else:
                yield row[0] + ";"
    others = cursor.execute(
        "SELECT sql FROM sqlite_master WHERE sql NOT NULL AND type IN ('index', 'trigger', 'view')" + condition, parameters).fetchall()
    for (sql,) in others:
        yield sql + ";"
    if virtual:
        yield "PRAGMA writable_schema=OFF;"
    yield from sequences
    yield "COMMIT;"
