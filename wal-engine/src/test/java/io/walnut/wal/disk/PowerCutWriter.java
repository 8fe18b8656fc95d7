package io.walnut.wal.disk;

import io.walnut.wal.Acknowledge;
import io.walnut.wal.Batch;
import io.walnut.wal.Wal;
import io.walnut.wal.WalException;
import io.walnut.wal.WalOptions;
import io.walnut.wal.io.Backend;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;

/**
 * A process that appends until its disk is gone. Says on its standard output what is acknowledged, a line each time:
 * {@code A lsn first-record records}, and before a trim {@code T lsn}.
 */
final class PowerCutWriter {
    private static final int THREADS = 6;
    private static final int KEPT_RECORDS = 3_000;
    private static final int LARGE = 40_000;
    private static final int UNDER_WAY = 8; // of each thread that does not wait

    private PowerCutWriter() {}

    /** How bytes come to the disk. */
    enum Way {
        PAST_PAGE_CACHE,
        PAGE_CACHE,
        /** Past it, too, several writes on their way at once: nobody waits for one append before the next. */
        IO_URING;

        WalOptions options() {
            return WalOptions.defaults()
                    .withSizes(256 << 10, 64 << 10, 1 << 20)
                    .withPastPageCache(this != PAGE_CACHE)
                    .withBackend(this == IO_URING ? Backend.IO_URING : Backend.PORTABLE);
        }
    }

    /** Record {@code number} of a thread of a run: its bytes follow from its name. */
    static byte[] payload(String run, int thread, int number) {
        String name = run + "/" + thread + "/" + number + "/";
        Random random = new Random(name.hashCode());
        int bytes = random.nextInt(20) == 0 ? random.nextInt(LARGE) : random.nextInt(600);
        byte[] filler = new byte[bytes];
        random.nextBytes(filler);
        return ByteBuffer.allocate(name.length() + bytes)
                .put(name.getBytes(StandardCharsets.US_ASCII))
                .put(filler)
                .array();
    }

    /** Arguments: directory, way, name of the run. */
    public static void main(String[] arguments) throws Exception {
        PrintStream out = System.out;
        System.setOut(System.err); // whoever logs must not speak between
        String run = arguments[2];
        Way way = Way.valueOf(arguments[1]);
        Wal wal = Wal.open(Path.of(arguments[0]), way.options());
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            int thread = i;
            threads.add(Thread.ofPlatform().start(() -> append(wal, way, run, thread, out)));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        System.exit(0); // the disk is gone; nothing is closed in order
    }

    private static void append(Wal wal, Way way, String run, int thread, PrintStream out) {
        Random random = new Random(run.hashCode() + thread);
        Semaphore mayBegin = new Semaphore(UNDER_WAY);
        try {
            for (int number = 0; ; ) {
                int records = 1 + random.nextInt(3);
                Batch batch = new Batch();
                for (int i = 0; i < records; i++) {
                    batch.add(thread, ByteBuffer.wrap(payload(run, thread, number + i)));
                }
                int first = number;
                if (way == Way.IO_URING) {
                    mayBegin.acquireUninterruptibly();
                    Future<?> _ = wal.appendAsync(batch, Acknowledge.DURABLE)
                            .thenAccept(lsn -> acknowledged(out, lsn, thread, first, records))
                            .whenComplete((nothing, failure) -> mayBegin.release());
                } else {
                    acknowledged(out, wal.append(batch), thread, first, records);
                }
                number += records;
                long trim = wal.durableLsn() - KEPT_RECORDS / 2;
                if (thread == 0 && trim - wal.startLsn() > KEPT_RECORDS / 2) {
                    print(out, "T " + trim);
                    wal.trimBefore(trim);
                }
            }
        } catch (WalException e) {
            System.err.println(e.getMessage());
        }
    }

    private static void acknowledged(PrintStream out, long lsn, int thread, int number, int records) {
        print(out, "A " + lsn + " " + thread + " " + number + " " + records);
    }

    private static void print(PrintStream out, String line) {
        synchronized (out) {
            out.println(line);
            out.flush();
        }
    }
}
