package io.walnut.node.raft;

import io.walnut.wal.Wal;
import io.walnut.wal.WalException;
import io.walnut.wal.WalRangeException;
import io.walnut.wal.WalTrimmedException;
import java.io.IOException;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.raftlog.LogEntryHeader;
import org.apache.ratis.server.raftlog.RaftLog;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The entries of the WAL that Ratis sees, the newest of them in memory. One thread at a time changes what is seen; any thread
 * reads, without a lock. An entry may go away while it is looked up: then it is not there.
 */
final class VisibleEntries {
    private static final Logger LOG = LoggerFactory.getLogger(VisibleEntries.class);
    private static final int RECENT_TAGS = 1 << 16;
    private static final int RECENT_ENTRIES = 1 << 16;
    private static final long RECENT_BYTES = 32L << 20;

    /**
     * What is seen: {@code first..last}, nothing when {@code first > last}.
     *
     * @param before the entry before the first: an append at the first is checked against it
     */
    record Bounds(long first, long last, @Nullable TermIndex before) {
        boolean isEmpty() {
            return first > last;
        }
    }

    private final String name;
    private final Wal wal;
    private final Damage damage;
    private final RecentTags tags = new RecentTags(RECENT_TAGS, 0);
    private final RecentEntries recent = new RecentEntries(RECENT_ENTRIES, RECENT_BYTES, 0);
    private volatile Bounds bounds = new Bounds(0, RaftLog.INVALID_LOG_INDEX, null);

    VisibleEntries(String name, Wal wal, Damage damage) {
        this.name = name;
        this.wal = wal;
        this.damage = damage;
    }

    // ---- changing

    /** Shows other bounds. What is kept in memory of entries after the last is forgotten; all of it, when the first moves on. */
    void show(Bounds fresh) {
        Bounds old = bounds;
        if (fresh.first == old.first && fresh.last <= old.last) {
            tags.truncate(fresh.last + 1);
            recent.truncate(fresh.last + 1);
        } else {
            tags.reset(fresh.last + 1);
            recent.reset(fresh.last + 1);
        }
        bounds = fresh;
    }

    /** Moves the first entry up; those after it stay as they are. */
    void hideBefore(long first, TermIndex before) {
        bounds = new Bounds(first, bounds.last, before);
    }

    /** Shows one more entry, the next one, which the WAL has taken. */
    void add(LogEntryProto entry, long tag) {
        Bounds old = bounds;
        tags.put(entry.getIndex(), tag);
        recent.put(entry);
        bounds = new Bounds(old.first, entry.getIndex(), old.before);
    }

    /** Reads the tag of an entry from the WAL into memory. To be called in order, up to the last entry, before any is added. */
    long learnTag(long index) throws WalException {
        long tag = wal.tag(index);
        tags.put(index, tag);
        return tag;
    }

    /** The first tag that is to be learned. */
    void learnFrom(long index) {
        tags.reset(index);
    }

    // ---- reading

    Bounds bounds() {
        return bounds;
    }

    long last() {
        return bounds.last;
    }

    /** An entry that was purged is found as long as the WAL has it. */
    @Nullable
    LogEntryProto get(long index) throws IOException {
        LogEntryProto entry = recent.get(index);
        if (entry != null) {
            return entry;
        }
        if (index < wal.startLsn() || index > bounds.last) {
            return null;
        }
        try {
            return load(index);
        } catch (WalTrimmedException | WalRangeException e) {
            LOG.debug("{}: entry {} went away while it was looked up", name, index, e);
            return null;
        }
    }

    /** Reads an entry that is there from the WAL. */
    LogEntryProto load(long index) throws IOException {
        return EntryBytes.decode(damage.noticing(() -> wal.read(index)).payload());
    }

    @Nullable
    TermIndex termIndex(long index) {
        Bounds now = bounds;
        if (now.before != null && index == now.before.getIndex()) {
            return now.before;
        }
        if (index < now.first || index > now.last) {
            return null;
        }
        long tag = tag(index);
        return tag == RecentTags.UNKNOWN ? null : EntryTag.termIndex(tag, index);
    }

    /** Those from {@code start} on and before {@code end} that are seen. */
    LogEntryHeader[] headers(long start, long end) {
        while (true) {
            LogEntryHeader[] headers = headers(bounds, start, end);
            if (headers != null) {
                return headers;
            }
        }
    }

    /** Null when one of them has gone meanwhile. Other bounds were shown before that. */
    private LogEntryHeader @Nullable [] headers(Bounds now, long start, long end) {
        long from = Math.max(start, now.first);
        long to = Math.min(end, now.last + 1);
        if (from >= to) {
            return LogEntryHeader.EMPTY_ARRAY;
        }
        LogEntryHeader[] headers = new LogEntryHeader[Math.toIntExact(to - from)];
        for (int i = 0; i < headers.length; i++) {
            long tag = tag(from + i);
            if (tag == RecentTags.UNKNOWN) {
                return null;
            }
            headers[i] = EntryTag.header(tag, from + i);
        }
        return headers;
    }

    @Nullable
    TermIndex lastTermIndex() {
        while (true) {
            Bounds now = bounds;
            if (now.isEmpty()) {
                return null;
            }
            long tag = tag(now.last);
            if (tag != RecentTags.UNKNOWN) {
                return EntryTag.termIndex(tag, now.last);
            }
            // It was cut off meanwhile. Other bounds were shown before that.
        }
    }

    /** Whether another entry, or none, stands where that should; what is below the first one is committed and the same. */
    boolean contradict(TermIndex entry) {
        Bounds now = bounds;
        return entry.getIndex() > now.last
                || (entry.getIndex() >= now.first && EntryTag.term(tag(entry.getIndex())) != entry.getTerm());
    }

    /** UNKNOWN when the entry has been trimmed or truncated meanwhile. */
    long tag(long index) {
        try {
            return readTag(index);
        } catch (WalException e) {
            throw new IllegalStateException(name + ": cannot read the tag of entry " + index, e);
        }
    }

    /** As {@link #tag}, for who can go on without. */
    long readTag(long index) throws WalException {
        long tag = tags.get(index);
        if (tag != RecentTags.UNKNOWN) {
            return tag;
        }
        try {
            return damage.noticing(() -> wal.tag(index));
        } catch (WalTrimmedException | WalRangeException e) {
            LOG.debug("{}: entry {} went away while its term was looked up", name, index, e);
            return RecentTags.UNKNOWN;
        }
    }
}
