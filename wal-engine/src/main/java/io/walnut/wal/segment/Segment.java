package io.walnut.wal.segment;

import io.walnut.wal.format.Blocks;
import io.walnut.wal.format.InvalidBytesException;
import io.walnut.wal.format.SegmentHeader;
import io.walnut.wal.format.SegmentTrailer;
import io.walnut.wal.io.StorageFile;
import io.walnut.wal.io.UnknownOutcomeException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * One segment: written by one thread while active, then sealed and mapped, where that is to be had. Readers retain it while they
 * look; file and mapping go when the log and the last reader have let go.
 */
public final class Segment {
    private static final String SUFFIX = ".seg";

    private final long id;
    private final long baseLsn;
    private final int salt;
    private final StorageFile file;
    private final AtomicInteger holders = new AtomicInteger(1); // the log itself is one
    private volatile FrameIndex index; // empty when sealed: the table in the file has it all
    private volatile long endLsn;
    private volatile long endPosition;
    private volatile boolean sealed;
    private long length; // of the file, when it is sealed
    private boolean cut; // by changes of the segments only
    private volatile @Nullable Mapping mapping; // null before somebody reads, and while it cannot be had
    private volatile boolean unmappable;
    private volatile boolean followed; // somebody has read what was written
    private volatile @Nullable RecentFrames recent; // then, and until it is sealed
    private int gone; // LSNs whose records were compacted away

    /** {@code endPosition} is where its frames end, the header included. */
    public Segment(long id, long baseLsn, int salt, StorageFile file, FrameIndex index, long endLsn, long endPosition) {
        this.id = id;
        this.baseLsn = baseLsn;
        this.salt = salt;
        this.file = file;
        this.index = index;
        this.endLsn = endLsn;
        this.endPosition = endPosition;
    }

    /**
     * A segment whose trailer is verified and stays on disk until somebody reads.
     *
     * @param length of the file
     */
    public static Segment sealed(long id, SegmentTrailer.Footer footer, StorageFile file, long length) {
        Segment segment = new Segment(
                id, footer.baseLsn(), footer.salt(), file, FrameIndex.EMPTY, footer.endLsn(), footer.tablePosition());
        segment.length = length;
        segment.gone = footer.gone();
        segment.sealed = true;
        return segment;
    }

    /** The file, when it is sealed. */
    private record Mapping(Arena arena, ByteBuffer bytes, OffsetTable table) {}

    public static String name(long id) {
        return String.format(Locale.ROOT, "%020d%s", id, SUFFIX);
    }

    /** Id of a segment file, or -1 when the name is not one's. */
    public static long id(String name) {
        if (name.length() != 20 + SUFFIX.length() || !name.endsWith(SUFFIX)) {
            return -1;
        }
        try {
            long id = Long.parseLong(name.substring(0, 20));
            return name.equals(name(id)) ? id : -1; // a sign is no digit
        } catch (NumberFormatException e) {
            return -1;
        }
    }

    public long id() {
        return id;
    }

    public long baseLsn() {
        return baseLsn;
    }

    /** One past the LSN of the last record that counts. */
    public long endLsn() {
        return endLsn;
    }

    public int salt() {
        return salt;
    }

    public long endPosition() {
        return endPosition;
    }

    public boolean sealed() {
        return sealed;
    }

    /** Length of the file of a segment that is sealed, offset table and footer included. */
    public long fileBytes() {
        return length;
    }

    public StorageFile file() {
        return file;
    }

    /** Of a segment that is being written. */
    public FrameIndex index() {
        return index;
    }

    /** Publishes frames that are written now. */
    public void publish(FrameIndex newIndex, long newEndLsn, long newEndPosition) {
        index = newIndex;
        endLsn = newEndLsn;
        endPosition = newEndPosition;
    }

    /**
     * Where a write that begins at {@code position} puts its bytes, too, when somebody reads what is written: so do all after it.
     * Called by who gives writes their places, in order.
     */
    public @Nullable RecentFrames recentFrom(long position, long segmentBytes) {
        if (followed && recent == null) {
            try {
                recent = new RecentFrames(position, segmentBytes);
            } catch (OutOfMemoryError e) {
                followed = false; // the file has them, too
            }
        }
        return recent;
    }

    /** Copies frames that were written just now; false when they are to be read from the file. */
    boolean copyRecent(long position, byte[] target, int length) {
        if (!followed) {
            followed = true;
        }
        RecentFrames there = recent;
        return there != null && there.copy(position, target, length);
    }

    /** Counts records only up to an LSN from now on; the file stays as it is. */
    public void cut(long newEndLsn) {
        cut |= newEndLsn < endLsn;
        endLsn = Math.min(endLsn, newEndLsn);
    }

    /** LSNs of it whose records were compacted away; of a segment that {@link #isCut}, those of the whole file. */
    public int gone() {
        return gone;
    }

    /** Whether the file has frames beyond the last record that counts. */
    public boolean isCut() {
        return cut;
    }

