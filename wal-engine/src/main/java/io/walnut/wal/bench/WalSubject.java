package io.walnut.wal.bench;

import io.walnut.wal.Batch;
import io.walnut.wal.Durability;
import io.walnut.wal.Wal;
import io.walnut.wal.WalException;
import io.walnut.wal.WalOptions;
import io.walnut.wal.WalStats;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Our log. Beside the appends it is trimmed, as a service with retention would: at 256 MiB to a half of that. */
public final class WalSubject implements Subject {
    private static final Logger LOG = LoggerFactory.getLogger(WalSubject.class);
    private static final long KEPT_BYTES = 256L << 20;
    private static final int SPARE_SEGMENTS = 4;
    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(50);

    private final String name;
    private final WalOptions options;

    public WalSubject(String name, WalOptions options) {
        this.name = name;
        this.options = options.withSpareSegments(SPARE_SEGMENTS);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public String description() {
        return "segments of " + (options.segmentBytes() >> 20) + " MiB made of trimmed ones, "
                + options.writesInFlight()
                + " writes in flight, trimmed at 256 MiB; an append is on the device on return";
    }

    @Override
    public boolean supports(boolean durable) {
        return true;
    }

    /** For the rows that only our log is measured by. */
    WalOptions options() {
        return options;
    }

    @Override
    public Log open(Path directory, boolean durable, int writers) throws IOException {
        return new WalLog(Wal.open(directory, options.withDurability(durable ? Durability.sync() : Durability.os())));
    }

    private static final class WalLog implements Log {
        private final Wal wal;
        private final Thread retention;

        WalLog(Wal wal) {
            this.wal = wal;
            this.retention =
                    Thread.ofPlatform().daemon().name("wal-bench-retention").start(this::retain);
        }

        private void retain() {
            try {
                while (true) {
                    Thread.sleep(BETWEEN_LOOKS);
                    WalStats stats = wal.stats();
                    if (stats.bytesOnDisk() > KEPT_BYTES) {
                        wal.trimBefore(stats.startLsn() + (stats.durableLsn() - stats.startLsn()) / 2);
                    }
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (WalException e) {
                LOG.warn("retention ends", e);
            }
        }

        @Override
        public Writer writer(ByteBuffer record, int count) {
            return new WalWriter(wal, record, count);
        }

        @Override
        public void close() throws IOException {
            retention.interrupt();
            try {
                retention.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            wal.close();
        }
    }

    private static final class WalWriter implements Writer {
        private final Wal wal;
        private final ByteBuffer record;
        private final int count;
        private final Batch batch = new Batch();

        WalWriter(Wal wal, ByteBuffer record, int count) {
            this.wal = wal;
            this.record = record;
            this.count = count;
        }

        @Override
        public void append() throws IOException {
            fill();
            wal.append(batch);
        }

        @Override
        public void enqueue() throws IOException {
            fill();
            wal.enqueue(batch);
        }

        /** Again each time: a program has other records each time. */
        private void fill() {
            batch.clear();
            for (int i = 0; i < count; i++) {
                batch.add(i, record);
            }
        }
    }
}
