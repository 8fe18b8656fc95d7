package io.walnut.wal.logs;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import java.util.function.Consumer;
import java.util.zip.CRC32C;
import java.util.zip.CheckedInputStream;
import java.util.zip.CheckedOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * The state of all logs as bytes; equal states give equal bytes. Big endian, {@code v} a base-128 variable-length integer:
 *
 * <pre>
 *  magic "WLOGS" | version u8 | next log id i64 | last timestamp i64 | logs i32 | log ... | crc32c u32 over all before
 *
 *  log       id v | name u16 + UTF-8 | created v | last append v | start offset v | end offset v | sealed u8
 *            | batches v | batch ... | producers v | producer ...
 *  batch     (differences to the one before; the first to 0)  LSN v | slot v | base offset v | count v | timestamp v
 *  producer  id i64 | epoch i32 | next sequence v | window v | (sequence v | count v | offset v | timestamp v) ...
 * </pre>
 */
final class Image {
    private static final byte[] MAGIC = "WLOGS".getBytes(StandardCharsets.US_ASCII);
    private static final int VERSION = 1;
    private static final int BUFFER_BYTES = 1 << 16;
    private static final BatchLocation NO_BATCH = new BatchLocation(0, 0, 0, 0, 0);

    private Image() {}

    /** What an image says beside the logs. */
    record Header(long nextLogId, long lastTimestampMs) {}

    /** Writes the logs one by one, in the order of their ids; keeps no log's batches in memory. */
    static void write(OutputStream target, long nextLogId, long lastTimestampMs, Iterator<LogState> logs, int count)
            throws IOException {
        CRC32C crc = new CRC32C();
        DataOutputStream out =
                new DataOutputStream(new BufferedOutputStream(new CheckedOutputStream(target, crc), BUFFER_BYTES));
        out.write(MAGIC);
        out.writeByte(VERSION);
        out.writeLong(nextLogId);
        out.writeLong(lastTimestampMs);
        out.writeInt(count);
        while (logs.hasNext()) {
            write(out, logs.next());
        }
        out.flush(); // the checksum counts what has passed the buffer
        out.writeInt((int) crc.getValue());
        out.flush();
    }

