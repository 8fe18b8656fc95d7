package io.walnut.wal.disk;

import io.walnut.wal.Batch;
import io.walnut.wal.Wal;
import io.walnut.wal.WalException;
import io.walnut.wal.WalOptions;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * A process that appends until its disk is gone. Says on its standard output what is acknowledged, a line each time:
 * {@code A lsn first-record records}, and before a trim {@code T lsn}.
 */
final class PowerCutWriter {
    private static final int THREADS = 6;
    private static final int KEPT_RECORDS = 3_000;
    private static final int LARGE = 40_000;

    private PowerCutWriter() {}

    /** Through the page cache or past it; more when there are more. */
    enum Backend {
        PAST_PAGE_CACHE,
        PAGE_CACHE;

        WalOptions options() {
            return WalOptions.defaults()
                    .withSizes(256 << 10, 64 << 10, 1 << 20)
                    .withPastPageCache(this == PAST_PAGE_CACHE);
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

    /** Arguments: directory, backend, name of the run. */
    public static void main(String[] arguments) throws Exception {
        PrintStream out = System.out;
        System.setOut(System.err); // whoever logs must not speak between
        String run = arguments[2];
        Wal wal = Wal.open(Path.of(arguments[0]), Backend.valueOf(arguments[1]).options());
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            int thread = i;
            threads.add(Thread.ofPlatform().start(() -> append(wal, run, thread, out)));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        System.exit(0); // the disk is gone; nothing is closed in order
    }

    private static void append(Wal wal, String run, int thread, PrintStream out) {
        Random random = new Random(run.hashCode() + thread);
        try {
            for (int number = 0; ; ) {
                int records = 1 + random.nextInt(3);
                Batch batch = new Batch();
                for (int i = 0; i < records; i++) {
                    batch.add(thread, ByteBuffer.wrap(payload(run, thread, number + i)));
                }
                long lsn = wal.append(batch);
                print(out, "A " + lsn + " " + thread + " " + number + " " + records);
                number += records;
                if (thread == 0 && lsn - wal.startLsn() > KEPT_RECORDS) {
                    long trim = wal.durableLsn() - KEPT_RECORDS / 2;
                    print(out, "T " + trim);
                    wal.trimBefore(trim);
                }
            }
        } catch (WalException e) {
            System.err.println(e.getMessage());
        }
    }

    private static void print(PrintStream out, String line) {
        synchronized (out) {
            out.println(line);
            out.flush();
        }
    }
}
