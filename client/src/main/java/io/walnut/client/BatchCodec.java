package io.walnut.client;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.walnut.protocol.v1.RecordBatch;
import io.walnut.protocol.v1.StoredBatch;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/** Takes a stored batch apart; believes nothing that its checksum does not cover. */
final class BatchCodec {
    private BatchCodec() {}

    static int crc32c(ByteString bytes) {
        CRC32C crc = new CRC32C();
        for (ByteBuffer part : bytes.asReadOnlyByteBufferList()) {
            crc.update(part);
        }
        return (int) crc.getValue();
    }

    /** The records of a batch, verified; throws ChecksumMismatch when they are not what their writer sent. */
    static List<StoredRecord> decode(String log, StoredBatch stored) {
        ByteString bytes = stored.getBatch().getRecords();
        int crc = crc32c(bytes);
        if (crc != stored.getBatch().getCrc32C()) {
            throw Errors.checksum(String.format(
                    "log '%s', batch at offset %d: bytes have CRC32C %08x, their writer gave them %08x",
                    log, stored.getBaseOffset(), crc, stored.getBatch().getCrc32C()));
        }
        RecordBatch batch;
        try {
            batch = RecordBatch.parseFrom(bytes);
        } catch (InvalidProtocolBufferException e) {
            throw Errors.internal(
                    "log '" + log + "', batch at offset " + stored.getBaseOffset() + " is not a RecordBatch", e);
        }
        if (batch.getRecordsCount() != stored.getBatch().getCount()) {
            throw Errors.checksum("log '" + log + "', batch at offset " + stored.getBaseOffset() + " holds "
                    + batch.getRecordsCount() + " records, its node said "
                    + stored.getBatch().getCount());
        }
        Instant timestamp = Instant.ofEpochMilli(stored.getTimestampMs());
        List<StoredRecord> records = new ArrayList<>(batch.getRecordsCount());
        long offset = stored.getBaseOffset();
        for (io.walnut.protocol.v1.Record record : batch.getRecordsList()) {
            records.add(new StoredRecord(offset++, timestamp, of(record)));
        }
        return records;
    }

    private static Record of(io.walnut.protocol.v1.Record record) {
        byte[] value = record.getValue().toByteArray();
        if (!record.hasKey() && record.getHeadersCount() == 0) {
            return Record.of(value);
        }
        return Record.of(
                record.hasKey() ? record.getKey().toByteArray() : null,
                value,
                record.getHeadersList().stream()
                        .map(header ->
                                Header.of(header.getName(), header.getValue().toByteArray()))
                        .toList());
    }
}
