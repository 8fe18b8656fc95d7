package io.walnut.wal.store;

import io.walnut.wal.Wal;
import io.walnut.wal.logs.Command;
import io.walnut.wal.logs.LogIndex;
import io.walnut.wal.logs.Result;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a store does beside its callers, one thing at a time: applies the settings of the logs, saves images of the index, gives
 * space back, makes copies. By a thread of its own now and then, and by whoever asks.
 */
final class Upkeep {
    private static final Logger LOG = LoggerFactory.getLogger(Upkeep.class);

    /** Comes to nothing: no log has that id. */
    private static final Command NOTHING = new Command.Seal("nothing", Long.MAX_VALUE);

    private final LogStore store;
    private final Wal wal;
    private final ImageFiles images;
    private final LogIndex index;
    private final Applier applier;
    private final LogStoreOptions options;
    private final @Nullable ScheduledExecutorService executor;
    private final ReentrantLock running = new ReentrantLock();
    private long imageLsn; // guarded by running

    Upkeep(
            LogStore store,
            Wal wal,
            ImageFiles images,
            LogIndex index,
            Applier applier,
            LogStoreOptions options,
            long imageLsn) {
        this.store = store;
        this.wal = wal;
        this.images = images;
        this.index = index;
        this.applier = applier;
        this.options = options;
        this.imageLsn = imageLsn;
        this.executor = options.upkeepEvery().isZero()
                ? null
                : Executors.newSingleThreadScheduledExecutor(
                        Thread.ofPlatform().daemon().name("log-store-upkeep").factory());
    }

    void start() {
        if (executor != null) {
            long nanos = TimeUnit.NANOSECONDS.convert(options.upkeepEvery());
            Future<?> _ = executor.scheduleWithFixedDelay(this::quietRound, nanos, nanos, TimeUnit.NANOSECONDS);
        }
    }

    private void quietRound() {
        try {
            round();
        } catch (IOException | RuntimeException e) {
            if (store.isClosed()) {
                return;
            }
            LOG.warn("upkeep failed; the next round tries again: {}", e.toString());
        }
    }

    /** {@link LogStore#upkeep}. */
    void round() throws IOException {
        running.lock();
        try {
            for (Command command : index.due(store.nowMs())) {
                if (command instanceof Command.Seal seal) {
                    store.sealIfIdle(seal);
                } else {
                    Result _ = store.submit(_ -> command);
                }
            }
            giveBack();
        } finally {
            running.unlock();
        }
    }

    /** {@link LogStore#checkpoint}. */
    void checkpoint(Path target) throws IOException {
        running.lock(); // nothing that the image needs is trimmed before it is linked
        try {
            store.checkOpen();
            StoreCheckpoint.make(wal, applier.image(), target);
        } finally {
            running.unlock();
        }
    }

    /** Waits for what runs, makes everything durable and saves an image, so that the next open replays nothing. */
    void end() throws IOException {
        if (executor != null) {
            executor.shutdown();
        }
        running.lock();
        try {
            if (wal.endLsn() > wal.startLsn()) {
                wal.awaitDurable(wal.endLsn() - 1);
            }
            applier.applyBelow(wal.durableLsn());
            saveImage();
        } finally {
            running.unlock();
        }
    }

    private void saveImage() throws IOException {
        Applier.Image image = applier.image();
        if (image.nextLsn() == imageLsn) {
            return;
        }
        wal.awaitDurable(image.nextLsn() - 1); // an image must not know what a power cut can take from the WAL
        images.write(image.nextLsn(), image.bytes());
        imageLsn = image.nextLsn();
    }

    /**
     * What no log needs goes when it is not needed by the older of two images either. Images are rare: where one frees more than it
     * takes it is made before its time, one a round, the second in the next. So there is always one more, with the commands after
     * it, to fall back on.
     */
    private void giveBack() throws IOException {
        trim(); // first: it may make room for the image
        long applied = applier.appliedLsn();
        boolean due = applied - imageLsn >= options.imageEvery();
        if (!due && wal.bytesBelow(Math.min(index.neededLsn(), applied)) <= images.newestBytes()) {
            return;
        }
        if (applied == imageLsn) { // the same LSN is the same file, and no second image
            Result _ = store.submit(_ -> NOTHING);
        }
        saveImage();
        trim();
    }

    private void trim() throws IOException {
        long floor = Math.min(index.neededLsn(), images.olderLsn().orElse(wal.startLsn()));
        if (floor > wal.startLsn()) {
            wal.trimBefore(floor);
        }
    }
}
