package io.walnut.node.rpc;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import io.walnut.node.config.NodeConfig;
import io.walnut.protocol.v1.EncodedBatch;
import io.walnut.protocol.v1.ErrorCode;
import io.walnut.protocol.v1.ErrorDetail;
import io.walnut.protocol.v1.Header;
import io.walnut.protocol.v1.ProducerStamp;
import io.walnut.protocol.v1.Record;
import io.walnut.protocol.v1.RecordBatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * Looks at a batch before it is taken: the bytes are those that the client checksummed, and they are what every reader will
 * be able to decode. Copies nothing.
 */
final class BatchCheck {
    private final int maxBatchBytes;
    private final int maxRecordBytes;

    BatchCheck(NodeConfig.Limits limits) {
        this.maxBatchBytes = limits.batchBytes();
        this.maxRecordBytes = limits.recordBytes();
    }

    void check(EncodedBatch batch) throws RequestException {
        ByteString bytes = batch.getRecords();
        if (bytes.size() > maxBatchBytes) {
            int _ = records(bytes); // rather names the one record that makes it so large
            throw RequestException.of(
                    ErrorCode.ERROR_CODE_RECORD_TOO_LARGE,
                    "the batch has " + bytes.size() + " bytes; the limit of this cluster is " + maxBatchBytes
                            + " (limits.batch-size): send smaller batches, or raise the limit on all nodes");
        }
        int crc = crc32c(bytes);
        if (crc != batch.getCrc32C()) {
            throw RequestException.of(
                    ErrorCode.ERROR_CODE_CHECKSUM_MISMATCH,
                    String.format(
                            "the batch's bytes have CRC32C %08x, its sender said %08x; nothing was appended",
                            crc, batch.getCrc32C()));
        }
        int count = records(bytes);
        if (count != batch.getCount() || count == 0) {
            throw RequestException.invalid("the batch holds " + count + " records, its sender said "
                    + Integer.toUnsignedString(batch.getCount()) + "; a batch has one or more");
        }
    }

    /**
     * Looks at whose batch it is, as closely as the index of the logs will: a stamp that it calls malformed would spoil the whole
     * entry, with the batches of other clients in it.
     */
    static void check(ProducerStamp producer, int count) throws RequestException {
        if (producer.getProducerId() == 0) {
            throw RequestException.invalid("producer_id is 0; choose a random one, or leave the producer out");
        }
        long sequence = producer.getSequence();
        if (sequence < 0 || sequence > Long.MAX_VALUE - count) {
            throw RequestException.invalid("sequence " + Long.toUnsignedString(sequence) + " with " + count
                    + " records is beyond all sequences; the largest is " + Long.MAX_VALUE);
        }
    }

    static int crc32c(ByteString bytes) {
        CRC32C crc = new CRC32C();
        for (ByteBuffer part : bytes.asReadOnlyByteBufferList()) {
            crc.update(part);
        }
        return (int) crc.getValue();
    }

    private int records(ByteString bytes) throws RequestException {
        int count = 0;
        try {
            CodedInputStream in = bytes.newCodedInput();
            for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
                if (WireFormat.getTagFieldNumber(tag) == RecordBatch.RECORDS_FIELD_NUMBER) {
                    record(in, tag, count++);
                } else {
                    skip(in, tag);
                }
            }
        } catch (IOException e) {
            throw RequestException.invalid("the batch's bytes are not a RecordBatch: " + e.getMessage());
        }
        return count;
    }

    private void record(CodedInputStream in, int tag, int ordinal) throws IOException, RequestException {
        int length = lengthOf(in, tag);
        if (length > maxRecordBytes) {
            throw new RequestException(ErrorDetail.newBuilder()
                    .setCode(ErrorCode.ERROR_CODE_RECORD_TOO_LARGE)
                    .setRecordInBatch(ordinal + 1)
                    .setMessage("record " + (ordinal + 1) + " of the batch has " + length
                            + " bytes; the limit of this cluster is " + maxRecordBytes
                            + " (limits.record-size): split it, or raise the limit on all nodes")
                    .build());
        }
        int outer = in.pushLimit(length);
        for (int field = in.readTag(); field != 0; field = in.readTag()) {
            switch (WireFormat.getTagFieldNumber(field)) {
                case Record.KEY_FIELD_NUMBER, Record.VALUE_FIELD_NUMBER -> in.skipRawBytes(lengthOf(in, field));
                case Record.HEADERS_FIELD_NUMBER -> header(in, lengthOf(in, field));
                default -> skip(in, field);
            }
        }
        in.popLimit(outer);
    }

    private static void header(CodedInputStream in, int length) throws IOException {
        int outer = in.pushLimit(length);
        for (int field = in.readTag(); field != 0; field = in.readTag()) {
            switch (WireFormat.getTagFieldNumber(field)) {
                case Header.NAME_FIELD_NUMBER -> {
                    requireLengthDelimited(field);
                    String _ = in.readStringRequireUtf8();
                }
                case Header.VALUE_FIELD_NUMBER -> in.skipRawBytes(lengthOf(in, field));
                default -> skip(in, field);
            }
        }
        in.popLimit(outer);
    }

    private static int lengthOf(CodedInputStream in, int tag) throws IOException {
        requireLengthDelimited(tag);
        int length = in.readRawVarint32();
        if (length < 0) {
            throw new IOException("a field has a negative length");
        }
        return length;
    }

    private static void requireLengthDelimited(int tag) throws IOException {
        if (WireFormat.getTagWireType(tag) != WireFormat.WIRETYPE_LENGTH_DELIMITED) {
            throw new IOException("field " + WireFormat.getTagFieldNumber(tag) + " has the wrong type");
        }
    }

    private static void skip(CodedInputStream in, int tag) throws IOException {
        if (!in.skipField(tag)) {
            throw new IOException("a group ends that never began");
        }
    }
}
