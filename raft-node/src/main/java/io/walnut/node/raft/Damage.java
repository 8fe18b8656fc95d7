package io.walnut.node.raft;

import io.walnut.wal.WalCorruptException;
import io.walnut.wal.WalException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Places of the WAL whose bytes turned out to be wrong when they were read, each told once. Thread-safe. */
final class Damage {
    private static final Logger LOG = LoggerFactory.getLogger(Damage.class);

    /** More of them say nothing new. */
    private static final int MAX_PLACES = 1_000;

    private final String where;
    private final Set<Long> lsns = ConcurrentHashMap.newKeySet();

    Damage(String where) {
        this.where = where;
    }

    @FunctionalInterface
    interface Read<T> {
        T read() throws WalException;
    }

    /** Reads, and remembers what is wrong there. */
    <T> T noticing(Read<T> read) throws WalException {
        try {
            return read.read();
        } catch (WalCorruptException e) {
            long lsn = e.ranges().isEmpty() ? -1 : e.ranges().getFirst().from();
            if (lsns.size() < MAX_PLACES && lsns.add(lsn)) {
                LOG.warn("wal={} damaged lsn={}: {}", where, lsn, e.getMessage());
            }
            throw e;
        }
    }

    int places() {
        return lsns.size();
    }
}
