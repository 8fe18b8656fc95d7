package io.walnut.wal.format;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whatever bytes a file has: what reads them says that they are wrong by its own type, or takes them for what is written again
 * as the same. Checksums are made right first, or nothing behind them would be reached. In the build only the seeds run; how to
 * fuzz: docs/TESTING.md.
 */
@Tag("jazzer")
class FormatFuzzTest {
    private static final int MAX_BYTES = 1 << 16;
    private static final UUID LOG = new UUID(1, 2);
    private static final int AT_CRC = 12;

    private static ByteBuffer littleEndian(byte[] bytes) {
        return ByteBuffer.wrap(bytes.clone()).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** With the checksum that it should have, behind the version. */
    private static ByteBuffer mended(byte[] bytes, int length) {
        ByteBuffer mended = littleEndian(bytes);
        if (mended.limit() >= length && length >= AT_CRC + Integer.BYTES) {
            mended.putInt(AT_CRC, Checksum.without(mended, AT_CRC, length));
        }
        return mended;
    }

    private static byte[] bytes(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return bytes;
    }

    private static void same(Object first, Object second) {
        if (!first.equals(second)) {
            throw new AssertionError(first + " was written and read as " + second);
        }
    }

    static Stream<byte[]> manifests() {
        return Stream.of(
                bytes(new Manifest(LOG, 3, 7, 9, List.of()).encode()),
                bytes(new Manifest(
                                LOG, 3, 7, 9, List.of(new Manifest.Entry(1, 2, 5, 7), new Manifest.Entry(2, 5, 9, 8)))
                        .encode()));
    }

    @MethodSource("manifests")
    @FuzzTest
    void manifest(byte[] input) throws Exception {
        try {
            Manifest read = Manifest.read(mended(input, input.length));
            same(read, Manifest.read(read.encode()));
        } catch (InvalidBytesException | NewerVersionException e) {
            // typed
        }
    }

    static Stream<byte[]> markers() {
        return Stream.of(bytes(new CleanMarker(LOG, 77).encode()));
    }

    @MethodSource("markers")
    @FuzzTest
    void cleanMarker(byte[] input) throws Exception {
        try {
            CleanMarker read = CleanMarker.read(mended(input, input.length));
            same(read, CleanMarker.read(read.encode()));
        } catch (InvalidBytesException | NewerVersionException e) {
            // typed
        }
    }

    static Stream<byte[]> headers() {
        ByteBuffer block = ByteBuffer.allocate(SegmentHeader.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        new SegmentHeader(LOG, 4, 5, 6, 1 << 20).write(block);
        return Stream.of(block.array());
    }

    @MethodSource("headers")
    @FuzzTest
    void segmentHeader(byte[] input) throws Exception {
        try {
            SegmentHeader read = SegmentHeader.read(mended(input, SegmentHeader.BYTES));
            ByteBuffer again = ByteBuffer.allocate(SegmentHeader.BYTES).order(ByteOrder.LITTLE_ENDIAN);
            read.write(again);
            same(read, SegmentHeader.read(again));
        } catch (InvalidBytesException | NewerVersionException e) {
            // typed
        }
    }

    static Stream<byte[]> trailers() {
        return Stream.of(
                bytes(new SegmentTrailer(5, 9, 7, 8192, new long[] {5, 7}, new long[] {4096, 4200}, 0).encode()));
    }

    @MethodSource("trailers")
    @FuzzTest
    void segmentTrailer(byte[] input) throws Exception {
        ByteBuffer trailer = littleEndian(input);
        int table = input.length - SegmentTrailer.FOOTER_BYTES;
        if (table >= 0) { // the checksum is over the footer, then the table
            ByteBuffer footerFirst = ByteBuffer.allocate(input.length).order(ByteOrder.LITTLE_ENDIAN);
            footerFirst.put(trailer.slice(table, SegmentTrailer.FOOTER_BYTES)).put(trailer.slice(0, table));
            trailer.putInt(table + AT_CRC, Checksum.without(footerFirst, AT_CRC, input.length));
        }
        try {
            SegmentTrailer read = SegmentTrailer.read(trailer);
            if (read.firstLsns().length != table / SegmentTrailer.ROW_BYTES) {
                throw new AssertionError(read.firstLsns().length + " rows of a table of " + table + " bytes");
            }
            ByteBuffer footer = trailer.slice(table, SegmentTrailer.FOOTER_BYTES);
            SegmentTrailer.tablePosition(footer, read.tablePosition() + input.length);
        } catch (InvalidBytesException | NewerVersionException e) {
            // typed
        }
    }

    static Stream<byte[]> frames() {
        ByteBuffer frame = ByteBuffer.allocate(96).order(ByteOrder.LITTLE_ENDIAN);
        int payload = 2 * FrameFormat.RECORD_HEADER_BYTES + 5;
        FrameFormat.begin(frame, 0, 96, payload, 7, 2);
        frame.position(FrameFormat.HEADER_BYTES);
        FrameFormat.putRecordHeader(frame, 2, 11);
        frame.put((byte) 1).put((byte) 2);
        FrameFormat.putRecordHeader(frame, 3, 12);
        FrameFormat.finish(frame, 0, 5, 99, new CRC32C());
        return Stream.of(frame.array());
    }

    @MethodSource("frames")
    @FuzzTest
    void frame(byte[] input) throws Exception {
        if (input.length > MAX_BYTES) {
            return;
        }
        ByteBuffer bytes = littleEndian(input);
        int length = FrameFormat.plausibleLength(bytes, 0, bytes.limit());
        if (length > 0) {
            bytes.putInt(0, Checksum.of(bytes, FrameFormat.LENGTH, length));
        }
        try {
            FrameFormat.Header header = FrameFormat.read(bytes, 0, bytes.limit());
            if (FrameFormat.codec(bytes, 0) != 0) {
                return; // its records are for who decompresses them
            }
            int record = FrameFormat.HEADER_BYTES;
            int end = record + header.payloadBytes();
            for (int left = header.count(); left > 0; left--) {
                FrameFormat.tag(bytes, record);
                record = FrameFormat.recordAfter(bytes, record, end, left);
            }
            if (record != end) {
                throw new AssertionError("the last record does not end where the records do");
            }
        } catch (InvalidBytesException e) {
            // typed
        }
    }
}
