package io.walnut.wal;

/**
 * The LSN lies in a gap of the log. Either what stood there was damaged, and set aside by an open that was told to quarantine it:
 * put the segment back from a copy (see {@code walnut wal repair}), or read on behind {@link #gap()}. Or a compaction did not keep
 * the record: read on behind it, as a cursor does by itself.
 */
public final class WalGapException extends WalException {
    private static final long serialVersionUID = 1;

    private final transient Gap gap;

    WalGapException(long lsn, Gap gap) {
        super(
                switch (gap.kind()) {
                    case LOST ->
                        "LSN " + lsn + " is lost: the log has a hole, LSNs " + gap.lsns()
                                + ", where damaged bytes were set aside. " + WalCorruptException.ADVICE;
                    case COMPACTED ->
                        "LSN " + lsn + " was compacted away, with LSNs " + gap.lsns()
                                + ": read on behind them, or use a cursor, which does";
                });
        this.gap = gap;
    }

    /** The LSNs that are missing there, and why: of a lost hole all, of what was compacted away perhaps not all that lie side by side. */
    public Gap gap() {
        return gap;
    }
}
