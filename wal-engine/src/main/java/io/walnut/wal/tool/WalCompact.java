package io.walnut.wal.tool;

import io.walnut.wal.Compaction;
import io.walnut.wal.CompactionFilter;
import io.walnut.wal.Wal;
import io.walnut.wal.WalOptions;
import io.walnut.wal.io.FileChannelStorage;
import io.walnut.wal.recovery.RecoveryListener;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** Compacts the log of a directory that no process has open. */
public final class WalCompact {
    private WalCompact() {}

    /**
     * Merges segments that are small, and takes out records that newer ones of the same key have replaced. Each step is durable, and
     * done or not after a crash; the log is closed in order.
     *
     * @param byKey how long deletes are kept; empty when no record is to be taken out, whatever its key
     * @throws io.walnut.wal.WalCorruptException when durable bytes are wrong
     * @throws io.walnut.wal.WalLockedException when a process has the log open
     * @throws IOException also when there is no log, or, by key, when its records are not of the record codec
     */
    public static Compaction run(Path directory, Optional<Duration> byKey, RecoveryListener listener)
            throws IOException, InterruptedException {
        WalLook.requireLog(directory);
        try (Wal wal = Wal.open(FileChannelStorage.at(directory), WalOptions.defaults())) {
            CompactionFilter filter = byKey.isPresent()
                    ? CompactionByKey.of(wal, byKey.get(), System.currentTimeMillis())
                    : record -> true;
            return wal.compact(Long.MAX_VALUE, filter, listener);
        }
    }
}
