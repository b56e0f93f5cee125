import Database = require('./index.js');

export default Database;
export { Database };
export declare const SqliteError: typeof Database.SqliteError;
export type SqliteError = Database.SqliteError;
export declare const SQLRiteError: typeof Database.SQLRiteError;
export type SQLRiteError = Database.SQLRiteError;
export declare const ErrorKind: typeof Database.ErrorKind;
export type ErrorKind = Database.ErrorKind;
export declare const errorKind: typeof Database.errorKind;
