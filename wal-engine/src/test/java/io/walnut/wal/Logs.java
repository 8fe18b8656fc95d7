package io.walnut.wal;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/** What the tests of one failure each have in common: a small log that works in the caller's thread, and its records as text. */
final class Logs {
    static final int SEGMENT_BYTES = 32 << 10;

    private Logs() {}

    static WalOptions inline() {
        int[] salt = {1};
        return threads().withBackgroundWork(BackgroundWork.INLINE).withSalts(() -> salt[0] = salt[0] * 31 + 7);
    }

    static WalOptions threads() {
        return WalOptions.defaults().withSizes(SEGMENT_BYTES, 12 << 10, 64 << 10);
    }

    /** Waits with a deadline. */
    static void await(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + 20_000_000_000L;
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("waited in vain until " + what);
            }
            Thread.onSpinWait();
        }
    }

    static Batch batch(String... payloads) {
        Batch batch = new Batch();
        for (String payload : payloads) {
            batch.add(7, ByteBuffer.wrap(payload.getBytes(StandardCharsets.UTF_8)));
        }
        return batch;
    }

    static String text(WalRecord record) {
        return StandardCharsets.UTF_8.decode(record.payload()).toString();
    }

    static List<String> contents(Wal wal) throws WalException {
        List<String> contents = new ArrayList<>();
        try (Cursor cursor = wal.cursor(wal.startLsn())) {
            while (cursor.next()) {
                contents.add(text(cursor.record()));
            }
        }
        return contents;
    }
}
