package io.walnut.wal.segment;

import io.walnut.wal.io.StorageFile;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says whether a segment more may be mapped. The kernel allows a process some mappings ({@code vm.max_map_count}), and the JVM
 * needs of them for itself: it ends when it gets none. So an eighth is left to it, whoever has taken the others. A
 * segment that is not mapped is read through its file. Thread-safe.
 */
final class Mappings {
    private static final Logger LOG = LoggerFactory.getLogger(Mappings.class);
    private static final String MOST = "/proc/sys/vm/max_map_count";
    private static final String IN_USE = "/proc/self/maps";
    private static final int RESERVED_PART = 8;
    private static final int COUNTED_PART = 64; // so many are taken at most before it is counted again
    private static final long COUNTED_NANOS = 1_000_000_000;

    /** When the JVM is refused a mapping it collects all garbage and waits for 100 ms, each time: not for each segment. */
    private static final long PAUSE_NANOS = 10_000_000_000L;

    /** Behind the constants that it needs. */
    static final Mappings OF_PROCESS = new Mappings(most(), Mappings::inUse, System::nanoTime);

    private final long most;
    private final LongSupplier inUse;
    private final LongSupplier nanoClock;

    // Guarded by this.
    private long countedNanos;
    private long room; // as counted, less what was taken since: 0 is to be counted, below 0 is none
    private long refusedNanos;
    private boolean refused;

    /** {@code most} is 0 where there is no limit; {@code inUse} throws nothing. */
    Mappings(long most, LongSupplier inUse, LongSupplier nanoClock) {
        this.most = most;
        this.inUse = inUse;
        this.nanoClock = nanoClock;
    }

    /** Whether the caller may map a segment, which is counted. */
    synchronized boolean take() {
        long now = nanoClock.getAsLong();
        if (refused && now - refusedNanos < PAUSE_NANOS) {
            return false;
        }
        refused = false;
        if (most == 0) {
            return true;
        }
        if (room == 0 || now - countedNanos >= COUNTED_NANOS) {
            count(now);
        }
        if (room <= 0) {
            return false;
        }
        room--;
        return true;
    }

    private void count(long now) {
        boolean hadRoom = room >= 0;
        countedNanos = now;
        long left = most - most / RESERVED_PART - inUse.getAsLong();
        room = left <= 0 ? -1 : Math.min(left, Math.max(1, most / COUNTED_PART));
        if (hadRoom && room < 0) {
            LOG.warn(
                    "the process has too few mappings left of vm.max_map_count={}: further segments are read through their"
                            + " files, which is slower",
                    most);
        }
    }

    /** A mapping failed. Whether it may succeed another time, when this process has more room. */
    synchronized boolean refused(StorageFile file, Throwable why) {
        boolean noRoom = why.getCause() instanceof OutOfMemoryError; // so FileChannel.map says it
        LOG.warn("{} cannot be mapped and is read through the file, which is slower: {}", file, why.toString());
        if (noRoom) {
            refused = true;
            refusedNanos = nanoClock.getAsLong();
        }
        return noRoom;
    }

    private static long most() {
        try (InputStream file = new FileInputStream(MOST)) {
            byte[] text = new byte[64];
            int read = file.read(text); // all of it at once: the kernel has no second part of it
            return Long.parseLong(new String(text, 0, Math.max(0, read), StandardCharsets.US_ASCII).strip());
        } catch (IOException | NumberFormatException e) {
            LOG.debug("no limit of mappings is known here", e);
            return 0;
        }
    }

    /** One a line. */
    private static long inUse() {
        long lines = 0;
        try (InputStream maps = new FileInputStream(IN_USE)) {
            byte[] bytes = new byte[4096];
            for (int read = maps.read(bytes); read > 0; read = maps.read(bytes)) {
                for (int i = 0; i < read; i++) {
                    lines += bytes[i] == '\n' ? 1 : 0;
                }
            }
            return lines;
        } catch (IOException e) {
            LOG.debug("cannot count the mappings of this process: is no descriptor left?", e);
            return Integer.MAX_VALUE; // none left
        }
    }
}
