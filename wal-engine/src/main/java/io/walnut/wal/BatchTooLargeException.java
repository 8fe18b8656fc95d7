package io.walnut.wal;

/** The batch is larger than the log was configured for: split it. Nothing was appended. */
public final class BatchTooLargeException extends WalException {
    private static final long serialVersionUID = 1;

    private final long sizeBytes;
    private final int limitBytes;

    BatchTooLargeException(long sizeBytes, int limitBytes) {
        super("a batch of " + sizeBytes + " bytes is larger than the limit of " + limitBytes);
        this.sizeBytes = sizeBytes;
        this.limitBytes = limitBytes;
    }

    public long sizeBytes() {
        return sizeBytes;
    }

    public int limitBytes() {
        return limitBytes;
    }
}
