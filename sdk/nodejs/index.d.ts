// Types of the package. As in the library whose interface it has, rows are `unknown` unless said otherwise:
//   db.prepare<[number], { id: number; name: string }>('SELECT id, name FROM people WHERE id = ?').get(1)?.name

declare class DatabaseInstance {
  constructor(filename?: string | Buffer, options?: Database.Options);

  static Database: typeof Database;
  static SqliteError: typeof SqliteErrorInstance;
  static SQLRiteError: typeof SqliteErrorInstance;
  static ErrorKind: typeof ErrorKindValues;
  /** The kind of an error by its code, or of a message by its beginning. */
  static errorKind(error: Error | string): Database.ErrorKind;
  static openReadOnly(filename: string | Buffer, options?: Omit<Database.Options, 'readonly'>): DatabaseInstance;

  readonly name: string;
  readonly open: boolean;
  readonly inTransaction: boolean;
  readonly readonly: boolean;
  readonly memory: boolean;

  prepare<BindParameters extends unknown[] | {} = unknown[], Row = unknown>(
    source: string,
  ): BindParameters extends unknown[] ? Database.Statement<BindParameters, Row> : Database.Statement<[BindParameters], Row>;
  exec(source: string): this;
  pragma(source: string, options?: Database.PragmaOptions): unknown;
  transaction<F extends (...args: any[]) => unknown>(fn: F): Database.Transaction<F>;
  function(name: string, fn: (...args: any[]) => unknown): this;
  function(name: string, options: Database.FunctionOptions, fn: (...args: any[]) => unknown): this;
  aggregate<Accumulator>(name: string, options: Database.AggregateOptions<Accumulator>): this;
  backup(filename: string, options?: Database.BackupOptions): Promise<Database.BackupMetadata>;
  serialize(options?: Database.SerializeOptions): Buffer;
  /** A second connection to the same file, opened with the same options. */
  connect(): DatabaseInstance;
  close(): this;
  defaultSafeIntegers(toggle?: boolean): this;
  unsafeMode(toggle?: boolean): this;
}

declare class StatementInstance<BindParameters extends unknown[], Row = unknown> {
  private constructor();
  readonly database: DatabaseInstance;
  readonly source: string;
  readonly reader: boolean;
  readonly readonly: boolean;
  readonly busy: boolean;

  run(...params: BindParameters): Database.RunResult;
  get(...params: BindParameters): Row | undefined;
  all(...params: BindParameters): Row[];
  iterate(...params: BindParameters): IterableIterator<Row>;
  pluck(toggle?: boolean): this;
  raw(toggle?: boolean): this;
  expand(toggle?: boolean): this;
  bind(...params: BindParameters): this;
  columns(): Database.ColumnDefinition[];
  safeIntegers(toggle?: boolean): this;
}

declare class SqliteErrorInstance extends Error {
  constructor(message: string, code: string);
  /** SQLite's extended result code by its name, such as 'SQLITE_CONSTRAINT_UNIQUE'. */
  code: string;
  /** Where there is one: the byte of the SQL text that the message is about. */
  offset?: number;
}

declare const ErrorKindValues: { readonly Other: 'Other'; readonly Busy: 'Busy'; readonly BusySnapshot: 'BusySnapshot' };

declare namespace Database {
  interface Options {
    readonly?: boolean | undefined;
    fileMustExist?: boolean | undefined;
    /** Milliseconds to wait for locks of other connections before SQLITE_BUSY; 5000 unless given. */
    timeout?: number | undefined;
    verbose?: ((message?: unknown, ...additional: unknown[]) => void) | null | undefined;
  }
  interface PragmaOptions {
    simple?: boolean | undefined;
  }
  interface RunResult {
    changes: number;
    lastInsertRowid: number | bigint;
  }
  interface ColumnDefinition {
    name: string;
    column: string | null;
    table: string | null;
    database: string | null;
    type: string | null;
  }
  interface FunctionOptions {
    varargs?: boolean | undefined;
    deterministic?: boolean | undefined;
    directOnly?: boolean | undefined;
    safeIntegers?: boolean | undefined;
  }
  interface AggregateOptions<Accumulator> extends FunctionOptions {
    start?: Accumulator | (() => Accumulator);
    step: (total: Accumulator, ...values: any[]) => Accumulator | void;
    inverse?: ((total: Accumulator, ...values: any[]) => Accumulator | void) | undefined;
    result?: ((total: Accumulator) => unknown) | undefined;
  }
  interface BackupMetadata {
    totalPages: number;
    remainingPages: number;
  }
  interface BackupOptions {
    attached?: string | undefined;
    /** Answers how many pages are copied next. */
    progress?: ((state: BackupMetadata) => number | void) | undefined;
  }
  interface SerializeOptions {
    attached?: string | undefined;
  }
  type TransactionVariant<F extends (...args: any[]) => unknown> = (...params: Parameters<F>) => ReturnType<F>;
  interface Transaction<F extends (...args: any[]) => unknown> {
    (...params: Parameters<F>): ReturnType<F>;
    readonly default: TransactionVariant<F>;
    readonly deferred: TransactionVariant<F>;
    readonly immediate: TransactionVariant<F>;
    readonly exclusive: TransactionVariant<F>;
    readonly database: DatabaseInstance;
  }
  type ErrorKind = 'Other' | 'Busy' | 'BusySnapshot';
  type Database = DatabaseInstance;
  type Statement<BindParameters extends unknown[] | {} = unknown[], Row = unknown> = BindParameters extends unknown[]
    ? StatementInstance<BindParameters, Row>
    : StatementInstance<[BindParameters], Row>;
  type SqliteError = SqliteErrorInstance;
  type SQLRiteError = SqliteErrorInstance;
}

/** May be called with and without `new`. */
declare const Database: typeof DatabaseInstance & {
  (filename?: string | Buffer, options?: Database.Options): DatabaseInstance;
};

export = Database;
