package io.walnut.wal.tool;

import io.walnut.wal.Cursor;
import io.walnut.wal.Wal;
import io.walnut.wal.WalOptions;
import io.walnut.wal.WalRecord;
import io.walnut.wal.io.FileChannelStorage;
import io.walnut.wal.recovery.RecoveryReport;
import java.io.IOException;
import java.nio.file.Path;
import java.util.function.Predicate;

/** Looks at the log of a directory that no process has open. Changes nothing. */
public final class WalLook {
    private WalLook() {}

    /**
     * What a reading of the whole log found.
     *
     * @param report what an open would find and do
     * @param records records read back, each verified
     * @param payloadBytes their bytes
     */
    public record Verified(RecoveryReport report, long records, long payloadBytes) {}

    /**
     * Reads and verifies everything.
     *
     * @throws io.walnut.wal.WalCorruptException with the ranges and the report, when durable bytes are wrong
     * @throws io.walnut.wal.WalLockedException when a process has the log open
     */
    public static Verified verify(Path directory) throws IOException {
        long[] seen = new long[2];
        RecoveryReport report = each(directory, 0, record -> {
            seen[0]++;
            seen[1] += record.payload().remaining();
            return true;
        });
        return new Verified(report, seen[0], seen[1]);
    }

    /** Gives the records from an LSN on, in order, for as long as {@code more} answers true. */
    public static RecoveryReport each(Path directory, long fromLsn, Predicate<WalRecord> more) throws IOException {
        WalOptions options = WalOptions.defaults().withVerification(WalOptions.Verification.FULL);
        try (Wal wal = Wal.open(new OverlayStorage(FileChannelStorage.existing(directory)), options);
                Cursor cursor = wal.cursor(Math.clamp(fromLsn, wal.startLsn(), wal.endLsn()))) {
            while (cursor.next() && more.test(cursor.record())) {
                // the predicate does the work
            }
            return wal.recoveryReport();
        }
    }
}