    private static void write(DataOutputStream out, LogState log) throws IOException {
        LogInfo info = log.info();
        putVarint(out, info.id());
        byte[] name = Bytes.text(info.name());
        out.writeShort(name.length);
        out.write(name);
        putVarint(out, info.createdMs());
        putVarint(out, info.lastAppendMs());
        putVarint(out, info.startOffset());
        putVarint(out, info.endOffset());
        out.writeByte(info.sealed() ? 1 : 0);
        putVarint(out, log.liveBatches());
        BatchLocation[] before = {NO_BATCH};
        try {
            log.eachLiveBatch(batch -> {
                try {
                    write(out, batch, before[0]);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
                before[0] = batch;
            });
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        putVarint(out, log.producers().size());
        for (Producer producer : log.producers()) {
            write(out, producer);
        }
    }

    private static void write(DataOutputStream out, BatchLocation batch, BatchLocation before) throws IOException {
        putVarint(out, batch.lsn() - before.lsn());
        putVarint(out, batch.slot());
        putVarint(out, batch.baseOffset() - before.baseOffset());
        putVarint(out, batch.count());
        putVarint(out, batch.timestampMs() - before.timestampMs());
    }

    private static void write(DataOutputStream out, Producer producer) throws IOException {
        out.writeLong(producer.id);
        out.writeInt(producer.epoch);
        putVarint(out, producer.nextSequence);
        putVarint(out, producer.window.size());
        for (Producer.Accepted batch : producer.window) {
            putVarint(out, batch.sequence());
            putVarint(out, batch.count());
            putVarint(out, batch.offset());
            putVarint(out, batch.timestampMs());
        }
    }

    /** Hands the logs to {@code logs} one by one; they count only when the checksum at the end was right. */
    static Header read(InputStream source, Consumer<LogState> logs) throws IOException, MalformedException {
        CRC32C crc = new CRC32C();
        DataInputStream in =
                new DataInputStream(new CheckedInputStream(new BufferedInputStream(source, BUFFER_BYTES), crc));
        try {
            byte[] magic = in.readNBytes(MAGIC.length);
            if (!Arrays.equals(magic, MAGIC)) {
                throw new MalformedException("image: it does not begin with WLOGS");
            }
            int version = in.readUnsignedByte();
            if (version != VERSION) {
                throw new MalformedException("image: version " + version + ", this program knows " + VERSION);
            }
            Header header = new Header(in.readLong(), in.readLong());
            int count = in.readInt();
            if (count < 0) {
                throw new MalformedException("image: " + count + " logs");
            }
            for (int i = 0; i < count; i++) {
                logs.accept(readLog(in));
            }
            int computed = (int) crc.getValue();
            int stored = in.readInt();
            if (computed != stored) {
                throw new MalformedException("image: checksum computed %08x, stored %08x".formatted(computed, stored));
            }
            if (in.read() >= 0) {
                throw new MalformedException("image: bytes left over after the checksum");
            }
            return header;
        } catch (EOFException e) {
            throw new MalformedException("image: ends in the middle");
        }
    }

    // What the checks below refuse is damage met before the checksum is reached; an image of ours passes them all.
    private static LogState readLog(DataInputStream in) throws IOException, MalformedException {
        long id = varint(in);
        byte[] text = in.readNBytes(in.readUnsignedShort());
        String name = new String(text, StandardCharsets.UTF_8);
        long created = varint(in);
        long lastAppend = varint(in);
        long start = varint(in);
        long end = varint(in);
        boolean sealed = in.readUnsignedByte() == 1;
        if (LogName.problem(name).isPresent() || start < 0 || end < start) {
            throw new MalformedException("image: log " + id + " from offset " + start + " to " + end + ": "
                    + LogName.problem(name).orElse("its offsets are wrong"));
        }
        OffsetIndex index = readBatches(in, id, end);
        if (index == null && start != end) {
            throw new MalformedException("image: log " + id + " has records but no batches");
        }
        return LogState.of(
                new LogInfo(id, name, start, end, sealed, created, lastAppend), index, readProducers(in, id));
    }

    private static @Nullable OffsetIndex readBatches(DataInputStream in, long logId, long end)
            throws IOException, MalformedException {
        // The index grows as bytes come: a wrong count ends at the end of the stream, not in a huge allocation.
        long count = varint(in);
        if (count == 0) {
            return null;
        }
        OffsetIndex index = new OffsetIndex();
        BatchLocation before = NO_BATCH;
        for (long i = 0; i < count; i++) {
            BatchLocation batch = new BatchLocation(
                    before.lsn() + varint(in),
                    (int) varint(in),
                    before.baseOffset() + varint(in),
                    (int) varint(in),
                    before.timestampMs() + varint(in));
            if (batch.count() < 1 || batch.slot() < 0 || (i > 0 && batch.baseOffset() != before.endOffset())) {
                throw new MalformedException("image: log " + logId + ": " + batch + " after " + before);
            }
            index.add(batch);
            before = batch;
        }
        if (before.endOffset() != end) {
            throw new MalformedException(
                    "image: log " + logId + ": its batches end at " + before.endOffset() + ", the log at " + end);
        }
        return index;
    }

    private static @Nullable SequencedMap<Long, Producer> readProducers(DataInputStream in, long logId)
            throws IOException, MalformedException {
        long count = varint(in);
        if (count < 0 || count > LogState.MAX_PRODUCERS) {
            throw new MalformedException("image: log " + logId + ": " + count + " producers");
        }
        if (count == 0) {
            return null;
        }
        var producers = new LinkedHashMap<Long, Producer>(2);
        for (long i = 0; i < count; i++) {
            Producer producer = new Producer(in.readLong(), in.readInt());
            long nextSequence = varint(in);
            long window = varint(in);
            if (window < 1 || window > Producer.WINDOW) {
                throw new MalformedException("image: log " + logId + ": a producer's window of " + window);
            }
            for (long j = 0; j < window; j++) {
                producer.accept(new Producer.Accepted(varint(in), (int) varint(in), varint(in), varint(in)));
            }
            producer.nextSequence = nextSequence;
            producers.put(producer.id, producer);
        }
        return producers;
    }

    private static void putVarint(DataOutputStream out, long value) throws IOException {
        long rest = value;
        while ((rest & ~0x7FL) != 0) {
            out.writeByte((int) (rest | 0x80));
            rest >>>= 7;
        }
        out.writeByte((int) rest);
    }

    private static long varint(DataInputStream in) throws IOException, MalformedException {
        long value = 0;
        for (int shift = 0; shift < Long.SIZE; shift += 7) {
            int group = in.readUnsignedByte();
            value |= (long) (group & 0x7F) << shift;
            if (group < 0x80) {
                return value;
            }
        }
        throw new MalformedException("image: a number longer than 64 bits");
    }
}
