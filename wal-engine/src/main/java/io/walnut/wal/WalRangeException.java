package io.walnut.wal;

/** The LSN lies at or beyond the end of the log: it is not there yet. */
public final class WalRangeException extends WalException {
    private static final long serialVersionUID = 1;

    private final long lsn;
    private final long endLsn;

    WalRangeException(long lsn, long endLsn) {
        super("LSN " + lsn + " is not in the log yet; the log ends before " + endLsn);
        this.lsn = lsn;
        this.endLsn = endLsn;
    }

    /** The LSN that was asked for. */
    public long lsn() {
        return lsn;
    }

    /** The next LSN that the log will assign. */
    public long endLsn() {
        return endLsn;
    }
}
