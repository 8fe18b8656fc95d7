package io.walnut.wal.io;

import java.io.IOException;
import java.nio.channels.Channel;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Channels of a file whose writes are synced each, lent to one write at a time.
 *
 * <p>Of a page that did not come to the disk the Linux kernel tells each open file once, whoever asks it first. Of two writes by one
 * channel the good one may be told, and the other that all is well. By channels of their own both are told: one too many,
 * which does no harm.
 */
final class DurableChannels {
    private static final Logger LOG = LoggerFactory.getLogger(DurableChannels.class);

    private final Path path;
    private final Set<OpenOption> options;
    private final Lock lock = new ReentrantLock();
    private final Condition givenBack = lock.newCondition();
    private final ArrayDeque<FileChannel> idle = new ArrayDeque<>(); // guarded by the lock, like the rest
    private int lent;
    private boolean opened; // once at least
    private boolean kept = true;

    DurableChannels(Path path, OpenOption... more) {
        this.path = path;
        var all = new HashSet<OpenOption>(Set.of(more));
        all.add(StandardOpenOption.WRITE);
        all.add(StandardOpenOption.DSYNC);
        this.options = Set.copyOf(all);
    }

    /** One that nobody else has, to be given back. Waits for one when no more can be opened, as at the limit of descriptors. */
    FileChannel take() throws IOException {
        lock.lock();
        try {
            FileChannel channel = idle.poll();
            while (channel == null) {
                channel = openOrAwait();
            }
            lent++;
            return channel;
        } finally {
            lock.unlock();
        }
    }

    @SuppressWarnings("WaitNotInLoop") // the caller loops
    private @Nullable FileChannel openOrAwait() throws IOException {
        try {
            FileChannel channel = FileChannel.open(path, options);
            opened = true;
            return channel;
        } catch (FileSystemException e) {
            if (lent == 0) {
                throw e;
            }
            givenBack.awaitUninterruptibly();
            return idle.poll();
        }
    }

    /** Whether the file system has such channels: one was opened. */
    boolean hasOpened() {
        lock.lock();
        try {
            return opened;
        } finally {
            lock.unlock();
        }
    }

    /** An interrupt may have closed it. */
    void giveBack(FileChannel channel) {
        lock.lock();
        try {
            lent--;
            if (kept && channel.isOpen()) {
                idle.push(channel);
            } else {
                close(channel);
            }
            givenBack.signalAll(); // whoever is first may not get it, and throw
        } finally {
            lock.unlock();
        }
    }

    /** Keeps none any more. */
    void close() {
        lock.lock();
        try {
            kept = false;
            for (FileChannel channel = idle.poll(); channel != null; channel = idle.poll()) {
                close(channel);
            }
        } finally {
            lock.unlock();
        }
    }

    /** It has nothing to tell any more: what was written by it was synced, or failed. */
    static void close(Channel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            LOG.debug("closing a channel that has nothing to write any more", e);
        }
    }
}