    /**
     * Writes offset table and footer after the frames, cuts the file there, syncs it and maps it if it can. Durable on return.
     *
     * @throws UnknownOutcomeException when the file may no longer be written to; after any other failure the segment is as it
     *     was, and can be appended to or sealed later
     */
    public void seal() throws IOException {
        seal(0);
    }

    /** The same for a segment that a compaction made, in which {@code goneLsns} have no record any more. */
    public void seal(int goneLsns) throws IOException {
        gone = goneLsns;
        FrameIndex frames = index.below(endLsn);
        long table = Blocks.roundUp(endPosition);
        ByteBuffer trailer =
                new SegmentTrailer(baseLsn, endLsn, salt, table, frames.firstLsns(), frames.positions(), gone).encode();
        long length = table + trailer.remaining();
        // Durable before the file is cut: one that is shorter than it was made ends in a trailer, or was damaged.
        file.write(trailer, table);
        sync();
        file.setLength(length);
        sync();
        becomeSealed(length);
    }

    /** Makes the end of a file that ends in its trailer already durable. */
    public void keepSealed(long lengthWithTrailer) throws IOException {
        file.setLength(lengthWithTrailer);
        sync();
        becomeSealed(lengthWithTrailer);
    }

    /** The table in the file counts from now on. */
    private void becomeSealed(long lengthWithTrailer) {
        file.endDurableWrites();
        length = lengthWithTrailer;
        mapping = map();
        sealed = true;
        index = FrameIndex.EMPTY;
        recent = null;
    }

    private void sync() throws IOException {
        try {
            file.sync();
        } catch (IOException e) {
            throw new UnknownOutcomeException("sync of " + name(id) + " failed: " + e, e);
        }
    }

    /** Null when it cannot be had, which is no failure: the file is read instead. */
    private @Nullable Mapping map() {
        if (unmappable || !Mappings.OF_PROCESS.take()) {
            return null;
        }
        Arena shared = Arena.ofShared();
        try {
            ByteBuffer bytes = file.map(shared, 0, length).asByteBuffer();
            return new Mapping(shared, bytes, table(bytes));
        } catch (IOException | OutOfMemoryError e) {
            shared.close();
            unmappable = !Mappings.OF_PROCESS.refused(file, e);
            return null;
        } catch (RuntimeException e) {
            shared.close();
            throw e;
        }
    }

    /** Of a sealed segment. */
    private OffsetTable table(@Nullable ByteBuffer mapped) {
        long table = Blocks.roundUp(endPosition);
        long frames = (length - SegmentTrailer.FOOTER_BYTES - table) / SegmentTrailer.ROW_BYTES;
        return new OffsetTable(file, mapped, table, (int) frames, baseLsn);
    }

    /** The table of a sealed segment, mapped when it can be: the first reader does that. Called by a holder. */
    private OffsetTable table() {
        Mapping there = mapping;
        if (there == null && !unmappable) {
            synchronized (this) {
                if (mapping == null) {
                    mapping = map();
                }
                there = mapping;
            }
        }
        return there == null ? table(null) : there.table;
    }

    /** Keeps file and mapping alive until {@link #release}; false when they have gone. */
    public boolean retain() {
        for (int now = holders.get(); now > 0; now = holders.get()) {
            if (holders.compareAndSet(now, now + 1)) {
                return true;
            }
        }
        return false;
    }

    /** Whether that was the last one, so that nobody looks at it any more. */
    public boolean release() {
        boolean last = holders.decrementAndGet() == 0;
        if (last) {
            try {
                Mapping mapped = mapping;
                if (mapped != null) {
                    mapping = null;
                    mapped.arena.close();
                }
                file.close();
            } catch (IOException e) {
                // nothing was lost: all bytes that count were synced
            }
        }
        return last;
    }

    /** Where a frame begins in the file, and the one after it. */
    record Place(long position, long end) {}

    /** Of the frame that holds a record. */
    Place place(long lsn) throws IOException, InvalidBytesException {
        FrameIndex frames = index; // first: it is emptied when the segment is sealed
        Place place;
        if (sealed) {
            OffsetTable table = table();
            int ordinal = table.ordinal(lsn);
            place = new Place(table.position(ordinal), table.position(ordinal + 1));
        } else {
            int ordinal = frames.ordinal(lsn);
            long end = ordinal + 1 < frames.count() ? frames.position(ordinal + 1) : endPosition;
            place = new Place(frames.position(ordinal), end);
        }
        if (place.position < SegmentHeader.BYTES
                || place.end <= place.position
                || place.end > Blocks.roundUp(endPosition)) {
            throw new InvalidBytesException(
                    "the offset table says " + place + " of LSN " + lsn + ", of frames up to " + endPosition);
        }
        return place;
    }

    /** The whole file, of a segment that is retained and mapped; else null. */
    @Nullable
    ByteBuffer mappedFile() {
        Mapping mapped = mapping;
        return mapped == null ? null : mapped.bytes;
    }
}
