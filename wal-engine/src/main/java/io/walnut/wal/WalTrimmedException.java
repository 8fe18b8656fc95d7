package io.walnut.wal;

/** The LSN lies before the start of the log: it was trimmed. Read on from {@link #startLsn()}. */
public final class WalTrimmedException extends WalException {
    private static final long serialVersionUID = 1;

    private final long lsn;
    private final long startLsn;

    WalTrimmedException(long lsn, long startLsn) {
        super("LSN " + lsn + " was trimmed; the log starts at " + startLsn);
        this.lsn = lsn;
        this.startLsn = startLsn;
    }

    /** The LSN that was asked for. */
    public long lsn() {
        return lsn;
    }

    /** The first LSN that is there, or would be. */
    public long startLsn() {
        return startLsn;
    }
}
