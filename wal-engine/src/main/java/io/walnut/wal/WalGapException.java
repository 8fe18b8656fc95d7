package io.walnut.wal;

/**
 * The LSN lies in a hole of the log: what stood there was damaged, and set aside by an open that was told to quarantine it.
 * Put the segment back from a copy (see {@code walnut wal repair}), or read on behind {@link #gap()}.
 */
public final class WalGapException extends WalException {
    private static final long serialVersionUID = 1;

    private final transient LsnRange gap;

    WalGapException(long lsn, LsnRange gap) {
        super("LSN " + lsn + " is lost: the log has a hole, LSNs " + gap + ", where damaged bytes were set aside. "
                + WalCorruptException.ADVICE);
        this.gap = gap;
    }

    /** All LSNs of the hole. */
    public LsnRange gap() {
        return gap;
    }
}
