import Database from './index.js';

export default Database;
export { Database };
export const { SqliteError, SQLRiteError, ErrorKind, errorKind } = Database;
