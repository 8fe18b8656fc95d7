package io.walnut.wal.logs;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.function.Consumer;
import java.util.zip.CRC32C;
import java.util.zip.CheckedInputStream;
import java.util.zip.CheckedOutputStream;

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

    private Image() {}

    /** What an image says beside the logs. */
    record Header(long nextLogId, long lastTimestampMs) {}

    static void write(
            OutputStream target, long nextLogId, long lastTimestampMs, Iterator<LogState.Contents> logs, int count)
            throws IOException {
        CRC32C crc = new CRC32C();
        DataOutputStream out = new DataOutputStream(new CheckedOutputStream(target, crc));
        out.write(MAGIC);
        out.writeByte(VERSION);
        out.writeLong(nextLogId);
        out.writeLong(lastTimestampMs);
        out.writeInt(count);
        while (logs.hasNext()) {
            // a log at a time, so that the stream gets pieces worth a call
            ByteArrayOutputStream piece = new ByteArrayOutputStream();
            write(new DataOutputStream(piece), logs.next());
            out.write(piece.toByteArray());
        }
        out.writeInt((int) crc.getValue());
        out.flush();
    }

    private static void write(DataOutputStream out, LogState.Contents log) throws IOException {
        LogInfo info = log.info();
        putVarint(out, info.id());
        byte[] name = info.name().getBytes(StandardCharsets.UTF_8);
        out.writeShort(name.length);
        out.write(name);
        putVarint(out, info.createdMs());
        putVarint(out, info.lastAppendMs());
        putVarint(out, info.startOffset());
        putVarint(out, info.endOffset());
        out.writeByte(info.sealed() ? 1 : 0);
        putVarint(out, log.batches().size());
        BatchLocation before = new BatchLocation(0, 0, 0, 0, 0);
        for (BatchLocation batch : log.batches()) {
            putVarint(out, batch.lsn() - before.lsn());
            putVarint(out, batch.slot());
            putVarint(out, batch.baseOffset() - before.baseOffset());
            putVarint(out, batch.count());
            putVarint(out, batch.timestampMs() - before.timestampMs());
            before = batch;
        }
        putVarint(out, log.producers().size());
        for (Producer producer : log.producers()) {
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
    }

    /** Hands the logs to {@code logs} one by one; they count only when the checksum at the end was right. */
    static Header read(InputStream source, Consumer<LogState.Contents> logs) throws IOException, MalformedException {
        CRC32C crc = new CRC32C();
        DataInputStream in = new DataInputStream(new CheckedInputStream(source, crc));
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
                throw new MalformedException("image: bytes left over behind the checksum");
            }
            return header;
        } catch (EOFException e) {
            throw new MalformedException("image: ends in the middle");
        }
    }

    private static LogState.Contents readLog(DataInputStream in) throws IOException, MalformedException {
        long id = varint(in);
        byte[] name = in.readNBytes(in.readUnsignedShort());
        long created = varint(in);
        long lastAppend = varint(in);
        long start = varint(in);
        long end = varint(in);
        boolean sealed = in.readUnsignedByte() == 1;
        LogInfo info =
                new LogInfo(id, new String(name, StandardCharsets.UTF_8), start, end, sealed, created, lastAppend);
        long batchCount = varint(in);
        // Lists grow as bytes come: a wrong count ends at the end of the stream, not in a huge allocation.
        List<BatchLocation> batches = new ArrayList<>();
        BatchLocation before = new BatchLocation(0, 0, 0, 0, 0);
        for (long i = 0; i < batchCount; i++) {
            before = new BatchLocation(
                    before.lsn() + varint(in),
                    (int) varint(in),
                    before.baseOffset() + varint(in),
                    (int) varint(in),
                    before.timestampMs() + varint(in));
            batches.add(before);
        }
        long producerCount = varint(in);
        List<Producer> producers = new ArrayList<>();
        for (long i = 0; i < producerCount; i++) {
            Producer producer = new Producer(in.readLong(), in.readInt());
            long nextSequence = varint(in);
            long window = varint(in);
            for (long j = 0; j < window; j++) {
                producer.accept(new Producer.Accepted(varint(in), (int) varint(in), varint(in), varint(in)));
            }
            producer.nextSequence = nextSequence;
            producers.add(producer);
        }
        return new LogState.Contents(info, batches, producers);
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
