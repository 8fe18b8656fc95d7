package io.walnut.wal.logs;

import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32C;
import java.util.zip.CheckedOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * The state of all logs as bytes; equal states give equal bytes. Big endian, {@code v} a base-128 variable-length integer:
 *
 * <pre>
 *  magic "WLOGS" | version u8 | next log id i64 | last timestamp i64 | logs i32 | log ... | crc32c u32 over all before
 *
 *  log       id v | name u16 + UTF-8 | created v | last append v | start offset v | end offset v | flags u8: 1 sealed, 2 extras
 *            | batches v | batch ... | producers v | producer ... | extras, when flagged
 *  batch     (differences to the one before; the first to 0)  LSN v | slot v | base offset v | count v | timestamp v | bytes v
 *  producer  id i64 | epoch i32 | next sequence v | window v | (sequence v | count v | offset v | timestamp v) ...
 *  extras    age ms v | records v | bytes v | idle ms v | writer epoch v | cursors v | (name u16 + UTF-8 | offset v) ...
 * </pre>
 *
 * Version 1, which is read too, has no bytes of a batch and no extras.
 */
final class Image {
    private static final byte[] MAGIC = "WLOGS".getBytes(StandardCharsets.US_ASCII);
    private static final int VERSION = 2;
    private static final int OLDEST_VERSION = 1;
    private static final int SEALED = 1;
    private static final int EXTRAS = 2;
    private static final int BUFFER_BYTES = 1 << 16;
    private static final BatchLocation NO_BATCH = new BatchLocation(0, 0, 0, 0, 0, 0);

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
        LogDetails details = log.details();
        LogInfo info = details.info();
        boolean extras = !details.settings().equals(LogSettings.KEEP_ALL)
                || details.writerEpoch() != Command.NO_EPOCH
                || !details.cursors().isEmpty();
        putVarint(out, info.id());
        byte[] name = Bytes.text(info.name());
        out.writeShort(name.length);
        out.write(name);
        putVarint(out, info.createdMs());
        putVarint(out, info.lastAppendMs());
        putVarint(out, info.startOffset());
        putVarint(out, info.endOffset());
        out.writeByte((info.sealed() ? SEALED : 0) | (extras ? EXTRAS : 0));
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
        putVarint(out, log.producers().all().size());
        for (Producer producer : log.producers().all()) {
            write(out, producer);
        }
        if (extras) {
            writeExtras(out, details);
        }
    }

    private static void writeExtras(DataOutputStream out, LogDetails details) throws IOException {
        LogSettings settings = details.settings();
        putVarint(out, settings.maxAgeMs());
        putVarint(out, settings.maxRecords());
        putVarint(out, settings.maxBytes());
        putVarint(out, settings.idleSealMs());
        putVarint(out, details.writerEpoch());
        putVarint(out, details.cursors().size());
        for (Map.Entry<String, Long> cursor : details.cursors().entrySet()) {
            byte[] name = Bytes.text(cursor.getKey());
            out.writeShort(name.length);
            out.write(name);
            putVarint(out, cursor.getValue());
        }
    }

    private static void write(DataOutputStream out, BatchLocation batch, BatchLocation before) throws IOException {
        putVarint(out, batch.lsn() - before.lsn());
        putVarint(out, batch.slot());
        putVarint(out, batch.baseOffset() - before.baseOffset());
        putVarint(out, batch.count());
        putVarint(out, batch.timestampMs() - before.timestampMs());
        putVarint(out, batch.bytes());
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

    /** Takes the logs of an image. */
    interface Taker {
        void take(LogState log) throws MalformedException;
    }

    /** Hands the logs to {@code logs} one by one; they count only when the checksum at the end was right. */
    static Header read(InputStream source, Taker logs) throws IOException, MalformedException {
        ImageInput in = new ImageInput(source);
        try {
            for (byte expected : MAGIC) {
                if (in.u8() != expected) {
                    throw new MalformedException("image: it does not begin with WLOGS");
                }
            }
            int version = in.u8();
            if (version < OLDEST_VERSION || version > VERSION) {
                String message =
                        "image: version " + version + ", this program knows " + OLDEST_VERSION + " to " + VERSION;
                if (version > VERSION && in.endsInItsChecksum()) {
                    throw new NewerImageException(message);
                }
                throw new MalformedException(message);
            }
            Header header = new Header(in.i64(), in.i64());
            int count = in.i32();
            if (count < 0) {
                throw new MalformedException("image: " + count + " logs");
            }
            long before = 0;
            for (int i = 0; i < count; i++) {
                LogState log = readLog(in, version);
                if (log.id <= before || log.id >= header.nextLogId) {
                    throw new MalformedException(
                            "image: log id " + log.id + " after " + before + ", the next log gets " + header.nextLogId);
                }
                before = log.id;
                logs.take(log);
            }
            int computed = in.checksum();
            int stored = in.i32();
            if (computed != stored) {
                throw new MalformedException("image: checksum computed %08x, stored %08x".formatted(computed, stored));
            }
            if (!in.atEnd()) {
                throw new MalformedException("image: bytes left over after the checksum");
            }
            return header;
        } catch (EOFException e) {
            throw new MalformedException("image: ends in the middle");
        }
    }

    // What the checks below refuse is damage met before the checksum is reached; an image of ours passes them all.
    private static LogState readLog(ImageInput in, int version) throws IOException, MalformedException {
        long id = in.varint();
        byte[] text = in.text();
        String name = new String(text, StandardCharsets.UTF_8);
        LogState log = new LogState(id, text, in.varint());
        long lastAppend = in.varint();
        long start = in.varint();
        long end = in.varint();
        int flags = in.u8();
        if (LogName.problem(name).isPresent()
                || start < 0
                || end < start
                || flags > (version == 1 ? SEALED : SEALED | EXTRAS)) {
            throw new MalformedException("image: log " + id + " from offset " + start + " to " + end + ", flags "
                    + flags + ": " + LogName.problem(name).orElse("that is no log"));
        }
        if (!readBatches(in, log, version, end) && start != end) {
            throw new MalformedException("image: log " + id + " has records but no batches");
        }
        Producers producers = readProducers(in, id);
        LogInfo info = new LogInfo(id, name, start, end, (flags & SEALED) != 0, log.createdMs, lastAppend);
        log.restore(
                (flags & EXTRAS) != 0
                        ? readExtras(in, info)
                        : new LogDetails(info, LogSettings.KEEP_ALL, 0, Command.NO_EPOCH, Map.of()),
                producers);
        return log;
    }

    /** False when there are none. */
    private static boolean readBatches(ImageInput in, LogState log, int version, long end)
            throws IOException, MalformedException {
        // The index grows as bytes come: a wrong count ends at the end of the stream, not in a huge allocation.
        long count = in.varint();
        BatchLocation before = NO_BATCH;
        for (long i = 0; i < count; i++) {
            BatchLocation batch = new BatchLocation(
                    before.lsn() + in.varint(),
                    (int) in.varint(),
                    before.baseOffset() + in.varint(),
                    (int) in.varint(),
                    before.timestampMs() + in.varint(),
                    version == 1 ? 0 : (int) in.varint());
            if (batch.count() < 1
                    || batch.slot() < 0
                    || batch.bytes() < 0
                    || batch.lsn() < before.lsn()
                    || batch.timestampMs() < before.timestampMs()
                    || (i > 0 && batch.baseOffset() != before.endOffset())) {
                throw new MalformedException("image: log " + log.id + ": " + batch + " after " + before);
            }
            log.add(batch);
            before = batch;
        }
        if (count != 0 && before.endOffset() != end) {
            throw new MalformedException(
                    "image: log " + log.id + ": its batches end at " + before.endOffset() + ", the log at " + end);
        }
        return count != 0;
    }

    private static @Nullable Producers readProducers(ImageInput in, long logId) throws IOException, MalformedException {
        long count = in.varint();
        if (count < 0 || count > Producers.MOST) {
            throw new MalformedException("image: log " + logId + ": " + count + " producers");
        }
        if (count == 0) {
            return null;
        }
        var producers = new Producers();
        for (long i = 0; i < count; i++) {
            Producer producer = new Producer(in.i64(), in.i32());
            long nextSequence = in.varint();
            long window = in.varint();
            if (window < 1 || window > Producer.WINDOW) {
                throw new MalformedException("image: log " + logId + ": a producer's window of " + window);
            }
            for (long j = 0; j < window; j++) {
                producer.accept(new Producer.Accepted(in.varint(), (int) in.varint(), in.varint(), in.varint()));
            }
            producer.nextSequence = nextSequence;
            producers.restore(producer);
        }
        return producers;
    }

    private static LogDetails readExtras(ImageInput in, LogInfo info) throws IOException, MalformedException {
        LogSettings settings;
        try {
            settings = new LogSettings(in.varint(), in.varint(), in.varint(), in.varint());
        } catch (IllegalArgumentException e) {
            throw new MalformedException("image: log " + info.id() + ": " + e.getMessage());
        }
        long writerEpoch = in.varint();
        long count = in.varint();
        if (writerEpoch < 0 || count < 0 || count > LogState.MAX_CURSORS) {
            throw new MalformedException(
                    "image: log " + info.id() + ": writer epoch " + writerEpoch + ", " + count + " cursors");
        }
        var cursors = new TreeMap<String, Long>();
        for (long i = 0; i < count; i++) {
            String name = new String(in.text(), StandardCharsets.UTF_8);
            cursors.put(name, in.varint());
        }
        return new LogDetails(info, settings, 0, writerEpoch, cursors);
    }

    private static void putVarint(DataOutputStream out, long value) throws IOException {
        long rest = value;
        while ((rest & ~0x7FL) != 0) {
            out.writeByte((int) (rest | 0x80));
            rest >>>= 7;
        }
        out.writeByte((int) rest);
    }
}
