package io.walnut.wal.tool;

import io.walnut.wal.Cursor;
import io.walnut.wal.Gap;
import io.walnut.wal.LsnRange;
import io.walnut.wal.Wal;
import io.walnut.wal.WalCorruptException;
import io.walnut.wal.WalException;
import io.walnut.wal.WalOptions;
import io.walnut.wal.WalRecord;
import io.walnut.wal.format.Manifest;
import io.walnut.wal.io.FileChannelStorage;
import io.walnut.wal.io.Storage;
import io.walnut.wal.recovery.RecoveryListener;
import io.walnut.wal.recovery.RecoveryPolicy;
import io.walnut.wal.recovery.RecoveryReport;
import io.walnut.wal.segment.Segment;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** Looks at the log of a directory that no process has open. Changes nothing there; the right to read is enough. */
public final class WalLook {
    private static final int MOST_NAMES = 5;

    private WalLook() {}

    /**
     * What a reading of the whole log found.
     *
     * @param report what an open would find and do
     * @param records records read back, each verified
     * @param payloadBytes their bytes
     */
    public record Verified(RecoveryReport report, long records, long payloadBytes) {}

    /** Whether a directory holds a log, or what is left of one. */
    public static boolean isLog(Path directory) throws IOException {
        try (Storage storage = FileChannelStorage.existing(directory)) {
            return storage.list().stream().anyMatch(name -> name.equals(Manifest.NAME) || Segment.id(name) >= 0);
        }
    }

    /**
     * Reads and verifies everything.
     *
     * @throws WalCorruptException with the ranges and the report, when durable bytes are wrong
     * @throws io.walnut.wal.WalLockedException when a process has the log open
     * @throws IOException also when there is no log
     */
    public static Verified verify(Path directory) throws IOException {
        return verify(directory, progress -> true);
    }

    /** The same; {@code listener} hears how far the sealed segments are verified, and may end it. */
    public static Verified verify(Path directory, RecoveryListener listener) throws IOException {
        long[] seen = new long[2];
        try (Wal wal = Wal.open(
                overlay(directory),
                WalOptions.defaults()
                        .withVerification(WalOptions.Verification.FULL)
                        .withRecovery(RecoveryPolicy.defaults().withListener(listener)))) {
            try (Cursor cursor = wal.cursorOverGaps(wal.startLsn(), gap -> {})) {
                while (cursor.next()) {
                    seen[0]++;
                    seen[1] += cursor.record().payload().remaining();
                }
            }
            return new Verified(wal.recoveryReport(), seen[0], seen[1]);
        }
    }

    /**
     * Gives the records in order, each verified, for as long as {@code more} answers true. Goes on behind lost holes.
     *
     * @param fromLsn the first; without it, where the log begins
     * @param lost hears of each hole on the way
     * @throws WalCorruptException when bytes on the way are wrong, or a segment as a whole: after the records that are good
     *     before that
     * @throws io.walnut.wal.WalRangeException when the log ends before {@code fromLsn}
     * @throws io.walnut.wal.WalTrimmedException when the log begins after {@code fromLsn}
     * @throws io.walnut.wal.WalLockedException when a process has the log open
     * @throws IOException also when there is no log
     */
    public static void each(Path directory, OptionalLong fromLsn, Consumer<LsnRange> lost, Predicate<WalRecord> more)
            throws IOException {
        Wal opened;
        try {
            opened = Wal.open(overlay(directory), WalOptions.defaults());
        } catch (WalCorruptException e) {
            if (e.report().isPresent()) {
                eachBefore(e.report().get(), directory, fromLsn, lost, more);
            }
            throw e;
        }
        try (Wal wal = opened) {
            read(wal, fromLsn.orElse(wal.startLsn()), wal.endLsn(), lost, more);
        }
    }

    private static void eachBefore(
            RecoveryReport report,
            Path directory,
            OptionalLong fromLsn,
            Consumer<LsnRange> lost,
            Predicate<WalRecord> more)
            throws IOException {
        OverlayStorage storage = overlay(directory);
        GoodPart.keep(storage, report);
        try (Wal wal = Wal.open(storage, WalOptions.defaults())) {
            long from = fromLsn.orElse(wal.startLsn());
            if (from < report.endLsn()) {
                read(wal, from, report.endLsn(), lost, more);
            }
        }
    }

    private static void read(Wal wal, long fromLsn, long endLsn, Consumer<LsnRange> lost, Predicate<WalRecord> more)
            throws WalException {
        Consumer<Gap> gaps = gap -> {
            if (gap.kind() == Gap.Kind.LOST) {
                lost.accept(gap.lsns());
            }
        };
        try (Cursor cursor = wal.cursorOverGaps(fromLsn, gaps)) {
            while (cursor.nextLsn() < endLsn && cursor.next() && more.test(cursor.record())) {
                // the predicate does the work
            }
        }
    }

    static OverlayStorage overlay(Path directory) throws IOException {
        requireLog(directory);
        return new OverlayStorage(FileChannelStorage.existing(directory));
    }

    /** An open would make a log where there is none. */
    static void requireLog(Path directory) throws IOException {
        if (!isLog(directory)) {
            throw new IOException("no log in " + directory + ": expected " + Manifest.NAME + " and segments such as "
                    + Segment.name(0) + ", found " + found(directory) + "; name the directory that holds them");
        }
    }

    private static String found(Path directory) throws IOException {
        try (Stream<Path> entries = Files.list(directory)) {
            List<String> names = entries.map(path -> String.valueOf(path.getFileName()))
                    .sorted()
                    .limit(MOST_NAMES + 1)
                    .toList();
            return names.isEmpty()
                    ? "nothing"
                    : String.join(", ", names.subList(0, Math.min(names.size(), MOST_NAMES)))
                            + (names.size() > MOST_NAMES ? ", ..." : "");
        }
    }
}
