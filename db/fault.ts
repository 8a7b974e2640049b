/** @file Faults of the store that are nobody's defect. */
import Sqlite from 'better-sqlite3';

/** `full`: there is no room to write. `busy`: another process held the lock for too long. */
export type StoreFault = 'full' | 'busy';

/** What kind of store fault an error is; null when it is none. The transaction that failed has left no trace. */
export function storeFaultOf(error: unknown): StoreFault | null {
  if (!(error instanceof Sqlite.SqliteError)) return null;
  if (error.code.startsWith('SQLITE_FULL') || error.code === 'SQLITE_IOERR_WRITE') return 'full';
  return error.code.startsWith('SQLITE_BUSY') ? 'busy' : null;
}
