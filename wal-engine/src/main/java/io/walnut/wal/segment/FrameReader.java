package io.walnut.wal.segment;

import io.walnut.wal.compress.Codec;
import io.walnut.wal.format.Blocks;
import io.walnut.wal.format.FrameFormat;
import io.walnut.wal.format.InvalidBytesException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Goes from frame to frame and, in each, from record to record; where a compaction has taken some out, it stands at the {@link #gap}
 * of those. A frame is verified when it is entered, once. Those of a mapped
 * segment are looked at where they lie, without a copy: whoever enters one keeps the segment retained for as long as it
 * {@link #borrows}. Those of another segment are read into a buffer, ahead where one is entered after the other. Makes no garbage
 * from record to record, nor from frame to frame. For one thread.
 */
public final class FrameReader {
    private static final int READ_AHEAD_BYTES = 256 << 10;
    private static final int LOOK_AHEAD_BYTES = 64 << 10;
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0).order(ByteOrder.LITTLE_ENDIAN);

    private final CRC32C crc = new CRC32C();
    private ByteBuffer bytes = NOTHING; // a mapped file, or a buffer of ours
    private ByteBuffer bytesLent = NOTHING; // the same, read-only
    private byte[] compressed = {};
    private ByteBuffer plain = NOTHING; // what was compressed
    private ByteBuffer plainLent = NOTHING;
    private @Nullable Segment mapped; // what bytes is the file of
    private ByteBuffer own = NOTHING;
    private int limit; // frames that can be entered in bytes lie below
    private int looked; // pages of a mapping below it can be read
    private int salt;

    // The frame.
    private boolean entered;
    private int at;
    private int length;
    private long endLsn = -1;
    private int recordsEnd;

    private ByteBuffer records = NOTHING; // one of those above
    private ByteBuffer lent = NOTHING;

    // The record.
    private int record;
    private int following;
    private int left; // records from it on to the end of the frame
    private boolean compacted; // the frame
    private int gap; // records that are missing here; 0 on a record

    /** Whether there is a record to look at. */
    public boolean isOnRecord() {
        return entered && gap == 0;
    }

    /** Records that were compacted away where this stands, from {@link #lsn} on; 0 on a record. */
    public int gap() {
        return gap;
    }

    /** LSN of the record, or of the first that is missing here. */
    public long lsn() {
        return endLsn - left;
    }

    /** Whether nothing more of the frame comes after the record or gap. */
    public boolean isLast() {
        return left == Math.max(1, gap);
    }

    /** How the records of the frame are compressed, or 0. */
    public int codec() {
        return FrameFormat.codec(bytes, at);
    }

    /** Bytes of the records of the frame, when they are not compressed any more. */
    public int recordsBytes() {
        return FrameFormat.recordsBytes(bytes, at);
    }

    /** The records of the frame as they are stored, compressed or not; lent like {@link #payload}. */
    public ByteBuffer stored() {
        int from = at + FrameFormat.HEADER_BYTES;
        return bytes.slice(from, at + FrameFormat.usedBytes(bytes, at) - from).asReadOnlyBuffer();
    }

    /** Whether the frame lies in the segment's own memory, not in a copy. */
    public boolean borrows() {
        return mapped != null;
    }

    /** One past the LSN of the last record of the frame. */
    public long endLsn() {
        return endLsn;
    }

    /** Goes to a record, or to the gap in which it was: verifies its frame. Until {@link #forget} the segment must be retained, if then this {@link #borrows}. */
    public void enter(Segment segment, long lsn) throws IOException, InvalidBytesException {
        boolean follows = entered && lsn == endLsn;
        entered = false;
        try {
            Segment.Place place = segment.place(lsn);
            ByteBuffer file = segment.mappedFile();
            int frame = file != null ? borrow(segment, file, place) : read(segment, place, follows);
            salt = segment.salt();
            verify(frame, lsn, false);
        } catch (InternalError e) { // how the JVM says that a page of a mapping cannot be read
            throw new IOException("LSN " + lsn + " of " + Segment.name(segment.id()) + " cannot be read: " + e, e);
        }
    }

    /**
     * Goes to the first record of the next frame, when that is at hand.
     *
     * @return false when it is not, and is to be entered
     */
    public boolean follow() throws IOException, InvalidBytesException {
        int next = at + length;
        if (!entered || limit - next < FrameFormat.HEADER_BYTES) {
            return false;
        }
        if (mapped == null && FrameFormat.plausibleLength(bytes, next, limit - next) < 0) {
            return false; // not all of it was read
        }
        entered = false;
        try {
            verify(next, endLsn, true);
        } catch (InternalError e) {
            throw new IOException("the frame of LSN " + endLsn + " cannot be read: " + e, e);
        }
        return true;
    }

    /** Goes to the next record or gap of the frame; there must be one. */
    public void advance() throws InvalidBytesException {
        try {
            stand(following, left - Math.max(1, gap));
        } catch (InvalidBytesException e) {
            entered = false;
            throw e;
        }
    }

    /** Looks at nothing any more. */
    public void forget() {
        entered = false;
        bytes = NOTHING;
        bytesLent = NOTHING;
        records = NOTHING;
        lent = NOTHING;
        mapped = null;
    }

    public long tag() {
        return FrameFormat.tag(records, record);
    }

    /** The payload of the record, until another one is gone to or all is forgotten. The same buffer each time. */
    public ByteBuffer payload() {
        int from = record + FrameFormat.RECORD_HEADER_BYTES;
        return lent.clear().limit(following).position(from).order(ByteOrder.BIG_ENDIAN);
    }

    /** A copy of the payload of the record. */
    public ByteBuffer copyOfPayload() {
        int from = record + FrameFormat.RECORD_HEADER_BYTES;
        byte[] copy = new byte[following - from];
        records.get(from, copy);
        return ByteBuffer.wrap(copy).asReadOnlyBuffer();
    }

    @SuppressWarnings("ReferenceEquality") // the very segment whose file this is a view of
    private int borrow(Segment segment, ByteBuffer file, Segment.Place place) {
        if (mapped != segment) {
            bytes = file.duplicate().order(ByteOrder.LITTLE_ENDIAN);
            bytesLent = file.asReadOnlyBuffer();
            mapped = segment;
            own = NOTHING;
        }
        limit = (int) segment.endPosition();
        looked = (int) place.position();
        look((int) place.end());
        return (int) place.position();
    }

    @SuppressWarnings("ReferenceEquality") // the very buffer
    private int read(Segment segment, Segment.Place place, boolean follows) throws IOException, InvalidBytesException {
        long there = segment.endPosition() - place.position();
        long frame = place.end() - place.position();
        if (segment.sealed() && frame > READ_AHEAD_BYTES) {
            frame = length(segment, place); // what lies after the last frame that counts may be anything
        }
        int wanted = Math.toIntExact(follows ? Math.min(there, Math.max(frame, READ_AHEAD_BYTES)) : frame);
        if (own.capacity() < wanted) {
            own = ByteBuffer.allocate(Math.max(wanted, Math.min(2 * own.capacity(), READ_AHEAD_BYTES)))
                    .order(ByteOrder.LITTLE_ENDIAN);
        }
        if (bytes != own) {
            bytes = own;
            bytesLent = own.asReadOnlyBuffer();
            mapped = null;
        }
        own.clear();
        if (segment.copyRecent(place.position(), own.array(), wanted)) {
            limit = wanted;
        } else {
            segment.file().read(own.limit(wanted), place.position());
            limit = own.position();
            own.clear();
        }
        return 0;
    }

    private static int length(Segment segment, Segment.Place place) throws IOException, InvalidBytesException {
        ByteBuffer header = ByteBuffer.allocate(FrameFormat.HEADER_BYTES + FrameFormat.RAW_LENGTH_BYTES)
                .order(ByteOrder.LITTLE_ENDIAN);
        segment.file().read(header, place.position());
        int length =
                header.hasRemaining() ? -1 : FrameFormat.plausibleLength(header, 0, place.end() - place.position());
        if (length < 0) {
            throw new InvalidBytesException("frame header makes no sense");
        }
        return length;
    }

    private void verify(int frame, long lsn, boolean atFirst) throws InvalidBytesException {
        if (mapped != null) {
            look(frame + FrameFormat.HEADER_BYTES);
            look(frame + Math.max(0, FrameFormat.plausibleLength(bytes, frame, limit - frame)));
        }
        int verified = FrameFormat.verify(bytes, frame, limit - frame, crc);
        long first = FrameFormat.firstLsn(bytes, frame);
        int count = FrameFormat.count(bytes, frame);
        if (FrameFormat.salt(bytes, frame) != salt
                || lsn < first
                || lsn >= first + count
                || (atFirst && lsn != first)) {
            throw new InvalidBytesException(
                    "frame of LSNs " + first + " to " + (first + count) + " where LSN " + lsn + " belongs");
        }
        at = frame;
        length = verified;
        endLsn = first + count;
        if (FrameFormat.codec(bytes, frame) == 0) {
            records = bytes;
            lent = bytesLent;
            record = frame + FrameFormat.HEADER_BYTES;
            recordsEnd = frame + FrameFormat.usedBytes(bytes, frame);
        } else {
            decompress(frame);
            records = plain;
            lent = plainLent;
            record = 0;
            recordsEnd = FrameFormat.recordsBytes(bytes, frame);
        }
        compacted = FrameFormat.isCompacted(bytes, frame);
        stand(record, count);
        while (endLsn - left + Math.max(1, gap) <= lsn) {
            advance();
        }
        entered = true;
    }

    private void stand(int next, int leftThere) throws InvalidBytesException {
        gap = compacted ? FrameFormat.gap(records, next, recordsEnd, leftThere) : 0;
        following =
                gap > 0 ? next + FrameFormat.GAP_BYTES : FrameFormat.recordAfter(records, next, recordsEnd, leftThere);
        record = next;
        left = leftThere;
    }

    private void decompress(int frame) throws InvalidBytesException {
        int codec = FrameFormat.codec(bytes, frame);
        int length = FrameFormat.recordsBytes(bytes, frame); // plausible: it was checked
        int from = FrameFormat.HEADER_BYTES + FrameFormat.RAW_LENGTH_BYTES;
        int stored = FrameFormat.usedBytes(bytes, frame) - from;
        if (compressed.length < stored) {
            compressed = new byte[stored];
        }
        if (plain.capacity() < length) {
            plain = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
            plainLent = plain.asReadOnlyBuffer();
        }
        bytes.get(frame + from, compressed, 0, stored);
        if (!Codec.decompress(codec, compressed, stored, plain.array(), length)) {
            throw new InvalidBytesException(stored + " bytes, compressed by codec " + codec
                    + ", do not become records of " + length + " bytes");
        }
    }

    /**
     * Reads a byte of each page up to {@code to}. Where the disk does not give a page back, the JVM throws an error, but at the
     * next safepoint only, which a native call is: the code that computes the checksum must not be the first to
     * meet such a page, because it has no way to report it, and would end the process.
     */
    private void look(int to) {
        if (to <= looked) {
            return;
        }
        int until = Math.min(limit, Math.max(to, looked + LOOK_AHEAD_BYTES));
        int sum = bytes.get(until - 1);
        for (int page = looked; page < until; page += Blocks.BYTES) {
            sum += bytes.get(page);
        }
        meetSafepoint(sum);
        looked = until;
    }

    /** A native call, and a use of what was read, so that the compiler cannot leave out the reads: what it asks is never so. */
    private void meetSafepoint(int sum) {
        if (Thread.holdsLock(this) || sum == Integer.MIN_VALUE) {
            throw new IllegalStateException("the sum of some bytes is " + sum + ", or this is locked");
        }
    }
}
